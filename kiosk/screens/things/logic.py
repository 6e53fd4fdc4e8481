# SPDX-License-Identifier: GPL-3.0-or-later
"""Her own appointments, one decision a page: `update(state, event) -> (state, what she asks for)`. Nothing is booked here; what
she asks for is answered by the clinic (decision 55)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from clinic.domain.asking import BOOK, CANCEL, MOST, MOVE, Wanted
from clinic.domain.facts import Appointment, AppointmentRequest, AskedStatus
from clinic.domain.ids import FactId, UserId
from clinic.domain.values import Coding
from kiosk import flow

if TYPE_CHECKING:
    from clinic.services.requesting import Offers

TILES = 6
"""Big tiles of one page."""
MORNING, AFTERNOON = (time(8), time(12)), (time(13), time(17))
HALVES = 10
"""Half days that can be wished for: a week of working days."""
WORKDAYS = range(5)
STILL = timedelta(hours=1)
"""So long after its beginning an appointment is in the list."""
ANYBODY = (UserId(""), "")


class Page(StrEnum):
    LIST = "list"
    ONE = "one"
    """One of them: another time, or not coming."""
    WHY = "why"
    WHO = "who"
    WHEN = "when"
    SURE = "sure"
    DROP = "drop"
    """The one question before an appointment is called off."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Choice:
    """A free time, or half a day (`start` None) in which any time is right."""

    since: datetime
    until: datetime
    practitioner: UserId
    practitioner_name: str
    start: datetime | None = None
    minutes: int = 20


@dataclass(frozen=True, slots=True)
class Own:
    """One line of the list: an appointment that stands (`booked`), or what was asked for. `mine`: asked for in this visit and
    not answered, so that she can take it back."""

    key: str
    booked: Appointment | None = None
    request: AppointmentRequest | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class State:
    page: Page = Page.LIST
    chosen: str = ""
    """Key of the line that page ONE and what follows is about."""
    wish: str = BOOK
    reason: Coding | None = None
    whom: tuple[UserId, str] = ANYBODY
    choice: Choice | None = None
    first: int = 0
    """The first of the choices on this page of them."""
    filed: int = 0
    """How much was asked for before the last wish: what comes after it is its answer."""


# Events


@dataclass(frozen=True, slots=True)
class NewTouched:
    """`reason` None: she is asked for it; `practitioners`: who can be chosen, her own first."""

    reason: Coding | None
    practitioners: tuple[tuple[UserId, str], ...]


@dataclass(frozen=True, slots=True)
class OneTouched:
    key: str


@dataclass(frozen=True, slots=True)
class MoveTouched:
    whom: tuple[UserId, str]


@dataclass(frozen=True, slots=True)
class DropTouched:
    pass


@dataclass(frozen=True, slots=True)
class WhyTouched:
    reason: Coding
    practitioners: tuple[tuple[UserId, str], ...]


@dataclass(frozen=True, slots=True)
class WhoTouched:
    whom: tuple[UserId, str]


@dataclass(frozen=True, slots=True)
class WhenTouched:
    choice: Choice


