# SPDX-License-Identifier: GPL-3.0-or-later
"""Six tiles."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent

from desktop.kit.buttons import SecondaryButton
from desktop.kit.touch import Tile, TileGrid
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.reason.logic import chosen
from kiosk.screens.room import Heading, Room, Screen


class ReasonScreen(Screen):
    """One touch goes on."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._grid = TileGrid([self._tile(choice.id) for choice in room.questions.reasons])
        self.body.addWidget(self._grid, 1)
        own = SecondaryButton(_("My appointments"), name="kiosk.reason.things", icon="calendar")
        own.clicked.connect(lambda: room.send(flow.ThingsOpened()))
        self.body.addWidget(own)
        self.head(
            Heading(
                _("Why do you come today?"),
                _("Touch one drawing"),
                _("Each drawing has a loudspeaker: touch it and you hear what it means."),
            )
        )

    def _tile(self, key: str) -> Tile:
        choice = self.room.questions.reason(key)
        tile = Tile(choice.picture, choice.word(self.language), name=f"kiosk.reason.{key}")
        code = chosen(self.room.questions, key, self.language)
        tile.clicked.connect(lambda _on=False: self.room.send(flow.ReasonChosen(code)))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grid.arrange(2 if event.size().height() > event.size().width() else 3)
        super().resizeEvent(event)
