# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages: whose there are at the left, one patient's at the right, under who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget

from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import SecondaryButton
from desktop.kit.clips import Whose
from desktop.kit.people import Mark, PatientBanner
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_ago, plural
from desktop.screens.bubbles import in_short
from desktop.screens.faces import identity, show_identity
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.lines import Line, LineList
from desktop.screens.messages.logic import (
    ChartPressed,
    Effect,
    Event,
    FactsChanged,
    Failed,
    LoadTalks,
    OpenChart,
    Opened,
    OpenThread,
    Shown,
    State,
    TalksLoaded,
    TellUnread,
    update,
)
from desktop.screens.messages.panel import Player, ThreadPanel
from desktop.screens.messages.talking import State as Talking
from desktop.screens.receipts import mark
from desktop.screens.room import Room

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.services.overviews import Talk

LIST, NARROW = 380, 1100
"""Width of the list, and of the page below which the list gives some of it away."""


class MessagesView(Page):
    def __init__(
        self,
        room: Room,
        state: State | None = None,
        talking: Talking | None = None,
        player: Player | None = None,
    ) -> None:
        super().__init__("messages", _("Messages"))
        self._room, self._help = room, room.helper(self)
        self._may = room.clinic.allowed(Action.CHAT)
        self._open = PatientId("")
        """Whose row was marked last because it was opened; the arrows move on from there."""
        self._build(talking, player)
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.thread.changed.connect(lambda: self.render_state(self.loop.state))
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        if self._may:
            self.loop.send(Shown(self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed: the rail counts also while another page is in front."""
        if not self._may:
            return
        if kinds & {"Communication", "Receipt", "Link"} or ("Sync" in kinds and self.isVisible()):
            self.loop.send(FactsChanged())
        self.thread.told(kinds)

    def whose(self) -> Whose:
        """The person whose messages are open, for what is copied and pasted here."""
        return self.thread.whose()

    # widgets

    def _build(self, talking: Talking | None, player: Player | None) -> None:
        self.list = LineList(name="messages.list", spoken=_("Messages"))
        self.list.chosen.connect(lambda key: self.loop.send(Opened(PatientId(key))))
        hint = _("What patients write stands here. To write first, open somebody's chart at Messages.")
        self.empty = EmptyState("message", _("No messages yet"), hint, name="messages.empty")
        self.notice = Notice(name="messages.notice")
        self.card = Card(name="messages.card")
        self.card.body.setContentsMargins(6, 6, 6, 6)
        self.card.add(self.list, 1)
        self.card.add(self.empty, 1)
        self.banner = PatientBanner(name="messages.banner")
        chart = SecondaryButton(_("Chart"), name="messages.chart", icon="clipboard", shortcut="Ctrl+H")
        chart.clicked.connect(lambda: self.loop.send(ChartPressed()))
        chart.setVisible(self._room.clinic.allowed(Action.OPEN_CHART))
        self.banner.buttons.addWidget(chart)
        self.thread = ThreadPanel(self._room, "messages.thread", player, talking)
        inside = holding(down((self.thread, 1), margins=(14, 4, 14, 12)))
        talk = Card(name="messages.talk")
        talk.body.setContentsMargins(2, 6, 2, 2)
        talk.add(self.banner)
        talk.add(inside, 1)
        nobody = EmptyState("message", _("Choose somebody in the list"), name="messages.nobody")
        self.right = QStackedWidget()
        self.right.addWidget(nobody)
        self.right.addWidget(talk)
        self.count = Text("", "muted", name="messages.count")
        head = across(Text(_("Messages"), "title"), 10, self.count, None)
        body = across(self.card, (self.right, 1), gap=14)
        self.setLayout(down(head, self.notice, (body, 1), gap=12, margins=(20, 16, 20, 18)))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous() and not self.loop.state.open:
            self.list.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.card.setFixedWidth(LIST if self.width() >= NARROW else LIST - 90)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape goes back to the list; the messages stay."""
        if event.key() == Qt.Key.Key_Escape:
            self.list.setFocus()
            return
        super().keyPressEvent(event)

    # rendering

    def render_state(self, state: State) -> None:
        self.list.show_lines([_talk_line(talk, state.now) for talk in state.talks])
        if state.open != self._open or not self.list.key():
            self._open = state.open
            self.list.choose(state.open or next((talk.person.patient for talk in state.talks), ""))
        self.list.setVisible(bool(state.talks))
        self.empty.setVisible(state.loaded and not state.talks)
        self.count.setText(unread_words(state.unread) if state.talks else "")
        self.notice.say("danger", state.sentence)
        self.right.setCurrentIndex(1 if state.open else 0)
        shown = self.thread.loop.state
        person = shown.thread.person if shown.thread else None
        if person is None:
            self.banner.show_nobody()
        else:
            show_identity(self.banner, identity(person, shown.now.date()))

    # doing

    def _perform(self, effect: Effect) -> None:
        match effect:
            case LoadTalks():
                self._help.read(
                    self._room.clinic.talks,
                    then=lambda talks: self.loop.send(TalksLoaded(talks, self._room.clock.now())),
                    failed=lambda sentence: self.loop.send(Failed(sentence)),
                )
            case OpenThread(patient):
                self.thread.open(patient)
                self.thread.take_hands()
            case OpenChart(patient):
                self._room.ways.chart.emit(patient, "messages")
            case TellUnread(n):
                self._room.ways.unread.emit(n)


def unread_words(n: int) -> str:
    """How many wait to be opened."""
    return plural("%(n)d unread message", "%(n)d unread messages", n) if n else _("Everything was opened")


def _talk_line(talk: Talk, now: datetime) -> Line:
    message, name = talk.message, talk.person.name.full
    who = _("Patient") if message.sender == "patient" else message.sender_name
    new = Mark(plural("%(n)d unread", "%(n)d unread", talk.unread), "primary", "message")
    refused = tuple(one for one in mark(talk.reached) if one.tone == "danger")
    ago = fmt_ago(message.sent_at, now, short=True)
    return Line(
        talk.person.patient,
        name,
        f"{ago} · {who}: {in_short(message)}",
        marks=(*refused, new) if talk.unread else refused,
        face=name,
        photo=talk.person.photo,
        heavy=bool(talk.unread),
    )
