# SPDX-License-Identifier: GPL-3.0-or-later
"""When practitioners work: weekly hours and days off, said by herself, by reception or by an administrator; and the slots that
follow from them (decision 60).

All of it lies in the team's scope and speaks of no patient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from clinic.domain.bookings import LONGEST, SHORTEST
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    AvailableTime,
    Location,
    NotAvailable,
    Schedule,
    Slot,
)
from clinic.domain.facts.schedules import DAY
from clinic.domain.ids import FactId, UserId, short_hash_id
from clinic.domain.schedules import Hours, next_free, slots, zone_of
from clinic.keys.rights import Action
from clinic.services.bookings import hours_on, practitioner_name, team_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import allow, allowed, needs
from clinic.store.page import Page
from clinic.store.sheet import to_ms
from clinic.store.writing import WritePage

_WEEKS, _SPAN = 26, timedelta(weeks=1)
"""The next free slot is looked for half a year ahead, a week at a time."""
_DAYS_OFF = 400
_GONE = "This is not here any more. Look at the hours again."


@dataclass(frozen=True, slots=True)
class TeamHours:
    """What stands, and who may be changed: `practitioners` (id, name) whose hours whoever is here sets; `everybody`: holidays
    too; `facilities` (id, name)."""

    hours: Hours
    practitioners: tuple[tuple[UserId, str], ...] = ()
    everybody: bool = False
    facilities: tuple[tuple[FactId, str], ...] = ()


@needs(Action.BOOK)
def team_hours(desk: Desk) -> TeamHours:
    """Hours and days off that stand; days off that are over are left out."""
    everybody, me = allowed(desk, Action.SET_HOURS), desk.someone.user
    mine = tuple(one for one in team_of(desk) if everybody or one[0] == me)
    today = desk.clock.now().date() - timedelta(days=1)

    def look(page: Page) -> TeamHours:
        found, places = hours_on(page), page.all_facts(Location)
        coming = tuple(
            sorted((one for one in found.absences if one.last >= today), key=lambda one: (one.first, one.id))
        )
        facilities = tuple(sorted(((FactId(one.id), one.name) for one in places), key=lambda one: one[1]))
        return TeamHours(replace(found, absences=coming), mine, everybody, facilities)

    return desk.book.read(look)


@needs(Action.BOOK)
def keep_hours(desk: Desk, wanted: Schedule) -> Schedule:
    """Hours of a practitioner, new (id '') or changed. Gives them as they are kept. Refused for whose are not one's own unless
    one's role sets them, and where they make no sense. Undone by `put_back`, new ones by `remove`."""
    _allow(desk, wanted.practitioner)
    _check_hours(wanted)
    made = replace(
        wanted, id=wanted.id or _hours_id(wanted), active=True, specialty=wanted.specialty.strip(),
        practitioner_name=practitioner_name(desk, wanted.practitioner),
    )  # fmt: skip

    def make(page: WritePage) -> tuple[Schedule, ...]:
        others = [one for one in hours_on(page).schedules if one.id != made.id]
        _check_beside(made, [one for one in others if one.practitioner == made.practitioner])
        if not wanted.id and (stands := page.fact(Schedule, made.id)) is not None and stands.active:
            raise Refusal("She has hours there from that day on. Change those.")
        return (made,)

    desk.write_within(make)
    return made


@needs(Action.BOOK)
def keep_absence(desk: Desk, wanted: NotAvailable) -> NotAvailable:
    """Days off of a practitioner, as `keep_hours`."""
    _allow(desk, wanted.practitioner)
    return _kept(desk, wanted)


@needs(Action.SET_HOURS)
def keep_holiday(desk: Desk, wanted: NotAvailable) -> NotAvailable:
    """Days off of everybody of the team."""
    return _kept(desk, replace(wanted, practitioner=UserId("")))


@needs(Action.BOOK)
def remove(desk: Desk, what: Schedule | NotAvailable) -> Schedule | NotAvailable:
    """Hours or days off that count no more. Gives them as they were, for `put_back`."""
    found = _standing(desk, what)
    desk.write(replace(found, active=False))
    return found


@needs(Action.BOOK)
def put_back(desk: Desk, before: Schedule | NotAvailable) -> Written:
    """Undo a change or a removal: it is as it was."""
    _standing(desk, before)
    return desk.write(before)