@dataclass(frozen=True, slots=True)
class MoreTouched:
    first: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Of the one question before it is asked for or called off. `filed`: how much was asked for before."""

    yes: bool
    appointment: Appointment | None = None
    filed: int = 0


@dataclass(frozen=True, slots=True)
class ListTouched:
    pass


@dataclass(frozen=True, slots=True)
class BackTouched:
    alone: bool
    """Whether there was nobody to choose among."""
    told: bool
    """Whether why she comes was known without asking."""


Event = (
    NewTouched
    | OneTouched
    | MoveTouched
    | DropTouched
    | WhyTouched
    | WhoTouched
    | WhenTouched
    | MoreTouched
    | Answered
    | ListTouched
    | BackTouched
)


def update(state: State, event: Event) -> tuple[State, Wanted | None]:
    match event:
        case NewTouched(reason, practitioners):
            fresh = State(page=Page.WHY, reason=reason)
            return (fresh if reason is None else _whom(fresh, practitioners)), None
        case OneTouched(key):
            return State(page=Page.ONE, chosen=key), None
        case MoveTouched(whom) if state.page is Page.ONE:
            return replace(state, page=Page.WHEN, wish=MOVE, whom=whom, first=0), None
        case DropTouched() if state.page is Page.ONE:
            return replace(state, page=Page.DROP, wish=CANCEL), None
        case WhyTouched(reason, practitioners):
            return _whom(replace(state, reason=reason), practitioners), None
        case WhoTouched(whom):
            return replace(state, page=Page.WHEN, whom=whom, first=0), None
        case WhenTouched(choice):
            return replace(state, page=Page.SURE, choice=choice), None
        case MoreTouched(first):
            return replace(state, first=first), None
        case Answered(yes, appointment, filed) if state.page in (Page.SURE, Page.DROP):
            if not yes:
                return _before(state, True, True), None
            return replace(state, page=Page.DONE, filed=filed), wanted(state, appointment)
        case ListTouched():
            return State(), None
        case BackTouched(alone, told):
            return _before(state, alone, told), None
    return state, None


def _whom(state: State, practitioners: Sequence[tuple[UserId, str]]) -> State:
    if len(practitioners) == 1:
        return replace(state, page=Page.WHEN, whom=practitioners[0], first=0)
    return replace(state, page=Page.WHO)


def _before(state: State, alone: bool, told: bool) -> State:
    """One page back; from the list and from what is done there is none."""
    match state.page:
        case Page.SURE:
            return replace(state, page=Page.WHEN, choice=None)
        case Page.WHEN if state.first:
            return replace(state, first=0)
        case Page.DROP:
            return replace(state, page=Page.ONE)
        case Page.WHEN if state.wish == MOVE:
            return replace(state, page=Page.ONE)
        case Page.WHEN if not alone:
            return replace(state, page=Page.WHO)
        case Page.WHEN | Page.WHO if not told:
            return replace(state, page=Page.WHY)
    return State()


def wanted(state: State, appointment: Appointment | None) -> Wanted:
    """What page SURE or DROP asks for."""
    if state.wish == CANCEL or state.choice is None:
        return Wanted(CANCEL, appointment=appointment)
    one = state.choice
    return Wanted(
        state.wish, one.start, one.minutes, one.practitioner, one.practitioner_name, state.reason,
        appointment if state.wish == MOVE else None, one.since, one.until,
    )  # fmt: skip


# what there is


def own(journey: flow.Journey, now: datetime) -> tuple[Own, ...]:
    """What stands, the next first, then what was asked for and is not granted, the latest first."""
    booked = {one.id: one for one in (journey.known.appointments if journey.known else ())}
    asked = {one.id: one for one in (journey.known.asked if journey.known else ())}
    asked |= {one.id: one for one in journey.asked}
    for answer in journey.answers:
        if (request := asked.get(answer.request)) is None:
            continue
        asked[request.id] = replace(request, status=answer.status, answer=answer.answer)
        if answer.status == AskedStatus.ACCEPTED:
            booked = _granted(booked, request, answer.start, answer.practitioner_name)
    open_here = {one.id for one in flow.open_requests(journey)}
    lines = [
        Own(one.id, booked=one)
        for one in sorted(booked.values(), key=lambda one: one.start)
        if one.start > now - STILL
    ]
    waiting = (AskedStatus.PROPOSED, AskedStatus.DECLINED)
    wished = [one for one in asked.values() if one.status in waiting]
    wished.sort(key=lambda one: one.authored_at, reverse=True)
    return (*lines, *(Own(one.id, request=one, mine=one.id in open_here) for one in wished))


def _granted(
    booked: dict[FactId, Appointment], request: AppointmentRequest, start: datetime | None, name: str
) -> dict[FactId, Appointment]:
    left = {key: one for key, one in booked.items() if key != request.appointment}
    if start is None:
        return left
    made = Appointment(
        id=request.appointment or FactId(f"{request.id}/booked"), patient=request.patient, start=start,
        minutes=request.minutes, practitioner=request.practitioner, practitioner_name=name,
    )  # fmt: skip
    return left | {made.id: made}


def last_asked(journey: flow.Journey, filed: int) -> Own | None:
    """What came of the last wish; None while it is being saved."""
    if len(journey.asked) <= filed:
        return None
    request = journey.asked[-1]
    answer = next((one for one in journey.answers if one.request == request.id), None)
    if answer is not None:
        request = replace(request, status=answer.status, answer=answer.answer)
        if answer.start is not None:
            request = replace(request, start=answer.start, practitioner_name=answer.practitioner_name)
    return Own(request.id, request=request, mine=request in flow.open_requests(journey))


def may_ask(journey: flow.Journey) -> bool:
    return len(flow.open_requests(journey)) < MOST


def practitioners(journey: flow.Journey) -> tuple[tuple[UserId, str], ...]:
    """Whom she can choose: who sees her already first, then by name; one place is left for anybody."""
    team = journey.offers.practitioners if journey.offers else ()
    known = [one.practitioner for one in (journey.known.appointments if journey.known else ())]
    return tuple(sorted(team, key=lambda one: (one[0] not in known, one[1], one[0])))[: TILES - 1]


def is_hers(journey: flow.Journey, user: UserId) -> bool:
    """Whether that practitioner sees her already."""
    return any(one.practitioner == user for one in (journey.known.appointments if journey.known else ()))


# when


def choices(offers: Offers | None, whom: tuple[UserId, str], now: datetime) -> tuple[Choice, ...]:
    """Free times that the clinic told, one of each half day first, in their order; then half days in which any time is right.
    Where a clinic offers no times, those alone. `now` in the kiosk's own time zone, whose clocks may change before the day."""
    times = [
        Choice(
            one.start, one.start + timedelta(minutes=one.minutes), one.practitioner, one.practitioner_name, one.start,
            one.minutes,
        )
        for one in (offers.times if offers else ())
        if one.start > now and whom[0] in ("", one.practitioner)
    ]  # fmt: skip
    return (*_spread(times), *half_days(whom, now))


