# SPDX-License-Identifier: GPL-3.0-or-later
"""The cards of one person: which she has, a new one (shown once), the end of a lost one, a one-time code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId
from desktop.kit.words import N_

if TYPE_CHECKING:
    from clinic.services.cards import CardLine
    from clinic.services.codes_out import GivenCode

PINS_DIFFER = N_("The two PINs are not the same. Type them again.")
ENDED = N_(
    "The card has ended: kiosks take it no more once they have heard of it. Give a new one if she needs it."
)


class Face(StrEnum):
    LIST = "list"
    NEW = "new"
    SHOWN = "shown"
    ENDING = "ending"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class State:
    """`text`: the QR of a card just made, kept nowhere else; `out`: the code has reached the centre."""

    patient: PatientId = PatientId("")
    name: str = ""
    face: Face = Face.LIST
    cards: tuple[CardLine, ...] = ()
    loaded: bool = False
    chosen: str = ""
    text: str = ""
    asks_pin: bool = False
    code: GivenCode | None = None
    out: bool = False
    busy: bool = False
    sentence: str = ""
    done: str = ""

    @property
    def selected(self) -> CardLine | None:
        return next((card for card in self.cards if card.card == self.chosen), None)

    @property
    def can_end(self) -> bool:
        return self.selected is not None and self.selected.works and not self.busy


@dataclass(frozen=True, slots=True)
class Opened:
    patient: PatientId
    name: str


@dataclass(frozen=True, slots=True)
class CardsCame:
    patient: PatientId
    cards: tuple[CardLine, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    card: str


@dataclass(frozen=True, slots=True)
class NewPressed:
    pass


@dataclass(frozen=True, slots=True)
class MakePressed:
    pin: str
    again: str


@dataclass(frozen=True, slots=True)
class Made:
    patient: PatientId
    text: str


@dataclass(frozen=True, slots=True)
class EndPressed:
    pass


@dataclass(frozen=True, slots=True)
class WhyGiven:
    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class CodePressed:
    pass


@dataclass(frozen=True, slots=True)
class CodeCame:
    patient: PatientId
    code: GivenCode


@dataclass(frozen=True, slots=True)
class CodeLeft:
    """Whether the centre has the code by now."""

    out: bool


@dataclass(frozen=True, slots=True)
class BackPressed:
    pass


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Load:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Make:
    patient: PatientId
    pin: str


@dataclass(frozen=True, slots=True)
class End:
    patient: PatientId
    card: FactId
    why: str


@dataclass(frozen=True, slots=True)
class GiveCode:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class LookOut:
    """Effect: has the code left?"""


@dataclass(frozen=True, slots=True)
class Close:
    pass


Event = (
    Opened | CardsCame | Chosen | NewPressed | MakePressed | Made | EndPressed | WhyGiven | Ended | CodePressed
    | CodeCame | CodeLeft | BackPressed | FactsChanged | Failed
)  # fmt: skip
Effect = Load | Make | End | GiveCode | LookOut | Close
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    """Answers that belong to another person than the one shown change nothing."""
    calm = replace(state, sentence="", done="")
    match event:
        case Opened(patient, name):
            return State(patient=patient, name=name), (Load(patient),)
        case CardsCame(patient, cards) if patient == state.patient:
            return _loaded(state, cards), ()
        case Chosen(card):
            return replace(calm, chosen=card), ()
        case NewPressed() if not state.busy:
            return replace(calm, face=Face.NEW), ()
        case MakePressed(pin, again) if not state.busy:
            return _make(calm, pin, again)
        case Made(patient, text) if patient == state.patient:
            return replace(calm, busy=False, face=Face.SHOWN, text=text), (Load(patient),)
        case EndPressed() if state.can_end:
            return replace(calm, face=Face.ENDING), ()
        case WhyGiven(why) if state.can_end and state.selected is not None:
            return replace(calm, busy=True), (End(state.patient, state.selected.card, why),)
        case Ended(patient) if patient == state.patient:
            return replace(calm, busy=False, face=Face.LIST, done=ENDED), (Load(patient),)
        case CodePressed() if not state.busy:
            return replace(calm, busy=True), (GiveCode(state.patient),)
        case CodeCame(patient, code) if patient == state.patient:
            return replace(calm, busy=False, face=Face.CODE, code=code, out=False), (LookOut(),)
        case CodeLeft(out):
            return replace(state, out=out), ()
        case BackPressed():
            return _back(calm)
        case FactsChanged() if state.patient:
            look = (LookOut(),) if state.face is Face.CODE and not state.out else ()
            return state, (Load(state.patient), *look)
        case Failed(sentence):
            return replace(state, busy=False, sentence=sentence), ()
    return state, ()


def _loaded(state: State, cards: tuple[CardLine, ...]) -> State:
    present = {card.card for card in cards}
    first = cards[0].card if cards else ""
    return replace(state, cards=cards, loaded=True, chosen=state.chosen if state.chosen in present else first)


def _make(state: State, pin: str, again: str) -> Result:
    if pin != again:
        return replace(state, sentence=PINS_DIFFER), ()
    return replace(state, busy=True, asks_pin=bool(pin)), (Make(state.patient, pin),)


def _back(state: State) -> Result:
    """From a card just made its secret goes; from the list the panel closes."""
    if state.face is Face.LIST:
        return State(), (Close(),)
    return replace(state, face=Face.LIST, text="", code=None, busy=False), ()