@needs(Action.BOOK)
def next_slot(desk: Desk, after: datetime, whose: Sequence[UserId] = ()) -> Slot | None:
    """The first free slot that begins after that moment, of one of them, or of anybody of the team; None in the half year that
    follows."""
    team = frozenset(user for user, _name in team_of(desk))
    wanted = team & frozenset(whose) if whose else team

    def look(page: Page) -> Slot | None:
        for week in range(_WEEKS):
            since = after + week * _SPAN
            found = next_free(slots_on(page, since, since + _SPAN), after, wanted)
            if found is not None:
                return found
        return None

    return desk.book.read(look)


def slots_on(page: Page, since: datetime, until: datetime) -> tuple[Slot, ...]:
    """All slots between the two, with those that another system told."""
    booked = page.facts_between(Appointment, to_ms(since - timedelta(minutes=LONGEST)), to_ms(until))
    told = page.facts_between(Slot, to_ms(since), to_ms(until))
    return slots(hours_on(page), booked, page.open_facts(AppointmentRequest), since, until, told)


def _kept(desk: Desk, wanted: NotAvailable) -> NotAvailable:
    if wanted.last < wanted.first:
        raise Refusal("The last day lies before the first one.")
    if (wanted.last - wanted.first).days > _DAYS_OFF:
        raise Refusal("Days off are written for at most {most} days. Check the year.", most=_DAYS_OFF)
    if not 0 <= wanted.starts < wanted.ends <= DAY:
        raise Refusal("It ends before it begins. Check the hours.")
    _check_zone(wanted.zone)
    made = replace(
        wanted, id=wanted.id or FactId(desk.new_id()), description=wanted.description.strip(), active=True
    )
    desk.write(made)
    return made


def _standing(desk: Desk, what: Schedule | NotAvailable) -> Schedule | NotAvailable:
    _allow(desk, what.practitioner)
    found: Schedule | NotAvailable | None = desk.book.read(
        lambda page: page.fact(type(what), FactId(what.id))
    )
    if found is None or found.practitioner != what.practitioner:
        raise Refusal(_GONE)
    if found.read_only:
        raise Refusal("A newer Posta wrote this. Update this computer to change it.")
    return found


def _allow(desk: Desk, practitioner: UserId) -> None:
    if practitioner != desk.someone.user:
        allow(desk, Action.SET_HOURS)


def _hours_id(one: Schedule) -> FactId:
    """The same on every computer: two that write the first hours of somebody write one fact."""
    said = f"{one.practitioner}|{one.location}|{one.valid_from or ''}"
    return FactId(f"sch.{short_hash_id(blake2b(said.encode(), digest_size=32).digest())}")


def _check_hours(one: Schedule) -> None:
    if not one.available:
        raise Refusal("Write the hours of at least one day.")
    if not SHORTEST <= one.minutes <= LONGEST:
        raise Refusal("An appointment takes from 5 minutes to 8 hours.")
    if one.valid_from is not None and one.valid_until is not None and one.valid_until < one.valid_from:
        raise Refusal("The last day lies before the first one.")
    if any(
        not (0 <= part.day < 7 and part.starts >= 0 and part.starts + one.minutes <= part.ends <= DAY)
        for part in one.available
    ):
        raise Refusal(
            "Between the beginning and the end there must be room for one appointment. Check the hours."
        )
    if _overlapping(one.available, one.available):
        raise Refusal("The two times of one day overlap. Check the hours.")
    _check_zone(one.zone)


def _check_zone(name: str) -> None:
    if zone_of(name) is None:
        raise Refusal("This computer knows no time zone “{name}”. Choose another one.", name=name)


def _check_beside(one: Schedule, others: Sequence[Schedule]) -> None:
    """Nobody works in two facilities at once."""
    for other in others:
        apart = (
            other.valid_until is not None
            and one.valid_from is not None
            and other.valid_until < one.valid_from
        ) or (
            one.valid_until is not None
            and other.valid_from is not None
            and one.valid_until < other.valid_from
        )
        if not apart and _overlapping(one.available, other.available):
            raise Refusal(
                "She has other hours at that time. Change those, or end them the day before these begin."
            )


def _overlapping(some: Sequence[AvailableTime], others: Sequence[AvailableTime]) -> bool:
    """Whether two different ones share some time of the week."""
    return any(
        one is not other and one.day == other.day and one.starts < other.ends and other.starts < one.ends
        for one in some
        for other in others
    )
