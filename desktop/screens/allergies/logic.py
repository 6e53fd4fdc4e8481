# SPDX-License-Identifier: GPL-3.0-or-later
"""One chart's allergies: what is being typed belongs to that person, and goes when another chart is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Coding

if TYPE_CHECKING:
    from clinic.domain.facts import AllergyIntolerance


@dataclass(frozen=True, slots=True)
class State:
    """`text`: what was typed as the substance; `found`: medicines that match it; `chosen`: the allergy that is marked in
    the list; `writing`: a change is on its way to the book."""

    patient: PatientId = PatientId("")
    name: str = ""
    allergies: tuple[AllergyIntolerance, ...] = ()
    text: str = ""
    found: tuple[Coding, ...] = ()
    substance: Coding | None = None
    category: str = "medication"
    chosen: FactId = FactId("")
    writing: bool = False
    sentence: str = ""

    @property
    def ready(self) -> bool:
        """Whether there is something to write down."""
        return bool(self.text.strip()) and not self.writing

    @property
    def marked(self) -> AllergyIntolerance | None:
        """The allergy that would be taken off."""
        return next((one for one in self.allergies if one.id == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Opened:
    """A chart is shown, or the same one anew."""

    patient: PatientId
    name: str
    allergies: tuple[AllergyIntolerance, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    text: str
    codes: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class SubstanceChosen:
    place: int


@dataclass(frozen=True, slots=True)
class CategoryChosen:
    category: str


@dataclass(frozen=True, slots=True)
class WritePressed:
    reaction: str
    severe: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    allergy: FactId


@dataclass(frozen=True, slots=True)
class TakeOffPressed:
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class TakenOff:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class FindSubstances:
    """Effect: medicines of that name."""

    text: str


@dataclass(frozen=True, slots=True)
class WriteDown:
    """Effect: on that person's chart, and on no other."""

    patient: PatientId
    name: str
    substance: Coding
    category: str
    reaction: str
    severe: bool


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Effect: it becomes inactive, with the reason."""

    patient: PatientId
    name: str
    allergy: AllergyIntolerance
    why: str


Event = (
    Opened
    | Typed
    | Found
    | SubstanceChosen
    | CategoryChosen
    | WritePressed
    | Chosen
    | TakeOffPressed
    | Written
    | TakenOff
    | Failed
)
Effect = FindSubstances | WriteDown | TakeOff
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Opened(patient, name, allergies):
            return _opened(state, patient, name, allergies), ()
        case Typed(text):
            return _typed(state, text)
        case Found(text, codes):
            return (replace(state, found=codes) if text == state.text else state), ()
        case SubstanceChosen(place):
            return _substance(state, place), ()
        case CategoryChosen(category):
            return _typed(replace(state, category=category), state.text)
        case WritePressed(reaction, severe):
            return _write(state, reaction, severe)
        case Chosen(allergy):
            return replace(state, chosen=allergy, sentence=""), ()
        case TakeOffPressed(why):
            return _take_off(state, why)
        case Written(patient) if patient == state.patient:
            return State(patient, state.name, state.allergies, chosen=state.chosen), ()
        case TakenOff(patient) if patient == state.patient:
            return replace(state, chosen=FactId(""), writing=False, sentence=""), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, writing=False, sentence=sentence), ()
    return state, ()


def _opened(state: State, patient: PatientId, name: str, allergies: tuple[AllergyIntolerance, ...]) -> State:
    same = state if patient == state.patient else State(patient=patient)
    known = any(one.id == same.chosen for one in allergies)
    return replace(same, name=name, allergies=allergies, chosen=same.chosen if known else FactId(""))


def _typed(state: State, text: str) -> Result:
    """Only medicines are looked up; whatever else people are allergic to is written as it is said."""
    kept = state.substance if state.substance and state.substance.display == text else None
    searched = state.category == "medication" and bool(text.strip()) and kept is None
    after = replace(state, text=text, substance=kept, found=state.found if searched else (), sentence="")
    return after, ((FindSubstances(text),) if searched else ())


def _substance(state: State, place: int) -> State:
    if not 0 <= place < len(state.found):
        return state
    substance = state.found[place]
    return replace(state, text=substance.display, substance=substance, found=())


def _write(state: State, reaction: str, severe: bool) -> Result:
    if not state.ready or not state.patient:
        return state, ()
    substance = state.substance or Coding(system="", code="", display=state.text.strip())
    order = WriteDown(state.patient, state.name, substance, state.category, reaction.strip(), severe)
    return replace(state, writing=True, sentence=""), (order,)


def _take_off(state: State, why: str) -> Result:
    if state.marked is None or state.writing:
        return state, ()
    order = TakeOff(state.patient, state.name, state.marked, why)
    return replace(state, writing=True, sentence=""), (order,)
