# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit page: the note on the left, the call and the tools on the right, the person above both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QStackedWidget, QWidget

from clinic.domain.ids import EncounterId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import SecondaryButton
from desktop.kit.clips import Whose
from desktop.kit.engine import CallEngine
from desktop.kit.navigation import TabBar
from desktop.kit.people import PatientBanner
from desktop.kit.surfaces import Card, Notice
from desktop.kit.words import _
from desktop.screens.faces import charted_identity, show_identity
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.orders.asking_panel import AskingPanel
from desktop.screens.room import Room
from desktop.screens.tasks.panel import TaskPanel
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.callpanel import CallCard
from desktop.screens.visit.callwindow import CallWindow
from desktop.screens.visit.errands import Errands, Line
from desktop.screens.visit.note import NoteCard
from desktop.screens.visit.sharepanel import NoteOrDocument
from desktop.screens.visit.tools import ChatTool, CodesTool, IntakeTool, NextTool, RxTool
from desktop.screens.visit.unsent import Unsent
from desktop.screens.visit.vitalspanel import VitalsTool

RETRY_MS = 5000
RIGHT = 440
"""Width of the right column at 1366 pixels; it grows a little with the window."""


class Beside(QWidget):
    """The call above the tools: the tools get what they need, the picture the rest."""

    LEAST, MOST, GAP = 330, 460, 12

    def __init__(self, above: QWidget, below: QWidget) -> None:
        super().__init__()
        self._above, self._below = above, below
        for part in (above, below):
            part.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.share()

    def event(self, event: QEvent) -> bool:
        """The call needs more room or less: stills came, or the picture moves again."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.share()
        return super().event(event)

    def take_back(self) -> None:
        """The call stands here again."""
        self._above.setParent(self)
        self._above.show()
        self.share()

    def share(self) -> None:
        """Give each part its room; the tools have all of it while the call stands in a window of its own."""
        width, height = self.width(), self.height()
        if self._above.parent() is not self:
            self._below.setGeometry(0, 0, width, height)
            return
        call = self._above.minimumSizeHint().height() + self.GAP
        tools = min(max(self.LEAST, min(self.MOST, height // 2)), max(0, height - call))
        self._above.setGeometry(0, 0, width, height - tools - self.GAP)
        self._below.setGeometry(0, height - tools, width, tools)


class VisitView(Page):
    """`line`: the call and the letters; `save_to`: a folder for summaries (None asks with the system's
    dialog).
    """

    drawn = Signal()

    def __init__(
        self,
        room: Room,
        line: Line,
        engine: CallEngine | None = None,
        save_to: Path | None = None,
        state: v.State | None = None,
    ) -> None:
        super().__init__("visit", _("Visit"))
        self._room = room
        self._writable = False
        self._build(engine, line)
        self.errands = Errands(self, room, line, save_to, lambda: self.loop.state, self._send)
        self.loop: Loop[v.State, h.Event, h.Effect] = Loop(
            state or v.State(now=room.clock.now()),
            v.update,
            self._perform,
            self.render_state,
        )
        retry = QTimer(self, interval=RETRY_MS)
        retry.timeout.connect(self._retry)
        retry.start()
        self.loop.show()

    # widgets

    def _build(self, engine: CallEngine | None, line: Line) -> None:
        self.banner = PatientBanner(name="visit.banner")
        chart = SecondaryButton(_("Chart"), name="visit.chart", icon="clipboard", shortcut="Ctrl+H")
        chart.clicked.connect(lambda: self._room.ways.chart.emit(self.loop.state.patient, "summary"))
        self.banner.buttons.addWidget(chart)
        self.notice = Notice(name="visit.notice")
        self.notice.acted.connect(lambda: self._room.ways.chart.emit(self.loop.state.patient, "consents"))
        self.note = NoteCard(self._send, self._room, lambda: self.loop.state)
        self.call = CallCard(self._send, engine)
        self.call.check.clicked.connect(lambda: self._room.ways.devices.emit())
        self.call.apart.clicked.connect(self._turn_call)
        self.window_of_call: CallWindow | None = None
        self._keys_of_call: list[QShortcut] = []
        self.intake, self.codes, self.rx = IntakeTool(), CodesTool(self._send), RxTool(self._send)
        self.vitals = VitalsTool(self._send)
        self.chat, self.next = ChatTool(self._send), NextTool(self._send, self._room.clock.now())
        self.tasks = TaskPanel(self._room, "visit", beside=False)
        self.tasks.sent.connect(lambda encounter: self.unsent.sent(EncounterId(encounter), self.tasks.what))
        self.orders = AskingPanel(self._room)
        self.orders.sent.connect(lambda encounter: self.unsent.sent(EncounterId(encounter), self.orders.note))
        self.unsent = Unsent(
            (
                self.chat.text,
                self.note.more,
                self.rx.dose,
                self.rx.every,
                self.rx.days,
                self.rx.notes,
                self.next.reason,
                self.tasks.what,
                self.orders.note,
                *self.vitals.fields.values(),
            ),
            self.rx.route,
        )
        right = Beside(self.call, self._tools())
        right.setFixedWidth(RIGHT)
        self.right = right
        self.left = NoteOrDocument(self._send, self.note, line.sharing)
        body = across((self.left, 1), right, gap=12, margins=(16, 12, 16, 14))
        under = holding(down(self.notice, margins=(16, 10, 16, 0)))
        self.under = under
        self.setLayout(down(self.banner, under, (body, 1), gap=0))
        QShortcut(QKeySequence("Ctrl+S"), self, lambda: self._send(h.SaveRetried()))

    def _tools(self) -> Card:
        names = (
            ("intake", _("Intake")),
            ("vitals", _("Vitals")),
            ("codes", _("Diagnosis")),
            ("prescription", _("Prescription")),
            ("chat", _("Chat")),
            ("next", _("Next")),
            ("tasks", _("Tasks")),
            *((("orders", _("Tests")),) if self._room.clinic.allowed(Action.PRESCRIBE) else ()),
        )
        self.tabs = TabBar(names, name="visit.tool", rows=True)
        self.tabs.chosen.connect(lambda key: self._send(h.ToolChosen(key)))
        self.stack = QStackedWidget()
        self.tools = {
            "intake": self.intake,
            "vitals": self.vitals,
            "codes": self.codes,
            "prescription": self.rx,
            "chat": self.chat,
            "next": self.next,
            "tasks": self.tasks,
        }
        if self._room.clinic.allowed(Action.PRESCRIBE):
            self.tools["orders"] = self.orders
        for tool in self.tools.values():
            self.stack.addWidget(tool)
        for number, key in enumerate(self.tools, 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda chosen=key: self._by_key(chosen))
        card = Card(name="visit.tools")
        card.body.setContentsMargins(12, 4, 12, 12)
        card.add(self.tabs)
        card.add(self.stack, 1)
        return card

    def _by_key(self, tool: str) -> None:
        """Chosen by keys, the tool takes the keyboard too."""
        self._send(h.ToolChosen(tool))
        take: Callable[[], None] | None = getattr(self.tools[tool], "take_hands", None)
        if take is not None:
            take()

    def _send(self, event: h.Event) -> None:
        self._set_free(event)
        self.loop.send(event)

    def _set_free(self, event: h.Event) -> None:
        """What was sent leaves its fields, on this page or among the texts put aside."""
        match event:
            case h.MessageSent(message) if self._shows(message.encounter):
                self.chat.sent(message.text)
            case h.MessageSent(message):
                self.unsent.sent(message.encounter, self.chat.text)
            case h.AddendumSigned(encounter) if self._shows(encounter):
                self.note.more.clear()
            case h.AddendumSigned(encounter):
                self.unsent.sent(encounter, self.note.more)
            case h.Prescribed(encounter) if self._shows(encounter):
                self.rx.begin_anew()
            case h.Prescribed(encounter):
                self.unsent.sent(encounter, self.rx.dose, self.rx.every, self.rx.days, self.rx.notes)
            case h.VitalsTaken(encounter) if self._shows(encounter):
                self.vitals.clear()
            case h.VitalsTaken(encounter):
                self.unsent.sent(encounter, *self.vitals.fields.values())
            case h.NextBooked(encounter) if self._shows(encounter):
                self.next.reason.clear()
            case h.NextBooked(encounter):
                self.unsent.sent(encounter, self.next.reason)

    def _shows(self, encounter: str) -> bool:
        return encounter == self.loop.state.encounter

    # what the app tells

    def open(self, event: h.VisitOpened) -> None:
        """Show this encounter; what was typed for another one goes aside first."""
        before = self.loop.state
        if event.encounter == before.encounter:
            self._send(event)
            return
        drug = self.unsent.turn(before.encounter, before.rx.drug, event.encounter)
        for search in (self.rx.drug, self.codes.search):
            search.clear()
        self._send(event)
        if drug is not None:
            self._send(h.DrugResumed(drug))

    def take_over(self, before: VisitView) -> None:
        """What was typed and not yet sent on the page this one replaces."""
        self.unsent.take_over(before.unsent, before.loop.state.rx.drug)
        if before.window_of_call is not None:
            place = before.window_of_call.geometry()
            before.call_beside()
            self.call_apart()
            assert self.window_of_call is not None
            self.window_of_call.setGeometry(place)

    def call_apart(self) -> None:
        """The call in a window of its own; its keys work here too."""
        self.window_of_call = CallWindow(self.call, self.window())
        self.window_of_call.docked.connect(self.call_beside)
        self._keys_of_call = [
            QShortcut(button.shortcut(), self, button.click)
            for button in (self.call.mute, self.call.hold, self.call.share, self.call.apart)
        ]
        self.call.apart.set_icon("arrow-left", _("The call beside the note again"))
        self.window_of_call.say(self.loop.state.caller)
        self.window_of_call.show()
        self.right.share()
        self.drawn.emit()

    def call_beside(self) -> None:
        """The call stands beside the note again."""
        window, self.window_of_call = self.window_of_call, None
        if window is None:
            return
        for keys in self._keys_of_call:
            keys.setEnabled(False)
            keys.deleteLater()
        self._keys_of_call = []
        self.call.apart.set_icon("expand", _("The call in a window of its own"))
        self.right.take_back()
        window.hide()
        window.deleteLater()
        self.drawn.emit()

    def _turn_call(self) -> None:
        if self.window_of_call is None:
            self.call_apart()
        else:
            self.call_beside()

    def typed_and_unsent(self) -> bool:
        """Whether words stand in a field that only a button sends."""
        return self.unsent.any(self.loop.state.rx.drug) or self.note.templates.unsent()

    def told(self, kinds: frozenset[str], patients: frozenset[Any]) -> None:
        """Something in the book changed."""
        if kinds - {
            "NoteSection",
            "AuditEvent",
            "AuditHead",
            "MediaStep",
            "CallReport",
            "Sync",
            "NoteTemplate",
        }:
            self._send(h.FactsChanged(patients))
        if "NoteTemplate" in kinds:
            self.note.templates.read()
        if {"NoteSection", "Sync"} <= kinds:
            self._send(h.TextsChanged(patients))

    def whose(self) -> Whose:
        """The person this page is about, for what is copied and pasted here."""
        state = self.loop.state
        return Whose(frozenset(state.about) if state.patient else frozenset(), state.name)

    def flush(self) -> None:
        """The program ends: what is not saved goes to the writer."""
        self.errands.flush()

    def lock(self) -> None:
        """Save everything; `ways.covered` follows."""
        self._send(h.LockAsked())

    # rendering

    def render_state(self, state: v.State) -> None:
        self.banner.setVisible(state.chart is not None)
        if state.chart is not None:
            show_identity(self.banner, charted_identity(state.chart, state.now))
        asks = bool(state.sentence) and state.sentence == state.unasked
        self.notice.say(state.tone or "info", state.sentence, "", _("To her or his consents") if asks else "")
        self.under.setVisible(bool(state.sentence))
        self.tabs.choose(state.tool)
        self.stack.setCurrentWidget(self.tools[state.tool])
        for part in (
            self.note,
            self.left,
            self.call,
            self.intake,
            self.vitals,
            self.codes,
            self.rx,
            self.chat,
            self.next,
        ):
            part.render_state(state)
        if state.chart is not None:
            self.tasks.open(state.patient, state.name, state.chart.tasks, state.encounter)
            self.orders.open(state.patient, state.name, state.encounter, state.chart.conditions)
        if self.window_of_call is not None:
            self.window_of_call.say(state.caller)
        self.drawn.emit()
        if state.loaded and not self._writable:
            self._begin_to_write()
        self._writable = state.loaded

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._begin_to_write()

    def _begin_to_write(self) -> None:
        """The keyboard belongs to the note, unless it is in a field already: never to a button by chance."""
        held = QApplication.focusWidget()
        taken = isinstance(held, QLineEdit | QPlainTextEdit) and held.isVisible()
        if self.isVisible() and not taken and self.loop.state.signed is None:
            self.note.fields[v.SECTIONS[0]].setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.right.setFixedWidth(max(RIGHT, min(560, round(self.width() * 0.36))))

    # doing

    def _retry(self) -> None:
        state = self.loop.state
        notes = [state.parts, *(left.parts for left in state.left.values())]
        if any(part.failed for parts in notes for part in parts.values()):
            self._send(h.SaveRetried())

    def _perform(self, effect: h.Effect) -> None:
        if isinstance(effect, h.AddCode):
            self.codes.search.clear()
        self.errands.run(effect)
