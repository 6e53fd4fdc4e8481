# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a list: narrowed as one types, the newest first, as long as all that match; an entry itself is read when it comes
into sight. Only the first look is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clinic.domain.ids import DeviceId, PatientId, UserId
from clinic.domain.misuse.lists import Choices, Entry, Filters, Matches

DAYS = {"today": 1, "week": 7, "month": 30, "year": 365, "ever": 0}
PAGE = 100
"""Entries read at once: the first come with the answer."""
AROUND = 40
"""So many before and after those in sight are read with them."""
KEPT = 50
"""Pages held; of more, those go that lie furthest from what is in sight."""
Entries = tuple[Entry | None, ...]
"""None for one that is shown no longer."""


@dataclass(frozen=True, slots=True)
class State:
    """`asked`: what was asked last, for the `turn`th time; `shown`: what the list answers, asked in `turn_shown`; `numbers`:
    where those lie, `pages`: the entries of them that were read, `coming`: pages that are being read; `held`: how many entries
    of that time are here at all; `since`: a key of DAYS; `whose`: the name of the one person it is narrowed to."""

    now: datetime
    filters: Filters = field(default_factory=Filters)
    since: str = "week"
    whose: str = ""
    choices: Choices = field(default_factory=lambda: Choices((), ()))
    asked: Filters | None = None
    turn: int = 0
    shown: Filters | None = None
    turn_shown: int = 0
    numbers: tuple[int, ...] = ()
    pages: Mapping[int, Entries] = field(default_factory=dict)
    coming: frozenset[int] = frozenset()
    held: int = 0
    busy: bool = False
    sentence: str = ""

    def entry(self, row: int) -> Entry | None:
        """None for one that is not read yet, or shown no longer."""
        page = self.pages.get(row // PAGE, ()) if row >= 0 else ()
        return page[row % PAGE] if row % PAGE < len(page) else None

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
    """Only the chart of the entry in this row, or of everybody again (-1)."""

    row: int


@dataclass(frozen=True, slots=True)
class Seen:
    """These rows are in sight."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Known:
    choices: Choices


@dataclass(frozen=True, slots=True)
class Came:
    """The answer to what was asked in that turn."""

    turn: int
    found: Matches


@dataclass(frozen=True, slots=True)
class PageCame:
    turn: int
    page: int
    entries: Entries


@dataclass(frozen=True, slots=True)
class PageFailed:
    """It is read when it comes into sight again."""

    turn: int
    page: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Effect: find entries. `written_down`: a person begins to look, or asks about one chart."""

    turn: int
    filters: Filters
    written_down: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """Effect: read the entries of a page."""

    turn: int
    page: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Learn:
    """Effect: who and which computers there are to choose from."""


Event = Opened | Narrowed | SinceChosen | ChartChosen | Seen | Known | Came | PageCame | PageFailed | Failed
Effect = Ask | Fetch | Learn


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911 - one line a case
    match event:
        case Opened(now):
            asked, effects = _ask(replace(state, now=now), written_down=state.asked is None)
            return asked, (Learn(), *effects)
        case Narrowed(which, value):
            return _ask(replace(state, filters=_with(state.filters, which, value)))
        case SinceChosen(since):
            return _ask(replace(state, since=since))
        case ChartChosen(row):
            return _chart(state, row)
        case Seen(first, last):
            return _seen(state, first, last)
        case Known(choices):
            return replace(state, choices=choices), ()
        case Came():
            return _came(state, event), ()
        case PageCame(turn, page, entries):
            return (_page(state, page, entries) if turn == state.turn_shown else state), ()
        case PageFailed(turn, page, sentence):
            if turn != state.turn_shown:
                return state, ()
            return replace(state, coming=state.coming - {page}, sentence=sentence), ()
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


def _chart(state: State, row: int) -> tuple[State, tuple[Effect, ...]]:
    if row < 0:
        return _ask(replace(state, whose="", filters=replace(state.filters, patient=PatientId(""))))
    entry = state.entry(row)
    if entry is None or not entry.act.patient or entry.act.patient == state.filters.patient:
        return state, ()
    whose = entry.person or entry.act.patient
    narrowed = replace(state.filters, patient=entry.act.patient)
    return _ask(replace(state, whose=whose, filters=narrowed), written_down=True)


def _ask(state: State, written_down: bool = False) -> tuple[State, tuple[Effect, ...]]:
    wanted, turn = state.wanted(), state.turn + 1
    return replace(state, asked=wanted, turn=turn, busy=True, sentence=""), (Ask(turn, wanted, written_down),)


def _came(state: State, event: Came) -> State:
    """Only the answer to what was asked last counts."""
    if event.turn != state.turn:
        return state
    found = event.found
    return replace(
        state, shown=state.asked, turn_shown=event.turn, numbers=found.numbers, pages={0: found.first} if found.first else {},
        coming=frozenset(), held=found.held, busy=False,
    )  # fmt: skip


def _seen(state: State, first: int, last: int) -> tuple[State, tuple[Effect, ...]]:
    begin, end = max(0, first - AROUND), min(len(state.numbers), last + 1 + AROUND)
    around = range(begin // PAGE, -(-end // PAGE))
    missing = [page for page in around if page not in state.pages and page not in state.coming]
    if not missing:
        return state, ()
    effects = (
        Fetch(state.turn_shown, page, state.numbers[PAGE * page : PAGE * (page + 1)]) for page in missing
    )
    return replace(state, coming=state.coming | set(missing)), tuple(effects)


def _page(state: State, page: int, entries: Entries) -> State:
    pages = {**state.pages, page: entries}
    nearest = sorted(pages, key=lambda other: abs(other - page))[:KEPT]
    kept = {one: pages[one] for one in nearest}
    return replace(state, pages=kept, coming=state.coming - {page})
