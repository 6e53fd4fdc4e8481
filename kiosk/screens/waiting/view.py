# SPDX-License-Identifier: GPL-3.0-or-later
"""A ticket, a place, a time; nothing that blinks. One's own appointments and medicine are a touch away."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.kit.buttons import PrimaryButton, SecondaryButton
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.consent.view import SCOPES
from kiosk.screens.pieces import Arrows, Drawing, holding, middle, row, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides, print_button
from kiosk.screens.waiting.logic import own_things, shown

OWN_MS = 60_000
"""One's own medicine does not stay on a screen that others can see."""


class WaitingScreen(Screen):
    """Shows how things stand; rings and goodbyes come from outside."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._own = QTimer(self, interval=OWN_MS, singleShot=True)
        self._own.timeout.connect(self._hide_mine)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._room_page(journey))
        self._known = journey.known
        self._pages.addWidget(self._mine_page(journey))
        self.body.addWidget(self._pages)
        self.follow(journey)

    def _room_page(self, journey: flow.Journey) -> QWidget:
        self._ticket = middle(Text("", "display", name="kiosk.waiting.ticket"))
        self._place = middle(Text("", "title", name="kiosk.waiting.place"))
        self._wait = middle(Text("", "heading", name="kiosk.waiting.wait"))
        self._state = Notice(name="kiosk.waiting.state")
        card = Card(name="kiosk.waiting.card")
        card.body.addStretch(1)
        for line in (self._ticket, self._place, self._wait):
            card.add(line)
        card.body.addStretch(1)
        mine = SecondaryButton(
            _("My things: visits, medicine, permissions"), name="kiosk.waiting.mine", icon="clipboard"
        )
        mine.clicked.connect(self._show_mine)
        right = stacked((card, 1), (mine, 0))
        return stacked((Sides(Drawing("waiting"), right), 1), (self._state, 0))

    def _mine_page(self, journey: flow.Journey) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        for title, lines in own_things(journey):
            column.addWidget(Text(title, "caption"))
            column.addWidget(Text("\n".join(lines), "heading", wrap=True))
        self._takings = {scope: self._taking(scope) for scope in journey.permitted}
        if self._takings:
            column.addWidget(Text(_("What you permitted"), "caption"))
        for button in self._takings.values():
            column.addWidget(button)
        column.addStretch(1)
        card = Card(name="kiosk.waiting.mine.list")
        card.add(Arrows(inside, name="kiosk.waiting.mine"), 1)
        things = SecondaryButton(_("My appointments"), name="kiosk.waiting.things", icon="calendar")
        things.clicked.connect(lambda: self.room.send(flow.ThingsOpened()))
        close = PrimaryButton(_("Back to the waiting room"), name="kiosk.waiting.mine.close", icon="check")
        close.clicked.connect(self._hide_mine)
        ways: list[QWidget] = [things]
        if self.room.spooler is not None:
            ways.append(print_button(self.room, "kiosk.waiting.print"))
        return stacked((card, 1), (holding(row(*ways)), 0), (close, 0))

    def _taking(self, scope: str) -> SecondaryButton:
        words = _("No longer: %(what)s") % {"what": _(SCOPES[scope])}
        button = SecondaryButton(words, name=f"kiosk.waiting.take_back.{scope}", icon="shield")
        button.clicked.connect(lambda: self.room.send(flow.TakenBack(scope)))
        return button

    def _show_mine(self) -> None:
        self._pages.setCurrentIndex(1)
        self._own.start()

    def _hide_mine(self) -> None:
        self._pages.setCurrentIndex(0)
        self._own.stop()

    def _know_better(self, journey: flow.Journey) -> None:
        """Somebody vouched for her: what she may see is here now."""
        self._known, before = journey.known, self._pages.widget(1)
        self._pages.insertWidget(1, self._mine_page(journey))
        self._pages.removeWidget(before)
        before.deleteLater()

    def follow(self, journey: flow.Journey) -> None:
        if journey.known is not self._known:
            self._know_better(journey)
        now = shown(journey)
        for scope, button in self._takings.items():
            button.setVisible(scope in journey.permitted)
        self._ticket.setText(now.ticket)
        self._place.setText(now.place)
        self._wait.setText(now.wait)
        self._state.say(now.tone, now.state)
        self.head(Heading(now.title, now.hint))
