# SPDX-License-Identifier: GPL-3.0-or-later
"""A search over all texts: as typed, on Enter the best first, narrowed; honest about texts that are still being read in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId

if TYPE_CHECKING:
    from clinic.services.people import PersonLine
    from clinic.services.searching import Found

DAYS = {"ever": 0, "week": 7, "month": 30, "year": 365}
TABS = {
    "Composition": "notes",
    "NoteSection": "notes",
    "Condition": "problems",
    "AllergyIntolerance": "problems",
    "MedicationRequest": "medication",
    "Communication": "messages",
    "DocumentReference": "documents",
    "Patient": "summary",
    "DetectedIssue": "summary",
}
"""Where on the chart a find stands; the timeline has all the others."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `kind`: a key of the services' KINDS or ''; `patient`: '' for everybody; `best`: the best first and
    written down (Enter), else newest first and as typed.
    """

    text: str = ""
    kind: str = ""
    since: datetime | None = None
    patient: PatientId = PatientId("")
    best: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`person`: whose chart was open when the search began; `here`: only there; `asked`: what the finds answer; `unread`: texts
    that no search finds yet, 0 for none.
    """

    now: datetime
    text: str = ""
    kind: str = ""
    since: str = "ever"
    person: PersonLine | None = None
    here: bool = False
    asked: Query | None = None
    found: tuple[Found, ...] = ()
    unread: int = 0
    sentence: str = ""

    def query(self, best: bool) -> Query:
        days = DAYS[self.since]
        since = self.now - timedelta(days=days) if days else None
        patient = self.person.patient if self.person and self.here else PatientId("")
        return Query(self.text.strip(), self.kind, since, patient, best)


@dataclass(frozen=True, slots=True)
class SearchOpened:
    """`text`: what was typed elsewhere, '' keeps what is here; `person`: whose chart is open."""

    text: str
    person: PersonLine | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class Entered:
    text: str


@dataclass(frozen=True, slots=True)
class KindChosen:
    kind: str


@dataclass(frozen=True, slots=True)
class SinceChosen:
    since: str


@dataclass(frozen=True, slots=True)
class WhereChosen:
    here: bool


@dataclass(frozen=True, slots=True)
class Came:
    query: Query
    found: tuple[Found, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class CountDue:
    """See how many texts still wait."""


@dataclass(frozen=True, slots=True)
class Counted:
    unread: int


@dataclass(frozen=True, slots=True)
class FindOpened:
    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Effect: look. `written_down`: a person asked for it; False to draw the same anew."""

    query: Query
    written_down: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Effect: count the texts that wait."""


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show where this was found."""

    patient: PatientId
    tab: str


Event = (
    SearchOpened
    | Typed
    | Entered
    | KindChosen
    | SinceChosen
    | WhereChosen
    | Came
    | CountDue
    | Counted
    | FindOpened
    | Failed
)
Effect = Ask | Count | OpenChart
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case SearchOpened():
            return _opened(state, event)
        case Typed(text):
            return (state, ()) if text == state.text else _ask(replace(state, text=text))
        case Entered(text):
            return _ask(replace(state, text=text), best=True)
        case KindChosen(kind):
            return _narrow(replace(state, kind=kind))
        case SinceChosen(since):
            return _narrow(replace(state, since=since))
        case WhereChosen(here):
            return _narrow(replace(state, here=here))
        case Came():
            return _came(state, event), ()
        case CountDue():
            return state, (Count(),)
        case Counted(unread):
            return _counted(state, unread)
        case FindOpened(number):
            return state, _chart(state, number)
        case Failed(sentence):
            return replace(state, sentence=sentence), ()


def _opened(state: State, event: SearchOpened) -> Result:
    """A person's chart that is open narrows nothing by itself; the same text stays as it was found."""
    here = state.here and state.person == event.person
    fresh = replace(state, person=event.person, here=here, now=event.now, text=event.text or state.text)
    asked, effects = _ask(fresh)
    return asked, (*effects, Count())


def _ask(state: State, best: bool = False) -> Result:
    query = state.query(best)
    if not query.text:
        return replace(state, asked=None, found=(), sentence=""), ()
    return replace(state, asked=query, sentence=""), (Ask(query, written_down=best),)


def _narrow(state: State) -> Result:
    """In the order that was asked for; one that was written down is written down for what it looks at now."""
    return _ask(state, best=state.asked is not None and state.asked.best)


def _came(state: State, event: Came) -> State:
    """Only the answer to what was asked last counts."""
    if event.query != state.asked:
        return state
    return replace(state, found=event.found, unread=event.unread)


def _counted(state: State, unread: int) -> Result:
    """All are read in: look again, for finds that were not there before."""
    done = state.unread > 0 and unread == 0 and state.asked is not None
    fresh = replace(state, unread=unread)
    return fresh, ((Ask(state.asked),) if done and state.asked else ())


def _chart(state: State, number: int) -> tuple[Effect, ...]:
    found = state.found[number] if 0 <= number < len(state.found) else None
    if found is None or found.person is None:
        return ()
    return (OpenChart(found.person.patient, TABS.get(type(found.fact).__name__, "timeline")),)
