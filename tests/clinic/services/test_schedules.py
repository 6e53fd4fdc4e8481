# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours and days off over a real book: who sets them, what is booked outside of them, what kiosks are told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    AskedStatus,
    AvailableTime,
    NotAvailable,
    Schedule,
)
from clinic.domain.ids import FactId, UserId
from clinic.protocol.trust import Role
from clinic.services import asked, bookings, schedules
from clinic.services.desks import Desk
from clinic.services.gate import Denied
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks

BEN, EVA = UserId("ben"), UserId("eva")
ZONE = "America/Argentina/Buenos_Aires"
WEEK = tuple(AvailableTime(day=day, starts=9 * 60, ends=11 * 60) for day in range(7))


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        yield both


def hours(whose: UserId = BEN, **more: object) -> Schedule:
    made = Schedule(id=FactId(""), practitioner=whose, zone=ZONE, available=WEEK)
    return replace(made, **more)  # type: ignore[arg-type]


def off(day: date, whose: UserId = BEN, **more: object) -> NotAvailable:
    made = NotAvailable(id=FactId(""), first=day, last=day, zone=ZONE, practitioner=whose)
    return replace(made, **more)  # type: ignore[arg-type]


def soon(local: Local, hour: int = 12) -> datetime:
    """In two days, at that hour UTC: 12 is nine o'clock there."""
    day = local.clock.now().date() + timedelta(days=2)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def agenda(desk: Desk, at: datetime) -> bookings.Agenda:
    return bookings.agenda(desk, at - timedelta(hours=6), at + timedelta(hours=18))


def test_her_hours_make_slots_and_are_taken_back(local: Local) -> None:
    made = schedules.keep_hours(local.ben, hours(specialty=" Pediatría "))
    at = soon(local)
    shown = agenda(local.ben, at)
    assert [slot.start for slot in shown.slots] == [at + n * timedelta(minutes=20) for n in range(6)]
    assert shown.open[BEN] == ((at, at + timedelta(hours=2)),)
    assert shown.specialties == (("Pediatría", frozenset((BEN,))),)
    changed = schedules.keep_hours(local.ben, replace(made, minutes=30))
    assert changed.id == made.id and len(agenda(local.ben, at).slots) == 4
    schedules.put_back(local.ben, made)
    assert len(agenda(local.ben, at).slots) == 6
    before = schedules.remove(local.ben, made)
    assert agenda(local.ben, at).slots == ()
    schedules.put_back(local.ben, before)
    assert len(agenda(local.ben, at).slots) == 6


def test_outside_of_hours_it_is_booked_by_who_was_asked_alone(local: Local) -> None:
    schedules.keep_hours(local.ben, hours())
    patient, late = local.person(), soon(local, 20)
    wanted = Appointment(id=FactId(""), patient=patient, start=late, practitioner=BEN)
    why = bookings.unusual(local.ben, wanted)
    assert why is not None and why.absence is None
    with pytest.raises(Refusal, match="outside of the practitioner's hours"):
        bookings.book(local.ben, patient, late, 20, BEN, "")
    one = bookings.book(local.ben, patient, late, 20, BEN, "", anyway=True)
    with pytest.raises(Refusal, match="outside"):
        bookings.move(local.ben, one.id, late + timedelta(hours=1), BEN, patient)
    inside = soon(local)
    assert bookings.unusual(local.ben, replace(wanted, start=inside)) is None
    bookings.move(local.ben, one.id, inside, BEN, patient)
    bookings.restore(local.ben, one, patient)
    stands = local.ben.book.read(lambda page: page.fact(Appointment, one.id))
    assert stands is not None and stands.start == late, "an undo asks nothing"


def test_days_off_are_said_with_their_reason(local: Local) -> None:
    schedules.keep_hours(local.ben, hours())
    at, patient = soon(local), local.person()
    made = schedules.keep_absence(local.ben, off(at.date(), description="Congreso"))
    shown = agenda(local.ben, at)
    assert {slot.status for slot in shown.slots} == {"busy-unavailable"} and shown.away[BEN]
    wanted = Appointment(id=FactId(""), patient=patient, start=at, practitioner=BEN)
    why = bookings.unusual(local.ben, wanted)
    assert why is not None and why.absence == made
    found = schedules.next_slot(local.ben, at - timedelta(minutes=1))
    assert found is not None and found.start == at + timedelta(days=1)
    schedules.remove(local.ben, made)
    assert bookings.unusual(local.ben, wanted) is None
    assert schedules.team_hours(local.ben).hours.absences == ()


