# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule: who is booked with whom in a span of time, and booking, moving and cancelling.

A practitioner may be given two people at once by somebody who knew of the other one (`despite`); the same patient is never
booked twice at once. What two computers book apart can be both: it is marked in the schedule, and clinic.services.clashes
says who keeps the time.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clinic.domain.bookings import HOLDING, LONGEST, SHORTEST, Shared, end_of, sharing
from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, AppointmentRequest, NotAvailable, Schedule, Slot
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.offers import Span
from clinic.domain.plausible import check_appointment
from clinic.domain.schedules import Hours, Outside, away_spans, open_spans, outside, slots
from clinic.keys.rights import Action, user_may
from clinic.protocol.envelope import P1_TALK
from clinic.services.capsules import send_capsule
from clinic.services.charted import fact_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.overviews import Booked
from clinic.services.people import PersonLine, line
from clinic.store.page import Page
from clinic.store.sheet import to_ms
from clinic.store.writing import WritePage

_BEFORE = timedelta(minutes=LONGEST)
"""An appointment that began so long ago may still go on."""
GONE = ("cancelled", "entered-in-error")


@dataclass(frozen=True, slots=True)
class Collision:
    """Another appointment at the same time, and whose it is; None for somebody this computer does not hold."""

    shared: Shared
    person: PersonLine | None


@dataclass(frozen=True, slots=True)
class Agenda:
    """Of one span: `practitioners` (id, name) of the team and whoever else has an appointment in it (of whom only a name is
    known, the name for both), what is `booked`, what shares its time (by appointment), the `slots` of whoever keeps hours or
    offers some, when each of these works (`open`) and who is off when (`away`)."""

    practitioners: tuple[tuple[UserId, str], ...] = ()
    booked: tuple[Booked, ...] = ()
    collisions: Mapping[FactId, tuple[Collision, ...]] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    open: Mapping[UserId, tuple[Span, ...]] = field(default_factory=dict)
    away: Mapping[UserId, tuple[Span, ...]] = field(default_factory=dict)
    specialties: tuple[tuple[str, frozenset[UserId]], ...] = ()
    """(specialty, who has it)"""


@needs(Action.BOOK)
def agenda(desk: Desk, since: datetime, until: datetime) -> Agenda:
    """What starts from `since` and before `until`, earliest first, of people this computer holds; all that is not
    cancelled."""

    def look(page: Page) -> Agenda:
        near = _near(page, since, until)
        here = [one for one in near if since <= one.start < until]
        rows = ((one, page.person(whole(page, one.patient))) for one in here)
        booked = tuple(Booked(one, line(page, row)) for one, row in rows if row is not None)
        hours, who = hours_on(page), _practitioners(desk, here)
        told = page.facts_between(Slot, to_ms(since), to_ms(until))
        offered = slots(hours, near, page.open_facts(AppointmentRequest), since, until, told)
        away = {user: away_spans(hours, user, since, until) for user, _name in who}
        return Agenda(
            who, booked, _collisions(page, near, here), offered,
            {user: open_spans(hours, user, since, until) for user in hours.keepers},
            {user: spans for user, spans in away.items() if spans}, _specialties(hours),
        )  # fmt: skip

    return desk.book.read(look)


@needs(Action.BOOK)
def collisions(desk: Desk, wanted: Appointment) -> tuple[Collision, ...]:
    """What stands at that time with its practitioner or its patient, the earliest first. A new one has the id ''."""
    return desk.book.read(lambda page: sharing_on(page, wanted))


@needs(Action.BOOK)
def unusual(desk: Desk, wanted: Appointment) -> Outside | None:
    """Why that time would be outside of the practitioner's hours or in days off; None where it is not."""
    return desk.book.read(lambda page: outside(wanted, hours_on(page)))


def hours_on(page: Page) -> Hours:
    """What counts of the hours and days off of the team."""
    schedules, absences = page.facts(Schedule, PatientId("")), page.facts(NotAvailable, PatientId(""))
    return Hours(tuple(one for one in schedules if one.active), tuple(one for one in absences if one.active))


@needs(Action.BOOK)
def book(
    desk: Desk, patient: PatientId, start: datetime, minutes: int, practitioner: UserId, reason: str,
    despite: Collection[FactId] = (), anyway: bool = False,
) -> Appointment:  # fmt: skip
    """A new appointment. Refused in the past, with nobody of the team, where the patient has another one then, beside
    another of the practitioner that is not in `despite`, and, unless `anyway`, outside of her hours. Undone by `take_back`."""
    made = Appointment(
        id=FactId(desk.new_id()), patient=patient, start=start, minutes=minutes, practitioner=practitioner,
        practitioner_name=practitioner_name(desk, practitioner), reason=reason.strip(),
    )  # fmt: skip
    done: list[Appointment] = []
    desk.write_within(
        checked(desk, lambda page: made, despite, done, anyway), window=patient, priority=P1_TALK
    )
    send_capsule(desk, patient)
    return done[0]


