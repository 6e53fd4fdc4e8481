# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawing of the device and a keypad, or what to do with an instrument that sends; questions with yes and no in between."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clinic.devices.port import Came, Told
from clinic.domain.instruments.readings import Doubt, Reading
from desktop.kit.bridge import in_qt
from desktop.kit.buttons import SecondaryButton, YesNo
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text
from desktop.kit.touch import Keypad
from desktop.kit.words import N_, _, fmt_date, fmt_pair, fmt_value
from kiosk import flow
from kiosk.screens.pieces import Drawing, centred, middle, row, stacked
from kiosk.screens.room import Heading, Room, Screen, Sides
from kiosk.screens.vitals import logic

QUESTIONS = {logic.Ask.SURE: "sure", logic.Ask.OXYGEN: "oxygen", logic.Ask.SELF: "self"}
PICTURES = {logic.Ask.SURE: "eye", logic.Ask.OXYGEN: "oxygen-tube", logic.Ask.SELF: "touch"}
ANSWERS: dict[logic.Ask, Callable[[bool], logic.Event]] = {
    logic.Ask.SURE: logic.Sure,
    logic.Ask.OXYGEN: logic.Oxygen,
    logic.Ask.SELF: logic.Oneself,
}
DOUBTS = {
    Doubt.IRREGULAR_PULSE: N_("The cuff noticed an irregular pulse. Please tell the doctor."),
    Doubt.WEAK_SIGNAL: N_(
        "Your finger is cold or the clip sits badly: the number may be wrong. Better measure again."
    ),
}
UNITS = {
    "heart_rate": N_("beats a minute"),
    "spo2": "%",
    "temperature": "°C",
    "weight": "kg",
    "glucose": "mg/dL",
}


