# SPDX-License-Identifier: GPL-3.0-or-later
"""One chart's orders and results: what is marked and typed belongs to that person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Coding
from desktop.kit.words import _
from desktop.screens.orders.paper import Found, Typed, read

if TYPE_CHECKING:
    from clinic.domain.facts import DiagnosticReport, Observation, ServiceRequest


def same_test(one: Coding, other: Coding) -> bool:
    """By code; by the words where a test has none."""
    if one.code and other.code:
        return (one.system, one.code) == (other.system, other.code)
    return one.display.strip().casefold() == other.display.strip().casefold()


@dataclass(frozen=True, slots=True)
class State:
    """`chosen`: the order, report or result that is marked; `lines`: those of a report that are read already."""

    patient: PatientId = PatientId("")
    name: str = ""
    orders: tuple[ServiceRequest, ...] = ()
    reports: tuple[DiagnosticReport, ...] = ()
    results: tuple[Observation, ...] = ()
    chosen: FactId = FactId("")
    lines: tuple[Found, ...] = ()
    writing: bool = False
    sentence: str = ""

    @property
    def order(self) -> ServiceRequest | None:
        return next((one for one in self.orders if one.id == self.chosen), None)

    @property
    def report(self) -> DiagnosticReport | None:
        return next((one for one in self.reports if one.id == self.chosen), None)

    @property
    def result(self) -> Observation | None:
        return next((one for one in self.results if one.id == self.chosen), None)

    def course(self, test: Coding, unit: str) -> tuple[Observation, ...]:
        """Every number of that test in that unit, oldest first."""
        found = (one for one in self.results if one.value is not None and same_test(one.code, test))
        same = (one for one in found if one.value is not None and one.value.unit == unit)
        return tuple(sorted(same, key=lambda one: one.effective_at))

    def last_of(self, test: Coding) -> Observation | None:
        """The newest number of that test: its unit and range are likely the same again."""
        found = [one for one in self.results if one.value is not None and same_test(one.code, test)]
        return max(found, key=lambda one: one.effective_at, default=None)


@dataclass(frozen=True, slots=True)
class Opened:
    patient: PatientId
    name: str
    orders: tuple[ServiceRequest, ...]
    reports: tuple[DiagnosticReport, ...]
    results: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    fact: FactId


@dataclass(frozen=True, slots=True)
class LinePressed:
    """One more result of the same report."""

    typed: Typed


@dataclass(frozen=True, slots=True)
class ReportPressed:
    """All lines, and the one that still stands in the fields, if any."""

    typed: Typed
    day: date
    conclusion: str


@dataclass(frozen=True, slots=True)
class CancelPressed:
    pass


@dataclass(frozen=True, slots=True)
class AmendPressed:
    conclusion: str
    why: str


@dataclass(frozen=True, slots=True)
class TakeBackPressed:
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """Effect: write down what came, as the answer to the order that was marked."""

    patient: PatientId
    name: str
    code: Coding
    lines: tuple[Found, ...]
    day: date
    based_on: FactId
    conclusion: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    patient: PatientId
    name: str
    order: ServiceRequest


@dataclass(frozen=True, slots=True)
class Amend:
    """Effect: another conclusion, the reason with it."""

    patient: PatientId
    name: str
    report: DiagnosticReport
    conclusion: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Effect: this number does not count."""

    patient: PatientId
    name: str
    result: Observation
    why: str


Event = (
    Opened
    | Chosen
    | LinePressed
    | ReportPressed
    | CancelPressed
    | AmendPressed
    | TakeBackPressed
    | Written
    | Failed
)
Effect = Report | CancelOrder | Amend | TakeBack
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Opened():
            return _opened(state, event), ()
        case Chosen(fact):
            return replace(state, chosen=fact, lines=(), sentence=""), ()
        case LinePressed(typed):
            return _line(state, typed), ()
        case ReportPressed():
            return _report(state, event)
        case Written(patient) if patient == state.patient:
            return replace(state, chosen=FactId(""), lines=(), writing=False, sentence=""), ()
        case Failed(patient, sentence) if patient == state.patient:
            return replace(state, writing=False, sentence=sentence), ()
        case CancelPressed() | AmendPressed() | TakeBackPressed() if not state.writing:
            return _change(state, event)
    return state, ()


def _opened(state: State, event: Opened) -> State:
    kept = state if event.patient == state.patient else State(patient=event.patient)
    fresh = replace(kept, name=event.name, orders=event.orders, reports=event.reports, results=event.results)
    gone = fresh.order is None and fresh.report is None and fresh.result is None
    return replace(fresh, chosen=FactId(""), lines=()) if gone and kept.chosen else fresh


def _line(state: State, typed: Typed) -> State:
    line = read(typed)
    if isinstance(line, str):
        return replace(state, sentence=line)
    return replace(state, lines=(*state.lines, line), sentence="")


def _report(state: State, event: ReportPressed) -> Result:
    if not state.patient or state.writing:
        return state, ()
    more = bool(state.lines) or bool(event.conclusion.strip())
    after = state if event.typed.empty and more else _line(state, event.typed)
    if after.sentence and after is not state:
        return after, ()
    order = state.order
    if order is None and not after.lines and not event.typed.name.strip():
        return replace(state, sentence=_("Write which test it is.")), ()
    named = Coding(system="", code="", display=event.typed.name.strip())
    code = order.code if order is not None else after.lines[0].code if after.lines else named
    made = Report(
        state.patient, state.name, code, after.lines, event.day,
        FactId(order.id) if order is not None else FactId(""), event.conclusion.strip(),
    )  # fmt: skip
    return replace(state, writing=True, sentence=""), (made,)


def _change(state: State, event: CancelPressed | AmendPressed | TakeBackPressed) -> Result:
    effect: Effect
    match event:
        case CancelPressed() if state.order is not None:
            effect = CancelOrder(state.patient, state.name, state.order)
        case AmendPressed(conclusion, why) if state.report is not None:
            if not conclusion.strip() or not why.strip():
                return replace(state, sentence=_("Write the conclusion, and why it is corrected.")), ()
            said = _("%(conclusion)s (corrected: %(why)s)") % {
                "conclusion": conclusion.strip(),
                "why": why.strip(),
            }
            effect = Amend(state.patient, state.name, state.report, said)
        case TakeBackPressed(why) if state.result is not None:
            if not why.strip():
                return replace(state, sentence=_("Say why this result does not count.")), ()
            effect = TakeBack(state.patient, state.name, state.result, why.strip())
        case _:
            return state, ()
    return replace(state, writing=True, sentence=""), (effect,)
