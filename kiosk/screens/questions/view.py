# SPDX-License-Identifier: GPL-3.0-or-later
"""One question: yes and no, tiles, a number, or the drawing of the body."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem
from clinic.domain.questionnaires import BODY_MAP, Interview
from clinic.domain.values import Coding
from desktop.kit.bodymap import BodyMap
from desktop.kit.buttons import PrimaryButton, SecondaryButton, YesNo
from desktop.kit.touch import Keypad, Tile, TileGrid
from desktop.kit.words import _, plural
from kiosk import flow
from kiosk.questionnaire import choices
from kiosk.screens.pieces import Drawing, stacked
from kiosk.screens.questions import logic
from kiosk.screens.room import Heading, Room, Screen


class QuestionsScreen(Screen):
    """Made once; each question takes the place of the one before."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        assert journey.interview is not None
        self._born = journey.known.birth_date if journey.known else None
        self._symptoms = journey.symptoms
        self._page: QWidget | None = None
        self._grid: TileGrid | None = None
        self._done: PrimaryButton | None = None
        self._state = logic.State(journey.interview)
        self._show()

    def back(self) -> bool:
        """The question before, as long as there is one."""
        before = q.taken_back(self._state.interview)
        if before is None:
            return False
        self._become(before)
        return True

    # what is shown

    def _show(self) -> None:
        asked = self._state.asked
        if asked is None:
            return
        item = asked[1]
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
        self.head(Heading(q.question(item, self.language), self._hint(item), _("Touch your answer.")))

    def _hint(self, item: FormItem) -> str:
        if item.control == BODY_MAP:
            return _("Touch every place where it hurts, then go on")
        if item.repeats:
            return _("Touch everything you have, then go on")
        return _("Type the number") if item.kind == "integer" else _("Touch one answer")

    def _answers(self, item: FormItem) -> QWidget:
        if item.kind == "boolean":
            answers = YesNo(name="kiosk.question")
            answers.answered.connect(lambda yes: self._tell(("true" if yes else "false",)))
            return stacked((Drawing(item.picture or "help-person"), 1), (answers, 0))
        if item.kind == "integer":
            pad = Keypad(name="kiosk.keypad", comma=False)
            pad.entered.connect(lambda text: self._tell((text,)) if _fits(item, text) else None)
            return pad
        if item.control == BODY_MAP:
            return self._body(item)
        self._grid = TileGrid([self._tile(item, one.id, one.picture) for one in choices(item)])
        return self._grid

    def _body(self, item: FormItem) -> QWidget:
        names = {one.code: q.option(item, one.code, self.language) for one in item.options}
        body = BodyMap(names, name="kiosk.body", spoken=q.question(item, self.language))
        body.touched.connect(lambda code, on: self._mark(code, names[code], on))
        return body

    def _tile(self, item: FormItem, code: str, picture: str) -> Tile:
        word = q.option(item, code, self.language)
        tile = Tile(picture, word, name=f"kiosk.question.{code}", checkable=item.repeats)
        if item.repeats:
            tile.toggled.connect(lambda on: self._mark(code, word, on))
        else:
            tile.clicked.connect(lambda _on=False: self._tell((code,)))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def _below(self, item: FormItem) -> QWidget:
        below = QWidget()
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        if not item.required:
            skip = SecondaryButton(_("I do not know"), name="kiosk.question.skip", icon="help-circle")
            skip.clicked.connect(lambda: self._tell(()))
            row.addWidget(skip, 1)
        if item.repeats:
            self._done = PrimaryButton("", name="kiosk.question.done", icon="arrow-right")
            self._done.clicked.connect(lambda: self._tell(logic.told(self._state)))
            row.addWidget(self._done, 2)
        return below

    def _label(self) -> None:
        if self._done is None:
            return
        count = len(self._state.on)
        text = plural("Go on with %(n)d", "Go on with %(n)d", count) if count else _("None of these, go on")
        self._done.setText(text)
        self._done.setAccessibleName(text)

    def _arrange(self) -> None:
        if self._grid is not None:
            self._grid.arrange(_columns(len(self._grid.tiles), self.height() > self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    # what is told

    def _mark(self, code: str, word: str, on: bool) -> None:
        self._state = logic.marked(self._state, code, on)
        if on:
            self.room.voice.say(word, self.language)
        self._label()
        self.room.send(flow.Felt(self._symptoms, self._flags(logic.as_marked(self._state))))

    def _tell(self, answers: tuple[str, ...]) -> None:
        self._become(logic.answered(self._state, answers))

    def _become(self, interview: Interview) -> None:
        """The flow hears it first: after the last question this screen is gone."""
        self._state = logic.State(interview)
        self.room.send(flow.QuestionAnswered(interview, self._flags(interview)))
        self._show()

    def _flags(self, interview: Interview) -> tuple[Coding, ...]:
        today = self.room.clock.now().date()
        return self.room.questions.flags(interview, self._born, today, self.language)


def _columns(tiles: int, upright: bool) -> int:
    if upright:
        return 1 if tiles <= 3 else 2
    return 2 if tiles == 4 else 3


def _fits(item: FormItem, text: str) -> bool:
    if not text.isdigit():
        return False
    return (item.low is None or int(text) >= item.low) and (item.high is None or int(text) <= item.high)
