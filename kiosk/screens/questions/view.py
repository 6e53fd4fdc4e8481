# SPDX-License-Identifier: GPL-3.0-or-later
"""One question: yes and no, tiles, a number, or the drawing of the body."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem
from clinic.domain.questionnaires import BODY_MAP, Interview
from clinic.domain.values import Coding
from desktop.kit.bodymap import BodyMap
from desktop.kit.buttons import SecondaryButton
from desktop.kit.touch import Keypad
from desktop.kit.words import _
from kiosk import flow
from kiosk.screens.asking import AskingScreen
from kiosk.screens.questions import logic
from kiosk.screens.room import Heading, Room


class QuestionsScreen(AskingScreen):
    """Made once; each question takes the place of the one before."""

    NAME = "kiosk.question"

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        assert journey.interview is not None
        self._born = journey.known.birth_date if journey.known else None
        self._symptoms = journey.symptoms
        self._state = logic.State(journey.interview)
        self._show()

    def back(self) -> bool:
        """The question before, as long as there is one."""
        before = q.taken_back(self._state.interview)
        if before is None:
            return False
        self._become(before)
        return True

    def tell(self, answers: tuple[str, ...]) -> None:
        self._become(logic.answered(self._state, answers))

    def mark(self, code: str, on: bool) -> None:
        self._state = logic.marked(self._state, code, on)

    def marked(self) -> tuple[str, ...]:
        return logic.told(self._state)

    def skip(self, item: FormItem) -> SecondaryButton | None:
        if item.required:
            return None
        skip = SecondaryButton(_("I do not know"), name=f"{self.NAME}.skip", icon="help-circle")
        skip.clicked.connect(lambda: self.tell(()))
        return skip

    def answers(self, item: FormItem) -> QWidget:
        if item.kind == "integer":
            pad = Keypad(name="kiosk.keypad", comma=False)
            pad.entered.connect(lambda text: self.tell((text,)) if _fits(item, text) else None)
            return pad
        return self._body(item) if item.control == BODY_MAP else super().answers(item)

    def touched(self, code: str, word: str, on: bool) -> None:
        super().touched(code, word, on)
        self.room.send(flow.Felt(self._symptoms, self._flags(logic.as_marked(self._state))))

    # what is shown

    def _show(self) -> None:
        asked = self._state.asked
        if asked is not None:
            item = asked[1]
            heading = Heading(q.question(item, self.language), self._hint(item), _("Touch your answer."))
            self.ask(item, heading)

    def _hint(self, item: FormItem) -> str:
        if item.control == BODY_MAP:
            return _("Touch every place where it hurts, then go on")
        if item.repeats:
            return _("Touch everything you have, then go on")
        return _("Type the number") if item.kind == "integer" else _("Touch one answer")

    def _body(self, item: FormItem) -> QWidget:
        names = {one.code: q.option(item, one.code, self.language) for one in item.options}
        body = BodyMap(names, name="kiosk.body", spoken=q.question(item, self.language))
        body.touched.connect(lambda code, on: self.touched(code, names[code], on))
        return body

    # what is told

    def _become(self, interview: Interview) -> None:
        """The flow hears it first: after the last question this screen is gone."""
        self._state = logic.State(interview)
        self.room.send(flow.QuestionAnswered(interview, self._flags(interview)))
        self._show()

    def _flags(self, interview: Interview) -> tuple[Coding, ...]:
        today = self.room.clock.now().date()
        return self.room.questions.flags(interview, self._born, today, self.language)


def _fits(item: FormItem, text: str) -> bool:
    if not text.isdigit():
        return False
    return (item.low is None or int(text) >= item.low) and (item.high is None or int(text) <= item.high)