def _spread(times: Sequence[Choice]) -> tuple[Choice, ...]:
    """At most five, of as many half days as there are: she does not choose among twenty minutes of one morning."""

    def half(one: Choice) -> tuple[object, bool]:
        local = one.since.astimezone()
        return local.date(), local.hour >= AFTERNOON[0].hour

    ordered = sorted(times, key=lambda one: (one.since, one.practitioner_name))
    of_each = [tuple(found) for _key, found in groupby(ordered, key=half)]
    rounds = [
        found[n] for n in range(max(map(len, of_each), default=0)) for found in of_each if n < len(found)
    ]
    return tuple(sorted(rounds[: TILES - 1], key=lambda one: (one.since, one.practitioner_name)))


def half_days(whom: tuple[UserId, str], now: datetime) -> tuple[Choice, ...]:
    """Mornings and afternoons of the next working days."""
    found: list[Choice] = []
    day = now.date()
    while len(found) < HALVES:
        day += timedelta(days=1)
        if day.weekday() not in WORKDAYS:
            continue
        for begins, ends in (MORNING, AFTERNOON):
            since, until = (datetime.combine(day, at).astimezone() for at in (begins, ends))
            found.append(Choice(since, until, *whom))
    return tuple(found)


def shown(found: Sequence[Choice], first: int) -> tuple[tuple[Choice, ...], int]:
    """The tiles of one page, and where the next page begins; 0 if everything is shown. A place is kept for the way there."""
    if first == 0 and len(found) <= TILES:
        return tuple(found), 0
    page = tuple(found[first : first + TILES - 1])
    after = first + len(page)
    return page, after if after < len(found) else 0
