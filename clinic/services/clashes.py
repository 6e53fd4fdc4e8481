# SPDX-License-Identifier: GPL-3.0-or-later
"""Two computers booked the same time of one practitioner: who lost it is moved to another time, or let go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clinic.domain.bookings import crowded, free_times, lost
from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment
from clinic.domain.ids import FactId, PatientId
from clinic.domain.plausible import check_appointment
from clinic.domain.schedules import outside
from clinic.keys.rights import Action
from clinic.protocol.envelope import P1_TALK
from clinic.services.bookings import hours_on
from clinic.services.charted import fact_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.store.page import Page
from clinic.store.sheet import to_ms

AHEAD = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Clash:
    """`appointment` lost its time to `keeps`; `free`: the nearest times the practitioner has nobody."""

    appointment: Appointment
    keeps: Appointment
    person: PersonLine | None
    other: PersonLine | None
    free: tuple[datetime, ...]

    @property
    def key(self) -> str:
        return f"clash {self.appointment.id}"


@needs(Action.BOOK)
def clashes(desk: Desk) -> tuple[Clash, ...]:
    """Appointments to come that lost their time, the earliest first; alike on every computer that holds the same."""
    now = desk.clock.now()

    def look(page: Page) -> tuple[Clash, ...]:
        coming = page.facts_between(Appointment, to_ms(now), to_ms(now + AHEAD))
        shared = crowded(coming)
        claimed = {one.id: _claim(page, one.id) for one in shared}
        found = [_clash(page, one, keeps, coming, now) for one, keeps in lost(shared, claimed)]
        return tuple(sorted(found, key=lambda clash: clash.appointment.start))

    return desk.book.read(look)


@needs(Action.BOOK)
def move(desk: Desk, appointment: FactId, start: datetime, window: PatientId) -> Written:
    """The appointment at another time. Refused in the past."""
    check_appointment(start, desk.clock.now())
    return _write(desk, appointment, window, start=start)


@needs(Action.BOOK)
def let_go(desk: Desk, appointment: FactId, window: PatientId) -> Written:
    """The appointment is cancelled. Undone by `put_back`."""
    return _write(desk, appointment, window, status="cancelled")


@needs(Action.BOOK)
def put_back(desk: Desk, appointment: FactId, start: datetime, window: PatientId) -> Written:
    """Undo `move` and `let_go`: booked, at the time it was."""
    return _write(desk, appointment, window, start=start, status="booked")


def _write(desk: Desk, appointment: FactId, window: PatientId, **change: object) -> Written:
    found = fact_of(desk, Appointment, appointment, window)
    if found.status not in ("booked", "cancelled"):
        raise Refusal("This appointment is over. Make a new one.")
    return desk.write(replace(found, **change), window=window, priority=P1_TALK)  # type: ignore[arg-type]


def _claim(page: Page, appointment: FactId) -> tuple[int, str]:
    """When its time was taken: the stamp and the op of the version that stands."""
    stands = page.standing(Appointment.NUMBER, appointment)
    return min(((op.stamp, str(op.id)) for op in stands), default=(0, str(appointment)))


def _clash(
    page: Page, one: Appointment, keeps: Appointment, coming: Sequence[Appointment], now: datetime
) -> Clash:
    hours = hours_on(page)
    free = free_times(one, coming, now, lambda at: outside(replace(one, start=at), hours) is None)
    return Clash(one, keeps, _person(page, one), _person(page, keeps), free)


def _person(page: Page, one: Appointment) -> PersonLine | None:
    row = page.person(page.linked_to(one.patient) or one.patient)
    return None if row is None else line(page, row)
