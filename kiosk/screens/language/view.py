# SPDX-License-Identifier: GPL-3.0-or-later
"""Three tiles, each in its own language."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent

from desktop.kit.touch import Tile, TileGrid
from kiosk import flow
from kiosk.screens.language.logic import HELP, HINT, TITLE, TONGUES, spoken
from kiosk.screens.room import Heading, Room, Screen


class LanguageScreen(Screen):
    """Choosing a language begins the visit."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        tiles = [
            Tile("welcome", tongue.name, tongue.welcome, name=f"kiosk.language.{tongue.code}")
            for tongue in TONGUES
        ]
        for tile, tongue in zip(tiles, TONGUES, strict=True):
            tile.clicked.connect(lambda _on=False, code=tongue.code: room.send(flow.LanguageChosen(code)))
            tile.heard.connect(lambda said, code=tongue.code: room.voice.say(said, code))
        self._grid = TileGrid(tiles, columns=3)
        self.body.addWidget(self._grid)
        self.head(Heading(TITLE, HINT, HELP))

    def read_aloud(self) -> None:
        """Each language says itself: nobody has chosen one yet."""
        self.room.voice.say_each(spoken())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._grid.arrange(1 if _upright(event.size()) else 3)
        super().resizeEvent(event)


def _upright(size: QSize) -> bool:
    return size.height() > size.width()
