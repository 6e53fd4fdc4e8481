# SPDX-License-Identifier: GPL-3.0-or-later
"""Emergencies: a person of another team, a reason, her summary or the whole chart for a while; reviews that are due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId
from clinic.keys.glass import REASON_AT_LEAST

if TYPE_CHECKING:
    from clinic.domain.facts import EmergencySummary


@dataclass(frozen=True, slots=True)
class Open:
    """A chart that is open here, and until when."""

    patient: PatientId
    until: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A heading of a chart and its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole chart to be read. `closed`: parts that only the patient's team can open."""

    patient: PatientId
    name: str
    parts: tuple[Part, ...]
    until: datetime
    closed: int


@dataclass(frozen=True, slots=True)
class Review:
    """`mine`: about whoever looks at it, who cannot close it."""

    task: FactId
    patient: PatientId
    name: str
    note: str
    due: date | None
    late: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class State:
    """`summary`, `reading`: what is shown of the chosen person; `review`: the chosen one."""

    now: datetime
    text: str = ""
    people: tuple[EmergencySummary, ...] = ()
    chosen: PatientId = PatientId("")
    reason: str = ""
    busy: bool = False
    summary: EmergencySummary | None = None
    reading: Reading | None = None
    opened: tuple[Open, ...] = ()
    reviews: tuple[Review, ...] = ()
    review: FactId = FactId("")
    sentence: str = ""
    asks_key: bool = False

    @property
    def person(self) -> EmergencySummary | None:
        return next((one for one in self.people if one.subject == self.chosen), None)

    @property
    def open_until(self) -> datetime | None:
        """Until when the chosen person's chart is open; None when it is not."""
        until = next((one.until for one in self.opened if one.patient == self.chosen), None)
        return until if until is not None and until > self.now else None

    @property
    def missing(self) -> int:
        """Characters the reason still lacks."""
        return max(0, REASON_AT_LEAST - len(" ".join(self.reason.split())))

    @property
    def judged(self) -> Review | None:
        return next((one for one in self.reviews if one.task == self.review), None)


@dataclass(frozen=True, slots=True)
class Looked:
    """Look for this text among other teams' patients."""

    text: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Found:
    text: str
    people: tuple[EmergencySummary, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class ReasonTyped:
    reason: str


@dataclass(frozen=True, slots=True)
class SummaryPressed:
    pass


@dataclass(frozen=True, slots=True)
class WholePressed:
    password: str


@dataclass(frozen=True, slots=True)
class ReadPressed:
    """Show again what is open."""


@dataclass(frozen=True, slots=True)
class SummaryCame:
    summary: EmergencySummary


@dataclass(frozen=True, slots=True)
class ChartCame:
    reading: Reading


@dataclass(frozen=True, slots=True)
class Ticked:
    now: datetime


@dataclass(frozen=True, slots=True)
class Stands:
    """How things stand in the book."""

    opened: tuple[Open, ...]
    reviews: tuple[Review, ...]
    asks_key: bool = False


@dataclass(frozen=True, slots=True)
class ReviewChosen:
    task: FactId


@dataclass(frozen=True, slots=True)
class ReviewClosed:
    note: str


@dataclass(frozen=True, slots=True)
class Done:
    """A review was closed."""


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Find:
    """Effect: look for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Summarize:
    """Effect: open the emergency summary, with its entry."""

    patient: PatientId
    reason: str


@dataclass(frozen=True, slots=True)
class AskWhole:
    """Effect: ask a custodian."""

    patient: PatientId
    reason: str
    password: str
    with_key: bool


@dataclass(frozen=True, slots=True)
class Read:
    """Effect: read the open chart."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: see how things stand."""


@dataclass(frozen=True, slots=True)
class CloseReview:
    """Effect: close it."""

    task: FactId
    patient: PatientId
    note: str


Event = (
    Looked | Found | Chosen | ReasonTyped | SummaryPressed | WholePressed | ReadPressed | SummaryCame | ChartCame | Ticked
    | Stands | ReviewChosen | ReviewClosed | Done | Failed
)  # fmt: skip
Effect = Find | Summarize | AskWhole | Read | Look | CloseReview
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Looked(text, now):
            said = state.sentence if text == state.text else ""  # a field at rest says its words once more
            return replace(state, text=text, now=now, sentence=said), (Find(text), Look())
        case Found(text, people):
            return (_found(state, people) if text == state.text else state), ()
        case Chosen(patient):
            return _choose(state, patient), ()
        case ReasonTyped(reason):
            return replace(state, reason=reason, sentence=""), ()
        case SummaryPressed():
            return _asked(state, Summarize(state.chosen, state.reason))
        case WholePressed(password):
            return _asked(state, AskWhole(state.chosen, state.reason, password, state.asks_key))
        case ReadPressed():
            return state, ((Read(state.chosen),) if state.open_until else ())
        case SummaryCame(summary):
            return replace(state, busy=False, summary=summary, reading=None), ()
        case ChartCame(reading):
            return replace(state, busy=False, reading=reading, summary=None, reason=""), (Look(),)
        case Ticked(now):
            return _ticked(replace(state, now=now)), (Look(),)
        case Stands(opened, reviews, asks_key):
            return replace(state, opened=opened, reviews=reviews, asks_key=asks_key), ()
        case ReviewChosen(task):
            return replace(state, review=task, sentence=""), ()
        case ReviewClosed(note):
            return _close(state, note)
        case Done():
            return replace(state, busy=False, review=FactId("")), (Look(),)
        case Failed(sentence):
            return replace(state, busy=False, sentence=sentence), ()


def _found(state: State, people: tuple[EmergencySummary, ...]) -> State:
    still = any(one.subject == state.chosen for one in people)
    fresh = replace(state, people=people)
    return fresh if still else _choose(fresh, people[0].subject if people else PatientId(""))


def _choose(state: State, patient: PatientId) -> State:
    """What was opened of one person is never under another's name."""
    if patient == state.chosen:
        return state
    return replace(state, chosen=patient, summary=None, reading=None, reason="", sentence="")


def _asked(state: State, effect: Effect) -> Result:
    if state.busy or state.person is None or state.missing:
        return state, ()
    return replace(state, busy=True, sentence=""), (effect,)


def _ticked(state: State) -> State:
    """A chart whose time is over is shown no longer, whatever else goes on."""
    over = state.reading is not None and state.reading.until <= state.now
    return replace(state, reading=None) if over else state


def _close(state: State, note: str) -> Result:
    review = state.judged
    if review is None or state.busy:
        return state, ()
    return replace(state, busy=True, sentence=""), (CloseReview(review.task, review.patient, note),)


def left_of(state: State) -> timedelta | None:
    """How long the chosen person's chart stays open."""
    return state.open_until - state.now if state.open_until else None
