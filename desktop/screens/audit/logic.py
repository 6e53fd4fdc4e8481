# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a list: narrowed as one types, the newest first, more pages at the end; only the first look is written down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clinic.domain.ids import DeviceId, PatientId, UserId
from clinic.domain.misuse.lists import Choices, Cursor, Filters, Listed

DAYS = {"today": 1, "week": 7, "month": 30, "year": 365, "ever": 0}


@dataclass(frozen=True, slots=True)
class State:
    """`asked`: what `entries` answer; `held`: how many entries of that time are here at all, `looked`: gone through so far;
    `next`: where to go on; `since`: a key of DAYS; `whose`: the name of the one person it is narrowed to."""

    now: datetime
    filters: Filters = field(default_factory=Filters)
    since: str = "week"
    whose: str = ""
    choices: Choices = field(default_factory=lambda: Choices((), ()))
    asked: Filters | None = None
    listed: Listed = field(default_factory=lambda: Listed((), 0, None))
    held: int = 0
    busy: bool = False
    sentence: str = ""

    def wanted(self) -> Filters:
        days = DAYS[self.since]
        midnight = self.now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return replace(self.filters, since=midnight - timedelta(days=days - 1) if days else None)


@dataclass(frozen=True, slots=True)
class Opened:
    now: datetime


@dataclass(frozen=True, slots=True)
class Narrowed:
    """One filter has another value: text, user, action, device or outcome."""

    which: str
    value: str


@dataclass(frozen=True, slots=True)
class SinceChosen:
    since: str


@dataclass(frozen=True, slots=True)
class ChartChosen:
    """Only the chart of this entry, or of everybody again (-1)."""

    number: int


@dataclass(frozen=True, slots=True)
class MoreAsked:
    pass


@dataclass(frozen=True, slots=True)
class Known:
    choices: Choices


@dataclass(frozen=True, slots=True)
class Came:
    """The answer to `asked`, from `after` on."""

    asked: Filters
    after: Cursor | None
    listed: Listed
    held: int


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Effect: read entries. `written_down`: a person begins to look, or asks about one chart."""

    filters: Filters
    after: Cursor | None = None
    written_down: bool = False


@dataclass(frozen=True, slots=True)
class Learn:
    """Effect: who and which computers there are to choose from."""


Event = Opened | Narrowed | SinceChosen | ChartChosen | MoreAsked | Known | Came | Failed
Effect = Ask | Learn


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911 - one line a case
    match event:
        case Opened(now):
            asked, effects = _ask(replace(state, now=now), written_down=state.asked is None)
            return asked, (Learn(), *effects)
        case Narrowed(which, value):
            return _ask(replace(state, filters=_with(state.filters, which, value)))
        case SinceChosen(since):
            return _ask(replace(state, since=since))
        case ChartChosen(number):
            return _chart(state, number)
        case MoreAsked():
            if state.asked is None or state.listed.next is None or state.busy:
                return state, ()
            return replace(state, busy=True), (Ask(state.asked, state.listed.next),)
        case Known(choices):
            return replace(state, choices=choices), ()
        case Came():
            return _came(state, event), ()
        case Failed(sentence):
            return replace(state, sentence=sentence, busy=False), ()


def _with(filters: Filters, which: str, value: str) -> Filters:
    match which:
        case "user":
            return replace(filters, user=UserId(value))
        case "device":
            return replace(filters, device=DeviceId(value))
        case "action":
            return replace(filters, action=value)
        case "outcome":
            return replace(filters, outcome=value)
        case _:
            return replace(filters, text=value)


def _chart(state: State, number: int) -> tuple[State, tuple[Effect, ...]]:
    entries = state.listed.entries
    if not 0 <= number < len(entries):
        return _ask(replace(state, whose="", filters=replace(state.filters, patient=PatientId(""))))
    entry = entries[number]
    if not entry.act.patient or entry.act.patient == state.filters.patient:
        return state, ()
    whose = entry.person or entry.act.patient
    narrowed = replace(state.filters, patient=entry.act.patient)
    return _ask(replace(state, whose=whose, filters=narrowed), written_down=True)


def _ask(state: State, written_down: bool = False) -> tuple[State, tuple[Effect, ...]]:
    wanted = state.wanted()
    return replace(state, asked=wanted, busy=True, sentence=""), (Ask(wanted, None, written_down),)


def _came(state: State, event: Came) -> State:
    """Only the answer to what was asked last counts; a later page joins those before it."""
    if event.asked != state.asked or event.after not in (None, state.listed.next):
        return state
    before = state.listed if event.after is not None else Listed((), 0, None)
    whole = Listed(
        before.entries + event.listed.entries, before.looked + event.listed.looked, event.listed.next
    )
    return replace(state, listed=whole, held=event.held, busy=False)
