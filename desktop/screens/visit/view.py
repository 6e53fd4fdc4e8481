# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit page: the note on the left, the call and the tools on the right, the person above both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPlainTextEdit, QStackedWidget, QWidget

from clinic.domain.ids import DeviceId, EncounterId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import SecondaryButton
from desktop.kit.engine import CallEngine
from desktop.kit.fields import LineField, NoteField
from desktop.kit.navigation import TabBar
from desktop.kit.people import PatientBanner
from desktop.kit.surfaces import Card, Notice
from desktop.kit.words import _, language
from desktop.screens.faces import charted_identity, show_identity
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.callpanel import CallCard
from desktop.screens.visit.note import NoteCard
from desktop.screens.visit.tools import ChatTool, CodesTool, IntakeTool, NextTool, RxTool

RETRY_MS = 5000
RIGHT = 440
"""Width of the right column at 1366 pixels; it grows a little with the window."""


class Line:
    """What the page asks of the outside: the call and the letters to the kiosk. The app hands in the real
    one.
    """

    def ring(self, kiosk: DeviceId, encounter: EncounterId) -> None: ...
    def hang(self) -> None: ...
    def mute(self, audio: bool, video: bool) -> None: ...
    def chat_line(self, kiosk: DeviceId, message: Any) -> None: ...
    def visit_over(self, kiosk: DeviceId, encounter: EncounterId) -> None: ...


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
        width, height = self.width(), self.height()
        call = self._above.minimumSizeHint().height() + self.GAP
        tools = min(max(self.LEAST, min(self.MOST, height // 2)), max(0, height - call))
        self._above.setGeometry(0, 0, width, height - tools - self.GAP)
        self._below.setGeometry(0, height - tools, width, tools)


class VisitView(Page):
    """`line`: the call and the letters; `save_to`: a folder for summaries (None asks with the system's
    dialog).
    """

    def __init__(
        self,
        room: Room,
        line: Line,
        engine: CallEngine | None = None,
        save_to: Path | None = None,
        state: v.State | None = None,
    ) -> None:
        super().__init__("visit", _("Visit"))
        self._room, self._line, self._save_to = room, line, save_to
        self._help = room.helper(self)
        self._writable = False
        self._build(engine)
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

    def _build(self, engine: CallEngine | None) -> None:
        self.banner = PatientBanner(name="visit.banner")
        chart = SecondaryButton(_("Chart"), name="visit.chart", icon="clipboard", shortcut="Ctrl+H")
        chart.clicked.connect(lambda: self._room.ways.chart.emit(self.loop.state.patient, "summary"))
        self.banner.buttons.addWidget(chart)
        self.notice = Notice(name="visit.notice")
        self.note = NoteCard(self._send, self._room.clock.monotonic)
        self.call = CallCard(self._send, engine)
        self.intake, self.codes, self.rx = IntakeTool(), CodesTool(self._send), RxTool(self._send)
        self.chat, self.next = ChatTool(self._send), NextTool(self._send, self._room.clock.now())
        right = Beside(self.call, self._tools())
        right.setFixedWidth(RIGHT)
        self.right = right
        body = across((self.note, 1), right, gap=12, margins=(16, 12, 16, 14))
        under = holding(down(self.notice, margins=(16, 10, 16, 0)))
        self.under = under
        self.setLayout(down(self.banner, under, (body, 1), gap=0))
        QShortcut(QKeySequence("Ctrl+S"), self, lambda: self._send(h.SaveRetried()))

    def _tools(self) -> Card:
        names = (
            ("intake", _("Intake")),
            ("codes", _("Diagnosis")),
            ("prescription", _("Prescription")),
            ("chat", _("Chat")),
            ("next", _("Next")),
        )
        self.tabs = TabBar(names, name="visit.tool")
        self.tabs.chosen.connect(lambda key: self._send(h.ToolChosen(key)))
        self.stack = QStackedWidget()
        self.tools = {
            "intake": self.intake,
            "codes": self.codes,
            "prescription": self.rx,
            "chat": self.chat,
            "next": self.next,
        }
        for tool in self.tools.values():
            self.stack.addWidget(tool)
        for number, key in enumerate(self.tools, 1):
            QShortcut(
                QKeySequence(f"Ctrl+{number}"), self, lambda chosen=key: self._send(h.ToolChosen(chosen))
            )
        card = Card(name="visit.tools")
        card.body.setContentsMargins(12, 4, 12, 12)
        card.add(self.tabs)
        card.add(self.stack, 1)
        return card

    def _send(self, event: h.Event) -> None:
        self.loop.send(event)

    # what the app tells

    def open(self, event: h.VisitOpened) -> None:
        """Show this encounter."""
        self._send(event)

    def take_over(self, before: VisitView) -> None:
        """What was typed and not yet sent on the page this one replaces."""
        for mine, theirs in zip(self._unsent(), before._unsent(), strict=True):
            if isinstance(mine, NoteField) and isinstance(theirs, NoteField):
                mine.setPlainText(theirs.toPlainText())
            elif isinstance(mine, LineField) and isinstance(theirs, LineField):
                mine.setText(theirs.text())
        self.rx.route.choose(before.rx.route.key())

    def _unsent(self) -> tuple[NoteField | LineField, ...]:
        rx = self.rx
        return (self.chat.text, self.note.more, rx.dose, rx.every, rx.days, rx.notes, self.next.reason)

    def told(self, kinds: frozenset[str], patients: frozenset[Any]) -> None:
        """Something in the book changed."""
        if kinds - {"NoteSection", "AuditEvent", "MediaStep", "Receipt", "Sync"}:
            self._send(h.FactsChanged(patients))

    def flush(self) -> None:
        """The program ends: every unsaved section goes to the writer, who finishes before the book closes."""
        state = self.loop.state
        for section, part in state.parts.items():
            if part.text != (part.saved if part.saving is None else part.saving):
                self._help.write(
                    self._room.clinic.autosave,
                    state.encounter,
                    section,
                    part.text,
                    state.patient,
                    failed=lambda _said: None,
                )

    def lock(self) -> None:
        """Save everything; `ways.covered` follows."""
        self._send(h.LockAsked())

    # rendering

    def render_state(self, state: v.State) -> None:
        self.banner.setVisible(state.chart is not None)
        if state.chart is not None:
            show_identity(self.banner, charted_identity(state.chart, state.now))
        self.notice.say(state.tone or "info", state.sentence)
        self.under.setVisible(bool(state.sentence))
        self.tabs.choose(state.tool)
        self.stack.setCurrentWidget(self.tools[state.tool])
        for part in (self.note, self.call, self.intake, self.codes, self.rx, self.chat, self.next):
            part.render_state(state)
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
        if any(part.failed for part in self.loop.state.parts.values()):
            self._send(h.SaveRetried())

    def _perform(self, effect: h.Effect) -> None:
        match effect:
            case h.StartVisit():
                self._start(effect)
            case h.Save():
                self._save(effect)
            case h.Redraw(patient):
                self._draw(self._room.clinic.chart, patient)
            case h.CoverScreen():
                self._room.ways.covered.emit()
            case h.Ring(kiosk, encounter, patient):
                self._ring(kiosk, encounter, patient)
            case h.Hang():
                self._line.hang()
            case h.Mute(audio, video):
                self._line.mute(audio, video)
            case h.PostChatLine(kiosk, message):
                self.chat.sent()
                self._line.chat_line(kiosk, message)
            case h.PostVisitOver(kiosk, encounter):
                self._line.visit_over(kiosk, encounter)
            case h.SaveSummary(encounter):
                self._summary(encounter)
            case _:
                self._ask(effect)

    def _ask(self, effect: h.Effect) -> None:
        """Effects that are one verb and one event after it."""
        clinic, here = self._room.clinic, language()
        match effect:
            case h.FindCodes(text):
                self._read(
                    clinic.find_condition,
                    text,
                    here,
                    then=lambda found: self._send(h.CodesFound(text, found)),
                )
            case h.FindDrugs(text):
                self._read(
                    clinic.find_medication, text, then=lambda found: self._send(h.DrugsFound(text, found))
                )
            case h.Check(patient, drug):
                self._read(
                    clinic.check, patient, drug, then=lambda found: self._send(h.CautionsCame(drug, found))
                )
            case h.AddCode(encounter, code, patient):
                self._write(clinic.add_condition, encounter, code, patient, then=lambda _done: self._added())
            case h.RemoveCode(condition, patient):
                why = _("Chosen by mistake")
                self._write(
                    clinic.remove_condition, condition, why, patient, then=lambda _done: self._redraw()
                )
            case h.Prescribe():
                self._prescribe(effect)
            case h.SendMessage(patient, encounter, text, attachments):
                self._write(
                    clinic.send_message, patient, text, encounter, attachments, patient, then=self._sent
                )
            case h.BookNext(patient, start, reason):
                self._write(clinic.book_next, patient, start, reason, then=lambda _done: self._booked())
            case h.Sign(encounter, patient):
                self._write(clinic.sign, encounter, patient, then=self._signed)
            case h.SignAddendum(note, text, patient):
                self._write(clinic.addendum, note, text, patient, then=lambda _done: self._addendum())

    def _read(self, fn: Callable[..., Any], *args: Any, then: Callable[[Any], object]) -> None:
        self._help.read(fn, *args, then=then, failed=lambda sentence: self._send(h.Failed(sentence)))

    def _write(self, fn: Callable[..., Any], *args: Any, then: Callable[[Any], object]) -> None:
        self._help.write(fn, *args, then=then, failed=lambda sentence: self._send(h.Failed(sentence)))

    def _start(self, effect: h.StartVisit) -> None:
        clinic, encounter, patient = self._room.clinic, effect.encounter, effect.patient
        self._write(clinic.start_visit, encounter, patient, then=lambda _done: None)
        self._read(clinic.draft, encounter, then=lambda draft: self._send(h.DraftLoaded(draft)))
        self._draw(clinic.open_chart, patient)

    def _draw(self, verb: Callable[..., Any], patient: Any) -> None:
        self._read(verb, patient, then=lambda chart: self._send(h.ChartLoaded(chart, self._room.clock.now())))

    def _redraw(self) -> None:
        self._draw(self._room.clinic.chart, self.loop.state.patient)

    def _save(self, effect: h.Save) -> None:
        encounter, section, text = effect.encounter, effect.section, effect.text
        self._help.write(
            self._room.clinic.autosave,
            encounter,
            section,
            text,
            effect.patient,
            then=lambda _done: self._send(
                h.Saved(encounter, section, text, self._room.clock.now(), effect.since)
            ),
            failed=lambda sentence: self._send(h.SaveFailed(encounter, section, sentence)),
        )

    def _ring(self, kiosk: DeviceId, encounter: EncounterId, patient: Any) -> None:
        """The consent gate first: no permission, no call."""

        def allowed(may: bool) -> None:
            if may:
                self._line.ring(kiosk, encounter)
            else:
                self._send(
                    h.Failed(_("The patient has not agreed to a video visit. Ask for the consent first."))
                )

        self._read(self._room.clinic.may, patient, "teleconsultation", then=allowed)

    def _added(self) -> None:
        self.codes.added()
        self._redraw()

    def _prescribe(self, effect: h.Prescribe) -> None:
        order = effect.order
        self._write(
            self._room.clinic.prescribe,
            effect.encounter,
            effect.drug,
            order.dose,
            order.route,
            order.every_hours,
            order.days,
            order.instructions,
            effect.patient,
            order.reason,
            then=lambda _done: self._prescribed(),
        )

    def _prescribed(self) -> None:
        self._send(h.Prescribed())
        self._redraw()

    def _sent(self, message: Any) -> None:
        self._send(h.MessageSent(message))
        self.chat.sent()
        self._redraw()

    def _booked(self) -> None:
        self._send(h.NextBooked())
        self._redraw()

    def _signed(self, note: Any) -> None:
        self._send(h.Signed(note))
        self._redraw()

    def _addendum(self) -> None:
        self.note.addendum_signed()
        self._send(h.AddendumSigned())
        self._redraw()

    def _summary(self, encounter: EncounterId) -> None:
        chart = self.loop.state.chart
        visit = self.loop.state.visit
        ticket = visit.ticket if visit else ""
        suggested = f"posta-{_('summary')}-{ticket or encounter}.pdf"
        if self._save_to is not None:
            path = self._save_to / suggested
        else:
            chosen, _kind = QFileDialog.getSaveFileName(
                self, _("Save the summary as PDF"), suggested, "PDF (*.pdf)"
            )
            if not chosen or chart is None:
                return
            path = Path(chosen)
        self._write(self._write_summary, encounter, path, then=lambda done: self._send(h.SummarySaved(done)))

    def _write_summary(self, encounter: EncounterId, path: Path) -> str:
        from desktop.screens.files import keep_file

        return keep_file(path, self._room.clinic.summary_pdf(encounter))
