# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawing of the device and a keypad; questions with yes and no in between."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.kit.buttons import SecondaryButton, YesNo
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text
from desktop.kit.touch import Keypad
from desktop.kit.words import _, fmt_value
from kiosk import flow
from kiosk.screens.pieces import Drawing, centred, middle, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides
from kiosk.screens.vitals import logic

QUESTIONS = {logic.Ask.SURE: "sure", logic.Ask.OXYGEN: "oxygen", logic.Ask.SELF: "self"}
PICTURES = {logic.Ask.SURE: "eye", logic.Ask.OXYGEN: "oxygen-tube", logic.Ask.SELF: "touch"}
ANSWERS: dict[logic.Ask, Callable[[bool], logic.Event]] = {
    logic.Ask.SURE: logic.Sure,
    logic.Ask.OXYGEN: logic.Oxygen,
    logic.Ask.SELF: logic.Oneself,
}


class VitalsScreen(Screen):
    """Ends with the values that were typed."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._state, self._said = logic.State(), ""
        self._pages = QStackedWidget()
        self._pages.addWidget(self._value_page())
        self._questions = {ask: self._question_page(ask) for ask in QUESTIONS}
        for page in self._questions.values():
            self._pages.addWidget(page)
        self.body.addWidget(self._pages)
        self._render()

    def _value_page(self) -> QWidget:
        self._picture = Drawing("blood-pressure")
        self._unit = middle(Text("", "heading", name="kiosk.vitals.unit"))
        self._say = Notice(name="kiosk.vitals.say", tone="warn")
        self._pad = Keypad(name="kiosk.keypad", longest=5)
        self._pad.entered.connect(lambda text: self._take(logic.Entered(text)))
        skip = SecondaryButton(_("I do not have it"), name="kiosk.vitals.skip", icon="arrow-right")
        skip.clicked.connect(lambda: self._take(logic.Skipped()))
        left = stacked((self._picture, 1), (self._unit, 0), (self._say, 0), (skip, 0))
        return Sides(left, self._pad, (2, 3))

    def _question_page(self, ask: logic.Ask) -> QWidget:
        answers = YesNo(name=f"kiosk.vitals.{QUESTIONS[ask]}")
        answers.answered.connect(lambda yes: self._take(ANSWERS[ask](yes)))
        if ask is not logic.Ask.SURE:
            return stacked((Drawing(PICTURES[ask]), 1), (answers, 0))
        self._doubted = middle(Text("", "display", name="kiosk.vitals.doubted"))
        return stacked((centred(Drawing(PICTURES[ask], largest=260), self._doubted), 1), (answers, 0))

    def _take(self, event: logic.Event) -> None:
        self._state = logic.update(self._state, event)
        if self._state.ask is logic.Ask.DONE:
            done = self._state
            self.room.send(flow.VitalsTaken(done.values, done.on_oxygen, done.alert))
            return
        self._render()

    def _render(self) -> None:
        state = self._state
        self.setFocusProxy(self._pad)
        self._pages.setCurrentIndex(
            0 if state.ask is logic.Ask.VALUE else 1 + list(QUESTIONS).index(state.ask)
        )
        self._say.say("warn", _(state.say))
        self._ask_now(state)
        if state.say and state.say != self._said:
            self.room.voice.say(_(state.say), self.language)
        self._said = state.say

    def _ask_now(self, state: logic.State) -> None:
        match state.ask:
            case logic.Ask.VALUE:
                self._ask_value()
            case logic.Ask.SURE:
                self._ask_sure()
            case logic.Ask.OXYGEN:
                self.head(Heading(_("Are you breathing with an oxygen tube right now?"), _("Yes or no")))
            case logic.Ask.SELF:
                self.head(
                    Heading(
                        _("Did you answer the questions yourself?"), _("No, if somebody answered for you")
                    )
                )

    def _ask_value(self) -> None:
        wording, key = logic.WORDINGS[self._state.key], self._state.key
        kept = self._state.values.get(key)
        self._picture.show_picture(wording.picture)
        self._picture.setObjectName("kiosk.vitals.key")
        self._picture.setAccessibleName(_(wording.question))
        self._picture.setAccessibleDescription(key)
        self._unit.setText(_(wording.unit))
        if self.heading.title != _(wording.question):
            self._pad.set_text(str(kept).replace(".", ",") if kept is not None else "")
        help_text = _(
            "Type the number you see on the device, then touch the tick. Without a device touch “I do not "
            "have it”."
        )
        self.head(Heading(_(wording.question), _(wording.hint), help_text))

    def _ask_sure(self) -> None:
        wording = logic.WORDINGS[self._state.key]
        assert self._state.doubted is not None
        self._doubted.setText(fmt_value(self._state.doubted, _(wording.unit)))
        self.head(Heading(_("Is that the number on the device?"), _(wording.question)))

    def can_go_back(self, journey: flow.Journey) -> bool:
        return True

    def back(self) -> bool:
        if not logic.can_go_back(self._state):
            return False
        self._take(logic.Back())
        return True
