# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers from the devices on the table, one a screen; each can be skipped. One that no living body has is
asked about once more and never goes on: the clinic could not file it, nor anything told after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from clinic.domain.vitals import VITALS, Vital
from desktop.kit.words import N_

ORDER = ("systolic", "diastolic", "heart_rate", "spo2", "temperature", "respiratory_rate")
EMPTY = N_("Type the number, or touch “I do not have it”.")
IMPOSSIBLE = N_("That number cannot be right. Measure again, or touch “I do not have it”.")


class Ask(StrEnum):
    VALUE = "value"
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
}


@dataclass(frozen=True, slots=True)
class State:
    index: int = 0
    ask: Ask = Ask.VALUE
    doubted: Decimal | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    on_oxygen: bool | None = None
    alert: bool | None = None
    say: str = ""

    @property
    def key(self) -> str:
        return ORDER[self.index]

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


Event = Entered | Skipped | Sure | Oxygen | Oneself | Back


def update(state: State, event: Event) -> State:
    """`ask` is DONE after the last one."""
    match event:
        case Entered(text) if state.ask is Ask.VALUE:
            return _entered(state, text)
        case Sure(yes) if state.ask is Ask.SURE:
            return replace(state, ask=Ask.VALUE, doubted=None, say=IMPOSSIBLE if yes else "")
        case Oxygen(yes) if state.ask is Ask.OXYGEN:
            return _next(replace(state, on_oxygen=yes))
        case Oneself(yes) if state.ask is Ask.SELF:
            return replace(state, ask=Ask.DONE, alert=True if yes else None)
        case Skipped() if state.ask is Ask.VALUE:
            return _skipped(state)
        case Back():
            return _back(state)
    return state


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
    if _odd(state, value):
        return replace(state, ask=Ask.SURE, doubted=value, say="")
    return _kept(state, value)


def _odd(state: State, value: Decimal) -> bool:
    upper = state.values.get("systolic")
    crossed = state.key == "diastolic" and upper is not None and value >= upper
    return crossed or not state.vital.plausible(value)


def _kept(state: State, value: Decimal) -> State:
    kept = replace(state, values={**state.values, state.key: value}, doubted=None, say="")
    return replace(kept, ask=Ask.OXYGEN) if state.key == "spo2" else _next(kept)


def _skipped(state: State) -> State:
    without = {key: value for key, value in state.values.items() if key != state.key}
    if state.key == "spo2":
        state = replace(state, on_oxygen=None)
    if state.key == "systolic":
        without.pop("diastolic", None)
        return _next(_next(replace(state, values=without)))
    if state.key == "diastolic":
        without.pop("systolic", None)  # half a blood pressure is none
    return _next(replace(state, values=without))


def _next(state: State) -> State:
    if state.index + 1 >= len(ORDER):
        return replace(state, ask=Ask.SELF if state.values else Ask.DONE, doubted=None, say="")
    return replace(state, index=state.index + 1, ask=Ask.VALUE, doubted=None, say="")


def _back(state: State) -> State:
    if state.ask is not Ask.VALUE:
        return replace(state, ask=Ask.VALUE, doubted=None, say="")
    index = max(0, state.index - 1)
    if ORDER[index] == "diastolic" and "systolic" not in state.values:
        index -= 1
    return replace(state, index=index, say="")
