# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest message of each patient."""

from __future__ import annotations

from clinic.domain.ids import PatientId
from desktop.kit.bridge import Loop
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_ago
from desktop.screens.layouts import Page, across, down
from desktop.screens.lines import Line, LineList
from desktop.screens.messages.logic import (
    Effect,
    Event,
    FactsChanged,
    Failed,
    LoadTalks,
    Opened,
    OpenMessages,
    Shown,
    State,
    TalksLoaded,
    update,
)
from desktop.screens.receipts import mark
from desktop.screens.room import Room


class MessagesView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("messages", _("Messages"))
        self._room, self._help = room, room.helper(self)
        self.list = LineList(name="messages.list", spoken=_("Messages"))
        self.list.opened.connect(lambda key: self.loop.send(Opened(PatientId(key))))
        hint = _("What is written during a visit stands here and in the patient's chart.")
        self.empty = EmptyState("message", _("No messages yet"), hint, name="messages.empty")
        self.notice = Notice(name="messages.notice")
        card = Card(name="messages.card")
        card.body.setContentsMargins(6, 6, 6, 6)
        card.add(self.list, 1)
        card.add(self.empty, 1)
        head = across(Text(_("Messages"), "title"), 10, Text(_("The newest of each patient"), "muted"), None)
        self.setLayout(down(head, self.notice, (card, 1), gap=12, margins=(20, 16, 20, 18)))
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        self.loop.send(Shown(self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & {"Communication", "Receipt", "Sync"} and self.isVisible():
            self.loop.send(FactsChanged())

    def render_state(self, state: State) -> None:
        lines = []
        for talk in state.talks:
            message, name = talk.message, talk.person.name.full
            who = _("Patient") if message.sender == "patient" else message.sender_name
            words = message.text or (_("Voice note") if message.spoken else _("Photo"))
            lines.append(
                Line(
                    talk.person.patient,
                    name,
                    f"{who}: {words}",
                    fmt_ago(message.sent_at, state.now),
                    mark(talk.reached, message.spoken),
                    face=name,
                    photo=talk.person.photo,
                )
            )
        self.list.show_lines(lines)
        self.list.setVisible(bool(lines))
        self.empty.setVisible(state.loaded and not lines)
        self.notice.say("danger", state.sentence)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case LoadTalks():
                self._help.read(
                    self._room.clinic.talks,
                    then=lambda talks: self.loop.send(TalksLoaded(talks)),
                    failed=lambda sentence: self.loop.send(Failed(sentence)),
                )
            case OpenMessages(patient):
                self._room.ways.chart.emit(patient, "messages")
