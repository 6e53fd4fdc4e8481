# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers from the devices on the table, one a screen; each can be skipped. One that no living body has is
asked about once more and never goes on: the clinic could not file it, nor anything told after it.

Where an instrument stands here that sends by itself, she is asked to use it. What comes is shown and is nobody's: a later
reading takes its place, and only "this is mine" makes it hers (decision 52). Typing is always one touch away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from clinic.devices.port import Came, Lost, Near, NotTaken, Silent
from clinic.domain.instruments.kinds import PROFILES, Kind
from clinic.domain.instruments.readings import Source
from clinic.domain.vitals import VITALS, Vital
from desktop.kit.words import N_

ORDER = ("systolic", "diastolic", "heart_rate", "spo2", "temperature", "respiratory_rate")
PRESSURE = ("systolic", "diastolic")
MORE = {Kind.SCALE: "weight", Kind.GLUCOMETER: "glucose"}
"""Asked only where such an instrument stands here."""
BY = {
    "systolic": (Kind.CUFF,),
    "heart_rate": (Kind.HEART_STRAP, Kind.OXIMETER),
    "spo2": (Kind.OXIMETER,),
    "temperature": (Kind.THERMOMETER,),
    "weight": (Kind.SCALE,),
    "glucose": (Kind.GLUCOMETER,),
}
"""By which instrument a number comes, the best first."""
EMPTY = N_("Type the number, or touch “I do not have it”.")
IMPOSSIBLE = N_("That number cannot be right. Measure again, or touch “I do not have it”.")


class Ask(StrEnum):
    VALUE = "value"
    MINE = "mine"
    """A reading is shown: is it hers?"""
    SURE = "sure"
    OXYGEN = "oxygen"
    SELF = "self"
    """Did the patient answer herself? Then she is awake and answers: the A of ACVPU."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Wording:
    """How one vital is asked: picture, question, where to read it."""

    picture: str
    question: str
    hint: str
    unit: str


WORDINGS = {
    "systolic": Wording(
        "blood-pressure",
        N_("Blood pressure: the upper number"),
        N_("The biggest number on the cuff device"),
        "mmHg",
    ),
    "diastolic": Wording(
        "blood-pressure",
        N_("Blood pressure: the lower number"),
        N_("The number below it on the cuff device"),
        "mmHg",
    ),
    "heart_rate": Wording("pulse", N_("Your pulse"), N_("The number beside the heart"), N_("beats a minute")),
    "spo2": Wording("oxygen", N_("Oxygen in your blood"), N_("The number with % on the finger clip"), "%"),
    "temperature": Wording(
        "thermometer-body", N_("Your temperature"), N_("The number on the thermometer"), "°C"
    ),
    "respiratory_rate": Wording(
        "lungs",
        N_("Breaths in one minute"),
        N_("Count how often your chest rises in one minute"),
        N_("a minute"),
    ),
    "weight": Wording("scale-body", N_("Your weight"), N_("The number on the scale"), "kg"),
    "glucose": Wording("glucose", N_("Sugar in your blood"), N_("The number on the glucose meter"), "mg/dL"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """How she is asked to use an instrument: picture, what to do, what comes next."""

    picture: str
    question: str
    hint: str


USES = {
    Kind.CUFF: Use(
        "blood-pressure",
        N_("Put the cuff on and press its button"),
        N_("Upper arm bare, hand open, feet on the floor. Do not talk."),
    ),
    Kind.OXIMETER: Use(
        "oxygen",
        N_("Put the clip on your finger"),
        N_("Keep your hand still until the number is here."),
    ),
    Kind.HEART_STRAP: Use(
        "pulse",
        N_("Put the strap around your chest"),
        N_("Sit still until the number is here."),
    ),
    Kind.THERMOMETER: Use(
        "thermometer-body",
        N_("Measure your temperature with the thermometer"),
        N_("Press its button and wait until it beeps."),
    ),
    Kind.SCALE: Use(
        "scale-body",
        N_("Step on the scale"),
        N_("Without shoes. Stand still until the number is here."),
    ),
    Kind.GLUCOMETER: Use(
        "glucose",
        N_("Put a new strip into the glucose meter"),
        N_("Then touch the strip with a drop of blood from your finger."),
    ),
}


@dataclass(frozen=True, slots=True)
class State:
    """`order`: the keys that are asked for. `kinds`: instruments that stand here. `came`: a reading nobody has confirmed.

    `typing`: she types this one though an instrument could send it. `sources`: where confirmed readings came from.
    """

    index: int = 0
    ask: Ask = Ask.VALUE
    doubted: Decimal | None = None
    doubted_key: str = ""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    on_oxygen: bool | None = None
    alert: bool | None = None
    say: str = ""
    order: tuple[str, ...] = ORDER
    kinds: frozenset[Kind] = frozenset()
    near: frozenset[Kind] = frozenset()
    typing: bool = False
    came: Came | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.order[self.index]

    @property
    def sent_by(self) -> Kind | None:
        """The instrument that could answer this question; None where none stands here."""
        return next((kind for kind in BY.get(self.key, ()) if kind in self.kinds), None)

    @property
    def instrument(self) -> Kind | None:
        """What she is asked to use now; None while she types."""
        return None if self.typing or self.ask not in (Ask.VALUE, Ask.MINE) else self.sent_by

    @property
    def vital(self) -> Vital:
        return VITALS[self.key]


@dataclass(frozen=True, slots=True)
class Entered:
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    pass


@dataclass(frozen=True, slots=True)
class Sure:
    yes: bool


@dataclass(frozen=True, slots=True)
class Oxygen:
    yes: bool


@dataclass(frozen=True, slots=True)
class Oneself:
    """She answered the questions herself."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Back:
    pass


