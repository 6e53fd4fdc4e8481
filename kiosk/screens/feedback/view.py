# SPDX-License-Identifier: GPL-3.0-or-later
"""Three faces; then up to two reasons, and whether somebody shall speak with her. One touch passes over all of it."""

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
from kiosk.screens.feedback import logic
from kiosk.screens.pieces import Drawing, stacked
from kiosk.screens.room import Heading, Room, Screen

NAME = "kiosk.feedback"
_TONES = {"bad": "danger", "fair": "warn", "good": "ok"}


class FeedbackScreen(Screen):
    """Each answer goes to the flow at once; the last one ends the visit."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._state = logic.State(room.questions.forms[q.FEEDBACK])
        self._page: QWidget | None = None
        self._grid: TileGrid | None = None
        self._done: PrimaryButton | None = None
        self._show()

    def back(self) -> bool:
        before = logic.taken_back(self._state)
        if before is None:
            return False
        self._state = before
        self._show()
        return True

    # what is shown

    def _show(self) -> None:
        item = self._state.asked
        if item is None:
            return
        if self._page is not None:
            self.body.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
        self._grid = self._done = None
        self._page = stacked((self._answers(item), 1), (self._below(item), 0))
        self.body.addWidget(self._page, 1)
        self._page.show()
        self._label()
        self._arrange()
        self.head(self._heading(item))

    def _heading(self, item: FormItem) -> Heading:
        hint = _("Touch one answer")
        if item.repeats:
            hint = _("Touch up to two drawings, then go on")
        elif item.key == q.VISIT:
            hint = _("Touch a face. The clinic reads it without your name.")
        more = _("You need not answer. Touch “Skip” to go.")
        return Heading(q.question(item, self.language), hint, more)

    def _answers(self, item: FormItem) -> QWidget:
        if item.kind == "boolean":
            both = YesNo(name=f"{NAME}.{item.key}")
            both.answered.connect(lambda yes: self._tell(("true" if yes else "false",)))
            return stacked((Drawing(item.picture or "help-person"), 1), (both, 0))
        self._grid = TileGrid([self._tile(item, one.id, one.picture) for one in choices(item)])
        return self._grid

    def _tile(self, item: FormItem, code: str, picture: str) -> Tile:
        word = q.option(item, code, self.language)
        tone = _TONES.get(code, "primary") if item.key == q.VISIT else "primary"
        tile = Tile(picture, word, name=f"{NAME}.{code}", checkable=item.repeats, tone=tone)
        if item.repeats:
            tile.setChecked(code in self._state.on)
            tile.toggled.connect(lambda on: self._mark(code, word, on))
        else:
            tile.clicked.connect(lambda _on=False: self._tell((code,)))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def _below(self, item: FormItem) -> QWidget:
        below = QWidget()
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        skip = SecondaryButton(_("Skip"), name=f"{NAME}.skip", icon="arrow-right")
        skip.clicked.connect(self._skip)
        row.addWidget(skip, 1)
        if item.repeats:
            self._done = PrimaryButton("", name=f"{NAME}.done", icon="arrow-right")
            self._done.clicked.connect(lambda: self._tell(self._state.on))
            row.addWidget(self._done, 2)
        return below

    def _label(self) -> None:
        if self._done is None:
            return
        count = len(self._state.on)
        text = plural("Go on with %(n)d", "Go on with %(n)d", count) if count else _("None of these, go on")
        self._done.setText(text)
        self._done.setAccessibleName(text)
        for tile in self._grid.tiles if self._grid is not None else ():
            tile.setEnabled(tile.isChecked() or not logic.is_full(self._state))

    def _arrange(self) -> None:
        if self._grid is not None:
            upright = self.height() > self.width()
            tiles = len(self._grid.tiles)
            self._grid.arrange((1 if tiles <= 3 else 2) if upright else (2 if tiles == 4 else 3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    # what is told

    def _mark(self, code: str, word: str, on: bool) -> None:
        self._state = logic.marked(self._state, code, on)
        if on:
            self.room.voice.say(word, self.language)
        self._label()

    def _tell(self, answers: tuple[str, ...]) -> None:
        self._state = logic.answered(self._state, answers)
        self._send(self._state.asked is None)
        self._show()

    def _skip(self) -> None:
        """Marked reasons count: she touched them."""
        if self._state.on:
            self._state = logic.answered(self._state, self._state.on)
        self._send(True)

    def _send(self, over: bool) -> None:
        self.room.send(flow.FeedbackGiven(self._state.form, self._state.given, over))
