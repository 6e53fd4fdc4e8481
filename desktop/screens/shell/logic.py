# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame: which page shows, finding people from anywhere, how the computer stands with the centre, the
lock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import PatientId

if TYPE_CHECKING:
    from clinic.services.people import PersonLine
    from clinic.sync.status import SyncStatus

PAGES = (
    "today",
    "patients",
    "schedule",
    "messages",
    "inbox",
    "exchange",
    "chart",
    "visit",
    "mine",
    "search",
    "audit",
    "feedback",
    "organisation",
    "help",
)
IN_CALL = ("calling", "connecting", "talking", "reconnecting")


@dataclass(frozen=True, slots=True)
class State:
    """`visiting`: a visit is open and its page may be shown; `call`: the phase of the one call. `answered`: the text that
    `found` answers; `entered`: Enter was pressed before the answer to this text was there.
    """

    now: datetime
    page: str = "today"
    searched: str = ""
    answered: str = ""
    entered: str = ""
    found: tuple[PersonLine, ...] = ()
    status: SyncStatus | None = None
    call: str = "idle"
    visiting: bool = False
    waiting: int = 0
    to_choose: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class PageChosen:
    page: str


@dataclass(frozen=True, slots=True)
class SearchTyped:
    text: str


@dataclass(frozen=True, slots=True)
class SearchEntered:
    """Enter, with this text in the field."""

    text: str


@dataclass(frozen=True, slots=True)
class PeopleFound:
    text: str
    people: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class PersonChosen:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class StatusCame:
    status: SyncStatus
    now: datetime


@dataclass(frozen=True, slots=True)
class MinutePassed:
    now: datetime


@dataclass(frozen=True, slots=True)
class CallChanged:
    phase: str


@dataclass(frozen=True, slots=True)
class WaitingCounted:
    n: int


@dataclass(frozen=True, slots=True)
class ToChooseCounted:
    n: int


@dataclass(frozen=True, slots=True)
class UnreadCounted:
    n: int


@dataclass(frozen=True, slots=True)
class VisitOpened:
    pass


@dataclass(frozen=True, slots=True)
class IdleTooLong:
    pass


@dataclass(frozen=True, slots=True)
class LockPressed:
    pass


@dataclass(frozen=True, slots=True)
class Find:
    """Effect: look people up."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: show this person's chart."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class SaveAndLock:
    """Effect: save every draft, then cover the screen."""


Event = (
    PageChosen
    | SearchTyped
    | SearchEntered
    | PeopleFound
    | PersonChosen
    | StatusCame
    | MinutePassed
    | CallChanged
    | WaitingCounted
    | ToChooseCounted
    | UnreadCounted
    | VisitOpened
    | IdleTooLong
    | LockPressed
)
Effect = Find | OpenChart | SaveAndLock


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911 - one line a case
    match event:
        case PageChosen(page):
            return replace(state, page=page), ()
        case SearchTyped(text):
            return _typed(state, text.strip())
        case SearchEntered(text):
            return _entered(state, text.strip())
        case PeopleFound(text, people):
            return _found(state, text, people)
        case PersonChosen(patient):
            return _chosen(state, patient)
        case StatusCame(status, now):
            return replace(state, status=status, now=now), ()
        case MinutePassed(now):
            return replace(state, now=now), ()
        case CallChanged(phase):
            return replace(state, call=phase), ()
        case WaitingCounted(n):
            return replace(state, waiting=n), ()
        case ToChooseCounted(n):
            return replace(state, to_choose=n), ()
        case UnreadCounted(n):
            return replace(state, unread=n), ()
        case VisitOpened():
            return replace(state, visiting=True, page="visit"), ()
        case LockPressed():
            return state, (SaveAndLock(),)
        case IdleTooLong():
            return state, (() if state.call in IN_CALL else (SaveAndLock(),))


def _typed(state: State, text: str) -> tuple[State, tuple[Effect, ...]]:
    if not text:
        return replace(state, searched="", found=(), answered="", entered=""), ()
    entered = state.entered if state.entered == text else ""
    return replace(state, searched=text, entered=entered), (Find(text),)


def _entered(state: State, text: str) -> tuple[State, tuple[Effect, ...]]:
    """Enter opens the first person of an answer that is seen, never of the answer to what was typed before."""
    if not text:
        return state, ()
    if state.answered != text:
        return replace(state, searched=text, entered=text), (Find(text),)
    return _chosen(state, state.found[0].patient) if state.found else (state, ())


def _found(state: State, text: str, people: tuple[PersonLine, ...]) -> tuple[State, tuple[Effect, ...]]:
    """Who pressed Enter before the answer was there has seen nobody: one person is opened, several are shown."""
    if text != state.searched:
        return state, ()
    if state.entered == text and len(people) == 1:
        return _chosen(state, people[0].patient)
    return replace(state, found=people, answered=text, entered=""), ()


def _chosen(state: State, patient: PatientId) -> tuple[State, tuple[Effect, ...]]:
    done = replace(state, searched="", found=(), answered="", entered="", page="chart")
    return done, (OpenChart(patient),)