@needs(Action.BOOK)
def move(
    desk: Desk, appointment: FactId, start: datetime, practitioner: UserId, window: PatientId,
    despite: Collection[FactId] = (), minutes: int = 0, anyway: bool = False,
) -> Written:  # fmt: skip
    """To another time, another practitioner, or another length (`minutes`, if not 0). Refused as `book`, and once it is
    over. Undone by `restore`."""
    found = _standing(desk, appointment, window)
    name = (
        practitioner_name(desk, practitioner)
        if practitioner != found.practitioner
        else found.practitioner_name
    )

    def moved(page: WritePage) -> Appointment:
        stands = page.fact(Appointment, appointment) or found
        return replace(
            stands,
            start=start,
            minutes=minutes or stands.minutes,
            practitioner=practitioner,
            practitioner_name=name,
        )

    written = desk.write_within(checked(desk, moved, despite, [], anyway), window=window, priority=P1_TALK)
    send_capsule(desk, window)
    return written


@needs(Action.BOOK)
def cancel(desk: Desk, appointment: FactId, reason: str, window: PatientId) -> Written:
    """Cancelled, with the reason why. Undone by `restore`."""
    if not reason.strip():
        raise Refusal("Say why this appointment is cancelled.")
    gone = replace(
        _standing(desk, appointment, window), status="cancelled", cancelation_reason=reason.strip()
    )
    return _kept(desk, gone, window)


@needs(Action.BOOK)
def arrive(desk: Desk, appointment: FactId, window: PatientId) -> Appointment:
    """Whoever is booked is here, late too. Refused on another day. Gives it as it was, for `restore`."""
    found = _to_come(desk, appointment, window, ("booked", "noshow"))
    desk.write(replace(found, status="arrived"), window=window, priority=P1_TALK)
    return found


@needs(Action.BOOK)
def miss(desk: Desk, appointment: FactId, window: PatientId) -> Appointment:
    """Whoever is booked did not come. Refused before its time. Gives it as it was, for `restore`."""
    found = _to_come(desk, appointment, window, ("booked", "arrived"))
    if desk.clock.now() < found.start:
        raise Refusal("It is not the time of this appointment yet. Wait, or cancel it with the reason.")
    desk.write(replace(found, status="noshow"), window=window, priority=P1_TALK)
    return found


@needs(Action.BOOK)
def restore(desk: Desk, before: Appointment, window: PatientId) -> Written:
    """Undo `move`, `cancel`, `arrive` and `miss`: as it was `before`. Whoever took the time
    meanwhile keeps theirs, and both are marked."""
    stands = fact_of(desk, Appointment, before.id, window)
    if stands.status not in ("booked", "cancelled", "arrived", "noshow"):
        raise Refusal("This appointment is over. Make a new one.")
    back = replace(
        stands, start=before.start, minutes=before.minutes, practitioner=before.practitioner,
        practitioner_name=before.practitioner_name, status=before.status, beside=before.beside,
        cancelation_reason=before.cancelation_reason,
    )  # fmt: skip
    return _kept(desk, back, window)


@needs(Action.BOOK)
def take_back(desk: Desk, appointment: FactId, window: PatientId) -> Written:
    """Undo `book`: entered in error."""
    gone = replace(_standing(desk, appointment, window), status="entered-in-error")
    return _kept(desk, gone, window)


def _kept(desk: Desk, one: Appointment, window: PatientId) -> Written:
    """Written, and told to whoever carries a card."""
    written = desk.write(one, window=window, priority=P1_TALK)
    send_capsule(desk, window)
    return written