class VitalsScreen(Screen):
    """Ends with the values that were typed, or measured and confirmed."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        instruments = room.instruments
        self._state, self._said = logic.begin(instruments.kinds if instruments else frozenset()), ""
        self._asked: Came | None = None
        self._pages = QStackedWidget()
        self._pages.addWidget(self._value_page())
        self._pages.addWidget(self._measure_page())
        self._pages.addWidget(self._mine_page())
        self._questions = {ask: self._question_page(ask) for ask in QUESTIONS}
        for page in self._questions.values():
            self._pages.addWidget(page)
        self.body.addWidget(self._pages)
        self._render()
        if instruments is not None:
            instruments.begin(lambda told: in_qt(lambda: self._hear(told)))

    def _value_page(self) -> QWidget:
        self._picture = Drawing("blood-pressure")
        self._unit = middle(Text("", "heading", name="kiosk.vitals.unit"))
        self._say = Notice(name="kiosk.vitals.say", tone="warn")
        self._pad = Keypad(name="kiosk.keypad", longest=5)
        self._pad.entered.connect(lambda text: self._take(logic.Entered(text)))
        skip = SecondaryButton(_("I do not have it"), name="kiosk.vitals.skip", icon="arrow-right")
        skip.clicked.connect(lambda: self._take(logic.Skipped()))
        self._measure = SecondaryButton(_("Measure it"), name="kiosk.vitals.measure", icon="activity")
        self._measure.clicked.connect(lambda: self._take(logic.Type(False)))
        buttons = (self._measure, 0), (skip, 0)
        left = stacked((self._picture, 1), (self._unit, 0), (self._say, 0), *buttons)
        return Sides(left, self._pad, (2, 3))

    def _measure_page(self) -> QWidget:
        self._use = Drawing("blood-pressure")
        self._near = middle(Text("", "heading", name="kiosk.vitals.near"))
        self._why = Notice(name="kiosk.vitals.why", tone="warn")
        by_hand = SecondaryButton(_("Type the number"), name="kiosk.vitals.type", icon="pen")
        by_hand.clicked.connect(lambda: self._take(logic.Type(True)))
        without = SecondaryButton(_("I do not have it"), name="kiosk.vitals.without", icon="arrow-right")
        without.clicked.connect(lambda: self._take(logic.Skipped()))
        page = stacked((self._use, 1), (self._near, 0), (self._why, 0))
        layout = page.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(row(by_hand, without))
        return page

    def _mine_page(self) -> QWidget:
        self._number = middle(Text("", "display", name="kiosk.vitals.number"))
        self._beside = middle(Text("", "heading", name="kiosk.vitals.beside"))
        self._measured = Drawing("blood-pressure", largest=220)
        self._doubt = Notice(name="kiosk.vitals.doubt", tone="warn")
        answers = YesNo(name="kiosk.vitals.mine", yes=_("This is mine"), no=_("Measure again"))
        answers.answered.connect(self._confirm)
        by_hand = SecondaryButton(_("Type the number"), name="kiosk.vitals.mine.type", icon="pen")
        by_hand.clicked.connect(lambda: self._take(logic.Type(True)))
        shown = centred(self._measured, self._number, self._beside)
        return stacked((shown, 1), (self._doubt, 0), (answers, 0), (by_hand, 0))

    def _confirm(self, yes: bool) -> None:
        """What is taken is what she saw, and nothing that came meanwhile."""
        if not yes or self._state.came is None:
            self._take(logic.NotMine())
        else:
            self._take(logic.Mine(self._state.came))

    def _hear(self, told: Told) -> None:
        """In the Qt thread; nothing counts once the screen is left."""
        if not self.left:
            self._take(told)

    def leave(self) -> None:
        super().leave()
        if self.room.instruments is not None:
            self.room.instruments.end()

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
            self.room.send(flow.VitalsTaken(done.values, done.on_oxygen, done.alert, done.sources))
            return
        self._render()

    def _render(self) -> None:
        state = self._state
        self.setFocusProxy(self._pad)
        self._pages.setCurrentIndex(self._page_of(state))
        self._say.say("warn", _(state.say))
        self._why.say("warn", _(state.say))
        self._ask_now(state)
        if state.say and state.say != self._said:
            self.room.voice.say(_(state.say), self.language)
        self._said = state.say

    def _page_of(self, state: logic.State) -> int:
        """Keypad, instrument, its number, and then the questions."""
        if state.ask is logic.Ask.VALUE:
            return 0 if state.instrument is None else 1
        return 2 if state.ask is logic.Ask.MINE else 3 + list(QUESTIONS).index(state.ask)

    def _ask_now(self, state: logic.State) -> None:
        match state.ask:
            case logic.Ask.VALUE if state.instrument is not None:
                self._ask_to_measure(state)
            case logic.Ask.VALUE:
                self._ask_value()
            case logic.Ask.MINE:
                self._ask_whose(state)
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

    def _ask_to_measure(self, state: logic.State) -> None:
        assert state.instrument is not None
        use, near = logic.USES[state.instrument], state.instrument in state.near
        self._use.show_picture(use.picture)
        self._use.setAccessibleName(_(use.question))
        self._near.setText(
            _("Connected: waiting for the number") if near else _("The number will appear here")
        )
        help_text = _(
            "Use the device on the table: its number comes to this screen by itself. If nothing comes, touch "
            "“Type the number”."
        )
        self.head(Heading(_(use.question), _(use.hint), help_text))

    def _ask_whose(self, state: logic.State) -> None:
        assert state.came is not None
        reading, use = state.came.reading, logic.USES[state.came.instrument.kind]
        first, *rest = shown(reading, state.key)
        self._measured.show_picture(use.picture)
        self._number.setText(first)
        self._beside.setText("   ".join(rest))
        self._beside.setVisible(bool(rest))
        doubt = doubtful(state.came)
        self._doubt.say("warn", doubt)
        title, hint = _("Is this your number?"), _("Compare it with the number on the device")
        self.head(Heading(title, hint, private=True))
        if doubt and state.came is not self._asked:
            self.room.voice.say(f"{title} {doubt}", self.language, private=True)
        self._asked = state.came

    def _ask_value(self) -> None:
        wording, key = logic.WORDINGS[self._state.key], self._state.key
        self._measure.setVisible(self._state.sent_by is not None)
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
        wording = logic.WORDINGS[self._state.doubted_key]
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


def shown(reading: Reading, key: str) -> list[str]:
    """What the instrument measured, in words: first what is asked for."""
    lines = {one: fmt_value(value, _(UNITS[one])) for one, value in reading.values.items() if one in UNITS}
    if "systolic" in reading.values:
        lines = {
            "systolic": fmt_pair(reading.values["systolic"], reading.values["diastolic"], "mmHg"),
            **lines,
        }
    return [lines.pop(key), *lines.values()]


def doubtful(came: Came) -> str:
    """What the instrument says of it, and whether its clock shows another time; '' when all is well."""
    said = [_(DOUBTS[doubt]) for doubt in came.reading.doubts]
    if came.behind is not None and came.reading.clock is not None:
        when = f"{fmt_date(came.reading.clock.date())} {came.reading.clock:%H:%M}"
        said.append(
            _("The device says that it measured this on %(when)s. Take it only if you measured just now.")
            % {"when": when}
        )
    return " ".join(said)