def test_colleagues_hours_and_holidays_are_set_by_reception(local: Local) -> None:
    day = soon(local).date()
    for asked_for in (
        lambda: schedules.keep_hours(local.ben, hours(EVA)),
        lambda: schedules.keep_absence(local.ben, off(day, EVA)),
        lambda: schedules.keep_holiday(local.ben, off(day)),
    ):
        with pytest.raises(Denied):
            asked_for()
    assert [user for user, _name in schedules.team_hours(local.ben).practitioners] == [BEN]
    local.as_role(local.eva, Role.RECEPTIONIST)
    schedules.keep_hours(local.eva, hours(BEN))
    schedules.keep_holiday(local.eva, off(day, description="Feriado"))
    shown = schedules.team_hours(local.eva)
    assert shown.everybody and [one.description for one in shown.hours.absences] == ["Feriado"]


def test_hours_that_make_no_sense_are_refused(local: Local) -> None:
    for wrong, said in (
        (hours(available=()), "at least one day"),
        (hours(available=(AvailableTime(day=0, starts=600, ends=610),)), "room for one"),
        (hours(available=(*WEEK, AvailableTime(day=3, starts=600, ends=700))), "overlap"),
        (hours(zone="Nowhere/Atlantis"), "Atlantis"),
        (hours(valid_from=date(2027, 2, 1), valid_until=date(2027, 1, 1)), "before the first"),
        (hours(UserId("nobody")), "role"),
    ):
        with pytest.raises(Refusal, match=said):
            schedules.keep_hours(local.ben, wrong)
    schedules.keep_hours(local.ben, hours())
    with pytest.raises(Refusal, match="other hours at that time"):
        schedules.keep_hours(local.ben, hours(location=FactId("loc.other")))
    with pytest.raises(Refusal, match="Change those"):
        schedules.keep_hours(local.ben, hours(available=(AvailableTime(day=0, starts=900, ends=960),)))
    with pytest.raises(Refusal, match="before the first"):
        schedules.keep_absence(local.ben, replace(off(date(2027, 2, 1)), last=date(2027, 1, 1)))


def test_two_desks_that_write_her_first_hours_write_one_fact(local: Local) -> None:
    local.as_role(local.eva, Role.RECEPTIONIST)
    one = schedules.keep_hours(local.ben, hours())
    other = schedules.keep_hours(local.eva, hours(minutes=30))
    assert one.id == other.id


def test_kiosks_are_told_the_slots_that_nobody_has(local: Local) -> None:
    schedules.keep_hours(local.ben, hours())
    first = soon(local)
    bookings.book(local.ben, local.person(), first, 20, BEN, "")
    told = asked.free_times(local.ben).times
    starts = [one.start for one in told]
    assert first not in starts and first + timedelta(minutes=20) in starts
    assert len(told) <= asked.OFFERED and {one.practitioner for one in told} == {BEN}
    assert (starts[-1] - starts[0]).days > 20, "not the next day alone"


def test_what_is_proposed_for_a_request_lies_inside_of_the_hours(local: Local) -> None:
    schedules.keep_hours(local.ben, hours())
    patient, wished = local.person(), soon(local, 20)
    request = AppointmentRequest(
        id=FactId("r"), patient=patient, status=AskedStatus.PROPOSED, wish="book", authored_at=local.clock.now(), start=wished,
        practitioner=BEN,
    )  # fmt: skip
    local.ben.write(request, window=patient)
    (row,) = asked.asked(local.ben)
    assert len(row.free) == asked.PROPOSED
    for given in row.free:
        one = Appointment(
            id=FactId(""), patient=patient, start=given.start, minutes=given.minutes, practitioner=BEN
        )
        assert bookings.unusual(local.ben, one) is None
    outside = replace(row.free[0], start=wished)
    with pytest.raises(Refusal, match="outside"):
        asked.accept(local.ben, request.id, patient, outside)
    answer = asked.accept(local.ben, request.id, patient, row.free[0])
    assert answer.after is not None and answer.after.start == row.free[0].start
    assert row.free[0].start not in [one.start for one in asked.free_times(local.ben).times]


def test_a_time_that_somebody_asked_for_is_told_to_no_other_kiosk(local: Local) -> None:
    schedules.keep_hours(local.ben, hours())
    patient, wished = local.person(), soon(local)
    local.ben.write(
        AppointmentRequest(
            id=FactId("r"), patient=patient, status=AskedStatus.PROPOSED, wish="book", authored_at=local.clock.now(),
            start=wished, practitioner=BEN,
        ),
        window=patient,
    )  # fmt: skip
    assert wished not in [one.start for one in asked.free_times(local.ben).times]
    (row,) = asked.asked(local.ben)
    assert [one.start for one in row.free] == [wished], "hers is still free for her"