def checked(
    desk: Desk, make: Callable[[WritePage], Appointment], despite: Collection[FactId], done: list[Appointment],
    anyway: bool = False,
) -> Callable[[WritePage], tuple[Appointment, ...]]:  # fmt: skip
    """Writes the appointment if its time is free in the same transaction, or taken by those in `despite` alone, and inside of
    the hours, or `anyway`."""

    def checked(page: WritePage) -> tuple[Appointment, ...]:
        wanted = make(page)
        check_appointment(wanted.start, desk.clock.now())
        if not SHORTEST <= wanted.minutes <= LONGEST:
            raise Refusal("An appointment takes from 5 minutes to 8 hours.")
        shared = [one.shared for one in sharing_on(page, wanted)]
        if any(one.forbidden for one in shared):
            raise Refusal("This patient has another appointment at that time. Move that one first.")
        if any(one.other.id not in despite for one in shared):
            raise Refusal("This time was taken meanwhile. Look at the schedule, and choose again.")
        if not anyway and outside(wanted, hours_on(page)) is not None:
            raise Refusal(
                "This is outside of the practitioner's hours. Look at the schedule, and choose again."
            )
        done[:] = [replace(wanted, beside=tuple(one.other.id for one in shared))]
        return tuple(done)

    return checked


def _standing(desk: Desk, appointment: FactId, window: PatientId) -> Appointment:
    found = fact_of(desk, Appointment, appointment, window)
    if found.status != "booked":
        raise Refusal("This appointment is over. Make a new one.")
    return found


def _to_come(desk: Desk, appointment: FactId, window: PatientId, statuses: Collection[str]) -> Appointment:
    """One whose day it is, where this computer stands."""
    found = fact_of(desk, Appointment, appointment, window)
    if found.status not in statuses:
        raise Refusal("This appointment is over. Make a new one.")
    if found.start.astimezone().date() > desk.clock.now().astimezone().date():
        raise Refusal("This appointment is on a later day. Move it to today first.")
    return found


def practitioner_name(desk: Desk, practitioner: UserId) -> str:
    """Raises Refusal for whoever of the team sees no patients."""
    names = dict(team_of(desk))
    if practitioner not in names:
        raise Refusal("Choose who of the team sees the patient.")
    return names[practitioner]


def team_of(desk: Desk) -> tuple[tuple[UserId, str], ...]:
    """Who of this team may see patients, by name."""
    log = desk.trust
    able = [user for user in log.members(desk.team) if user_may(log, user, Action.WRITE_NOTE)]
    return tuple(sorted(((user, log.name_of(user)) for user in able), key=lambda one: (one[1], one[0])))


def _practitioners(desk: Desk, booked: Collection[Appointment]) -> tuple[tuple[UserId, str], ...]:
    team = dict(team_of(desk))
    others = {one.practitioner or UserId(one.practitioner_name): one.practitioner_name for one in booked}
    others = {user: name for user, name in others.items() if user not in team}
    return (*team.items(), *sorted(others.items(), key=lambda one: (one[1], one[0])))


def _specialties(hours: Hours) -> tuple[tuple[str, frozenset[UserId]], ...]:
    """By name, however it is spelled in capitals."""
    found: dict[str, tuple[str, set[UserId]]] = {}
    for one in hours.schedules:
        if one.specialty:
            found.setdefault(one.specialty.casefold(), (one.specialty, set()))[1].add(one.practitioner)
    return tuple((name, frozenset(users)) for _key, (name, users) in sorted(found.items()))


def _near(page: Page, since: datetime, until: datetime) -> tuple[Appointment, ...]:
    """What may share time with that span."""
    found = page.facts_between(Appointment, to_ms(since - _BEFORE), to_ms(until))
    return tuple(one for one in found if one.status not in GONE)


def sharing_on(page: Page, wanted: Appointment) -> tuple[Collision, ...]:
    """What shares the time of `wanted`, with whose it is."""
    near = [_joined(page, one) for one in _near(page, wanted.start, end_of(wanted))]
    return tuple(_collision(page, one) for one in sharing(_joined(page, wanted), near))


def _collisions(
    page: Page, near: Collection[Appointment], here: Collection[Appointment]
) -> dict[FactId, tuple[Collision, ...]]:
    joined = sorted((_joined(page, one) for one in near if one.status in HOLDING), key=lambda one: one.start)
    starts, wanted = [one.start for one in joined], {one.id for one in here}
    found = {}
    for one in joined:
        if one.id in wanted:
            around = joined[bisect_left(starts, one.start - _BEFORE) : bisect_left(starts, end_of(one))]
            if shared := sharing(one, around):
                found[one.id] = tuple(_collision(page, each) for each in shared)
    return found


def _joined(page: Page, one: Appointment) -> Appointment:
    """With the person its patient was confirmed to be."""
    return replace(one, patient=whole(page, one.patient))


def whole(page: Page, patient: PatientId) -> PatientId:
    """The person that a patient was confirmed to be."""
    return page.linked_to(patient) or patient


def _collision(page: Page, shared: Shared) -> Collision:
    row = page.person(shared.other.patient)
    return Collision(shared, None if row is None else line(page, row))