@dataclass(frozen=True, slots=True)
class Mine:
    """The reading that was on the screen is hers."""

    came: Came


@dataclass(frozen=True, slots=True)
class NotMine:
    """It is not, or she measures again."""


@dataclass(frozen=True, slots=True)
class Type:
    """The keypad instead of the instrument, or the other way round."""

    yes: bool


Event = (
    Entered
    | Skipped
    | Sure
    | Oxygen
    | Oneself
    | Back
    | Mine
    | NotMine
    | Type
    | Near
    | Came
    | NotTaken
    | Lost
    | Silent
)


def begin(kinds: frozenset[Kind]) -> State:
    """The first question, with these instruments on the table."""
    return State(order=(*ORDER, *(key for kind, key in MORE.items() if kind in kinds)), kinds=kinds)


def update(state: State, event: Event) -> State:
    """`ask` is DONE after the last one."""
    match event:
        case Entered(text) if state.ask is Ask.VALUE:
            return _entered(state, text)
        case Sure(yes) if state.ask is Ask.SURE:
            again = IMPOSSIBLE if yes else ""
            return replace(state, ask=Ask.VALUE, doubted=None, doubted_key="", say=again)
        case Oxygen(yes) if state.ask is Ask.OXYGEN:
            return _next(replace(state, on_oxygen=yes))
        case Oneself(yes) if state.ask is Ask.SELF:
            return replace(state, ask=Ask.DONE, alert=True if yes else None)
        case Skipped() if state.ask is Ask.VALUE:
            return _skipped(state)
        case Mine(came) if state.ask is Ask.MINE and came is state.came:
            return _hers(state, came)
        case NotMine() if state.ask is Ask.MINE:
            return replace(state, ask=Ask.VALUE, came=None, say="")
        case Type(yes) if state.ask in (Ask.VALUE, Ask.MINE):
            return replace(state, ask=Ask.VALUE, came=None, typing=yes, say="")
        case Near() | Came() | NotTaken() | Lost() | Silent():
            return _heard(state, event)
        case Back():
            return _back(state)
    return state


