# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests to be ordered in one visit: what was chosen is for that person, and for no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import Coding
from desktop.kit.words import N_, _

PRIORITIES = {"routine": N_("Not urgent"), "urgent": N_("Urgent"), "stat": N_("At once")}


@dataclass(frozen=True, slots=True)
class State:
    """`chosen`: the tests that go out together; `writing`: they are on their way to the book; `aside`: what was chosen and
    not ordered in visits that were left."""

    patient: PatientId = PatientId("")
    name: str = ""
    encounter: EncounterId = EncounterId("")
    text: str = ""
    found: tuple[Coding, ...] = ()
    chosen: tuple[Coding, ...] = ()
    writing: bool = False
    sentence: str = ""
    aside: Mapping[EncounterId, tuple[Coding, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    patient: PatientId
    name: str
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    text: str
    codes: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class TestChosen:
    """One of those found; with no place, the words as they stand."""

    __test__ = False
    place: int | None = None


@dataclass(frozen=True, slots=True)
class TestDropped:
    __test__ = False
    place: int


@dataclass(frozen=True, slots=True)
class OrderPressed:
    priority: str
    reason: Coding | None
    note: str


@dataclass(frozen=True, slots=True)
class Ordered:
    patient: PatientId
    encounter: EncounterId


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class FindTests:
    """Effect: look in the lists of this clinic."""

    text: str


@dataclass(frozen=True, slots=True)
class Order:
    """Effect: sign one order a test, for that person."""

    patient: PatientId
    name: str
    encounter: EncounterId
    codes: tuple[Coding, ...]
    priority: str
    reason: Coding | None
    note: str


Event = Opened | Typed | Found | TestChosen | TestDropped | OrderPressed | Ordered | Failed
Effect = FindTests | Order
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Opened(patient, name, encounter):
            same = (patient, encounter) == (state.patient, state.encounter)
            return (replace(state, name=name) if same else _turned(state, patient, name, encounter)), ()
        case Typed(text):
            searched = bool(text.strip())
            after = replace(state, text=text, found=state.found if searched else (), sentence="")
            return after, ((FindTests(text),) if searched else ())
        case Found(text, codes):
            return (replace(state, found=codes) if text == state.text else state), ()
        case TestChosen(place):
            return _choose(state, place), ()
        case TestDropped(place):
            kept_ones = tuple(one for number, one in enumerate(state.chosen) if number != place)
            return replace(state, chosen=kept_ones, sentence=""), ()
        case OrderPressed():
            return _order(state, event)
        case Ordered(patient, encounter) if (patient, encounter) == (state.patient, state.encounter):
            return State(patient, state.name, encounter, aside=state.aside), ()
        case Ordered(_patient, encounter):
            left = {key: chosen for key, chosen in state.aside.items() if key != encounter}
            return replace(state, aside=left), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, writing=False, sentence=sentence), ()
    return state, ()


def _turned(state: State, patient: PatientId, name: str, encounter: EncounterId) -> State:
    """What was chosen in the visit before goes aside; what was put aside in this one is there again."""
    aside = dict(state.aside)
    if state.chosen:
        aside[state.encounter] = state.chosen
    chosen = aside.pop(encounter, ())
    return State(patient, name, encounter, chosen=chosen, aside=aside)


def _choose(state: State, place: int | None) -> State:
    """The same test is not ordered twice."""
    if place is None:
        words = state.text.strip()
        test = Coding(system="", code="", display=words) if words else None
    else:
        test = state.found[place] if 0 <= place < len(state.found) else None
    if test is None:
        return state
    chosen = state.chosen if test in state.chosen else (*state.chosen, test)
    return replace(state, chosen=chosen, text="", found=(), sentence="")


def _order(state: State, event: OrderPressed) -> Result:
    """Words that still stand in the search are meant too."""
    ready = _choose(state, None)
    if not ready.patient or ready.writing:
        return state, ()
    if not ready.chosen:
        return replace(state, sentence=_("Choose at least one test, or write its name.")), ()
    order = Order(
        ready.patient,
        ready.name,
        ready.encounter,
        ready.chosen,
        event.priority,
        event.reason,
        event.note.strip(),
    )
    return replace(ready, writing=True), (order,)
