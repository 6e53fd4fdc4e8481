# SPDX-License-Identifier: GPL-3.0-or-later
"""What every screen of questions has: yes and no, or tiles of which one or several are touched, each in the place of the one
before."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem
from desktop.kit.buttons import PrimaryButton, SecondaryButton, YesNo
from desktop.kit.touch import Tile, TileGrid
from desktop.kit.words import _, plural
from kiosk import flow
from kiosk.questionnaire import choices
from kiosk.screens.pieces import Drawing, stacked
from kiosk.screens.room import Heading, Room, Screen


class AskingScreen(Screen):
    """`NAME` begins the names of its tiles and buttons."""

    NAME = ""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._page: QWidget | None = None
        self._done: PrimaryButton | None = None
        self.grid: TileGrid | None = None

    # what each says of its own

    def tell(self, answers: tuple[str, ...]) -> None:
        """The question is answered."""
        raise NotImplementedError

    def mark(self, code: str, on: bool) -> None:
        """One of several was touched."""
        raise NotImplementedError

    def marked(self) -> tuple[str, ...]:
        """What of several is on."""
        raise NotImplementedError

    def skip(self, item: FormItem) -> SecondaryButton | None:
        """The way past it, if there is one."""
        raise NotImplementedError

    def tone(self, item: FormItem, code: str) -> str:
        """Of a tile."""
        return "primary"

    # what they share

    def ask(self, item: FormItem, heading: Heading) -> None:
        """Show this question."""
        if self._page is not None:
            self.body.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
        self.grid = self._done = None
        self._page = stacked((self.answers(item), 1), (self._below(item), 0))
        self.body.addWidget(self._page, 1)
        self._page.show()
        self.label()
        self._arrange()
        self.head(heading)

    def answers(self, item: FormItem) -> QWidget:
        """Where it is answered."""
        if item.kind == "boolean":
            both = YesNo(name=self.NAME)
            both.answered.connect(lambda yes: self.tell(("true" if yes else "false",)))
            return stacked((Drawing(item.picture or "help-person"), 1), (both, 0))
        self.grid = TileGrid([self._tile(item, one.id, one.picture) for one in choices(item)])
        return self.grid

    def touched(self, code: str, word: str, on: bool) -> None:
        """Of several; what is put on is also said."""
        self.mark(code, on)
        if on:
            self.room.voice.say(word, self.language)
        self.label()

    def label(self) -> None:
        """How many are on."""
        if self._done is None:
            return
        count = len(self.marked())
        text = plural("Go on with %(n)d", "Go on with %(n)d", count) if count else _("None of these, go on")
        self._done.setText(text)
        self._done.setAccessibleName(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _tile(self, item: FormItem, code: str, picture: str) -> Tile:
        word = q.option(item, code, self.language)
        name = f"{self.NAME}.{code}"
        tile = Tile(picture, word, name=name, checkable=item.repeats, tone=self.tone(item, code))
        if item.repeats:
            tile.setChecked(code in self.marked())
            tile.toggled.connect(lambda on: self.touched(code, word, on))
        else:
            tile.clicked.connect(lambda _on=False: self.tell((code,)))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def _below(self, item: FormItem) -> QWidget:
        below = QWidget()
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        skip = self.skip(item)
        if skip is not None:
            row.addWidget(skip, 1)
        if item.repeats:
            self._done = PrimaryButton("", name=f"{self.NAME}.done", icon="arrow-right")
            self._done.clicked.connect(lambda: self.tell(self.marked()))
            row.addWidget(self._done, 2)
        return below

    def _arrange(self) -> None:
        if self.grid is not None:
            self.grid.arrange(_columns(len(self.grid.tiles), self.height() > self.width()))


def _columns(tiles: int, upright: bool) -> int:
    if upright:
        return 1 if tiles <= 3 else 2
    return 2 if tiles == 4 else 3