def _heard(state: State, told: Near | Came | NotTaken | Lost | Silent) -> State:
    """Of the instruments. What belongs to another question than hers now is nobody's, and stays nobody's."""
    match told:
        case Silent():
            typed = replace(state, kinds=frozenset(), near=frozenset(), came=None)
            return replace(typed, ask=Ask.VALUE) if state.ask is Ask.MINE else typed
        case Near(instrument):
            return replace(state, near=state.near | {instrument.kind})
        case Lost(instrument):
            return replace(state, near=state.near - {instrument.kind})
        case Came(_instrument, reading) if state.ask is Ask.MINE and reading.streamed:
            return state  # a number that is looked at stands still
        case Came(instrument, reading) if _answers(state, instrument.kind) and state.key in reading.values:
            return replace(state, ask=Ask.MINE, came=told, say="")
        case NotTaken(instrument, sentence, wait) if _answers(state, instrument.kind):
            streamed = state.came is not None and state.came.reading.streamed
            return state if wait or streamed else replace(state, ask=Ask.VALUE, came=None, say=sentence)
    return state


def _answers(state: State, kind: Kind) -> bool:
    """Any that can, though she was asked to use the best."""
    return state.instrument is not None and kind in state.kinds and kind in BY[state.key]


def _hers(state: State, came: Came) -> State:
    """All it measured, or nothing of it: where one number cannot be, she measures again."""
    read = {
        key: number
        for key, number in came.reading.values.items()
        if key in PROFILES[came.instrument.kind].takes
    }
    for key, number in read.items():
        if _odd(key, number, read):
            return replace(state, ask=Ask.SURE, doubted=number, doubted_key=key, came=None, say="")
    source = Source(came.reading.octets, f"{came.instrument.kind} {came.instrument.address}")
    kept = replace(
        state,
        values={**state.values, **read},
        sources={**state.sources, **dict.fromkeys(read, source)},
        came=None,
        say="",
    )
    return _after(kept)


def can_go_back(state: State) -> bool:
    """False on the very first number: "back" leaves the screen."""
    return state.index > 0 or state.ask is not Ask.VALUE


def number(text: str) -> Decimal | None:
    """`36,8` or `36.8` as a Decimal; None for anything that is no number."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _entered(state: State, text: str) -> State:
    value = number(text)
    if value is None:
        return replace(state, say=EMPTY)
    if _odd(state.key, value, state.values):
        return replace(state, ask=Ask.SURE, doubted=value, doubted_key=state.key, say="")
    return _kept(state, value)


def _odd(key: str, value: Decimal, values: Mapping[str, Decimal]) -> bool:
    upper = values.get("systolic")
    crossed = key == "diastolic" and upper is not None and value >= upper
    return crossed or not VITALS[key].plausible(value)


def _kept(state: State, value: Decimal) -> State:
    same = state.values.get(state.key) == value
    sources = state.sources if same else _less(state.sources, *_together(state.key))
    kept = replace(state, values={**state.values, state.key: value}, sources=sources, doubted=None, say="")
    return _after(kept)


def _after(state: State) -> State:
    return replace(state, ask=Ask.OXYGEN) if state.key == "spo2" else _next(state)


def _skipped(state: State) -> State:
    gone = _together(state.key)
    left = replace(state, values=_less(state.values, *gone), sources=_less(state.sources, *gone))
    if state.key == "spo2":
        left = replace(left, on_oxygen=None)
    return _next(_next(left)) if state.key == "systolic" else _next(left)


def _together(key: str) -> tuple[str, ...]:
    """Half a blood pressure is none."""
    return PRESSURE if key in PRESSURE else (key,)


def _less(known: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: one for key, one in known.items() if key not in keys}


def _next(state: State) -> State:
    """The next question; one that an instrument answered already, and she confirmed, is not asked again."""
    if state.index + 1 >= len(state.order):
        return replace(state, ask=Ask.SELF if state.values else Ask.DONE, doubted=None, came=None, say="")
    moved = replace(
        state, index=state.index + 1, ask=Ask.VALUE, doubted=None, typing=False, came=None, say=""
    )
    return _after(moved) if moved.key in moved.sources else moved


def _back(state: State) -> State:
    if state.ask is not Ask.VALUE:
        return replace(state, ask=Ask.VALUE, doubted=None, doubted_key="", came=None, say="")
    index = max(0, state.index - 1)
    if state.order[index] == "diastolic" and ("systolic" not in state.values or "systolic" in state.sources):
        index -= 1
    return replace(state, index=index, typing=state.order[index] in state.values, say="")
