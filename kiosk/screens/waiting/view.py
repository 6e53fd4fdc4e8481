# SPDX-License-Identifier: GPL-3.0-or-later
"""A ticket, a place, a time; nothing that blinks."""

from __future__ import annotations

from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from kiosk import flow
from kiosk.screens.pieces import Drawing, middle
from kiosk.screens.room import Heading, Room, Screen, Sides
from kiosk.screens.waiting.logic import shown


class WaitingScreen(Screen):
    """Shows how things stand; rings and goodbyes come from outside."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._drawing = Drawing("waiting")
        self._ticket = middle(Text("", "display", name="kiosk.waiting.ticket"))
        self._place = middle(Text("", "title", name="kiosk.waiting.place"))
        self._wait = middle(Text("", "heading", name="kiosk.waiting.wait"))
        self._state = Notice(name="kiosk.waiting.state")
        card = Card(name="kiosk.waiting.card")
        card.body.addStretch(1)
        for line in (self._ticket, self._place, self._wait):
            card.add(line)
        card.body.addStretch(1)
        self.body.addWidget(Sides(self._drawing, card), 1)
        self.body.addWidget(self._state)
        self.follow(journey)

    def follow(self, journey: flow.Journey) -> None:
        now = shown(journey)
        self._ticket.setText(now.ticket)
        self._place.setText(now.place)
        self._wait.setText(now.wait)
        self._state.say(now.tone, now.state)
        self.head(Heading(now.title, now.hint))
