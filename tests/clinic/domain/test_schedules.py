# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots follow from hours by the facility's clock, on days when it is changed too, and from what is booked."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    AskedStatus,
    AvailableTime,
    NotAvailable,
    Schedule,
    Slot,
)
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.offers import spread
from clinic.domain.schedules import (
    Hours,
    Outside,
    at_wall,
    merged,
    next_free,
    open_spans,
    outside,
    slots,
)

ANA = UserId("ana")
MADRID, BUENOS_AIRES, SAN_LUIS = (
    "Europe/Madrid",
    "America/Argentina/Buenos_Aires",
    "America/Argentina/San_Luis",
)
CHANGES = {
    MADRID: (date(2026, 3, 29), date(2026, 10, 25)),
    BUENOS_AIRES: (date(2007, 12, 30), date(2008, 3, 15), date(2008, 10, 19), date(2009, 3, 14)),
    SAN_LUIS: (date(2007, 12, 30), date(2008, 1, 20), date(2008, 3, 8), date(2009, 10, 11)),
}
"""Days on which clocks are put forward or back there, some of them at midnight."""

places_and_days = st.sampled_from(sorted(CHANGES)).flatmap(
    lambda zone: st.tuples(
        st.just(zone), st.sampled_from(CHANGES[zone]), st.integers(-2, 2)
    ).map(lambda drawn: (drawn[0], drawn[1] + timedelta(days=drawn[2])))
)  # fmt: skip
parts = st.tuples(st.integers(0, 143), st.integers(1, 144)).filter(lambda p: p[0] < p[1]).map(
    lambda p: (p[0] * 10, p[1] * 10)
)  # fmt: skip


def every_day(start: int, end: int) -> tuple[AvailableTime, ...]:
    return tuple(AvailableTime(day=day, starts=start, ends=end) for day in range(7))


def schedule(zone: str, start: int, end: int, minutes: int = 20, **more: object) -> Schedule:
    return Schedule(
        id=FactId("sch"), practitioner=ANA, zone=zone, minutes=minutes, available=every_day(start, end), **more  # type: ignore[arg-type]
    )  # fmt: skip


def day_in(zone: str, day: date) -> tuple[datetime, datetime]:
    return at_wall(day, 0, ZoneInfo(zone)), at_wall(day + timedelta(days=1), 0, ZoneInfo(zone))


def booked(at: datetime, minutes: int = 20, status: str = "booked") -> Appointment:
    return Appointment(
        id=FactId("a"), patient=PatientId("p"), start=at, minutes=minutes, practitioner=ANA, status=status
    )


def asked(at: datetime) -> AppointmentRequest:
    return AppointmentRequest(
        id=FactId("r"), patient=PatientId("p"), status=AskedStatus.PROPOSED, wish="book", authored_at=at, start=at,
        practitioner=ANA,
    )  # fmt: skip


@given(places_and_days, parts, st.sampled_from((5, 10, 20, 35, 60)))
@example((MADRID, date(2026, 3, 29)), (0, 480), 20)
@example((BUENOS_AIRES, date(2007, 12, 30)), (0, 1440), 60)
@example((BUENOS_AIRES, date(2008, 3, 15)), (0, 1440), 60)
def test_every_slot_lies_inside_the_hours_that_the_facilitys_clock_shows(
    where: tuple[str, date], part: tuple[int, int], minutes: int
) -> None:
    (zone, day), (start, end) = where, part
    clock = ZoneInfo(zone)
    found = slots(Hours((schedule(zone, start, end, minutes),)), (), (), *day_in(zone, day))
    for slot in found:
        for at in (slot.start, slot.start + timedelta(minutes=minutes) - timedelta(seconds=1)):
            wall = at.astimezone(clock)
            assert wall.date() == day and start <= wall.hour * 60 + wall.minute < end
    assert all(one.start + timedelta(minutes=minutes) <= other.start for one, other in pairwise(found))
    open_for = at_wall(day, end, clock) - at_wall(day, start, clock)
    assert len(found) == open_for // timedelta(minutes=minutes), "none is lost, none comes twice"


@given(st.sampled_from(sorted(CHANGES)), parts, st.integers(0, 3000), st.sampled_from((10, 20, 45)))
def test_where_no_clock_is_changed_there_are_as_many_as_the_hours_hold(
    zone: str, part: tuple[int, int], far: int, minutes: int
) -> None:
    day = date(2010, 1, 1) + timedelta(days=far)
    since, until = day_in(zone, day)
    if until - since == timedelta(days=1):
        found = slots(Hours((schedule(zone, *part, minutes),)), (), (), since, until)
        assert len(found) == (part[1] - part[0]) // minutes
        assert not found or found[0].start == since + timedelta(minutes=part[0])


def test_nights_on_which_clocks_are_changed_are_shorter_and_longer() -> None:
    def count(zone: str, day: date, start: int, end: int) -> int:
        return len(slots(Hours((schedule(zone, start, end, 60),)), (), (), *day_in(zone, day)))

    assert count(MADRID, date(2026, 3, 29), 0, 480) == 7
    assert count(MADRID, date(2026, 10, 25), 0, 480) == 9
    assert count(BUENOS_AIRES, date(2007, 12, 30), 0, 480) == 7, "from one o'clock: midnight was left out"
    assert count(BUENOS_AIRES, date(2008, 3, 15), 960, 1440) == 9, "the hour before midnight came twice"
    assert count(MADRID, date(2026, 3, 29), 540, 780) == 4


@given(places_and_days, parts, st.integers(-600, 2000), st.integers(5, 300))
def test_outside_is_what_no_hour_covers(
    where: tuple[str, date], part: tuple[int, int], begin: int, minutes: int
) -> None:
    zone, day = where
    hours = Hours((schedule(zone, *part),))
    start = day_in(zone, day)[0] + timedelta(minutes=begin)
    clock = ZoneInfo(zone)
    shown = [(start + timedelta(minutes=n)).astimezone(clock) for n in range(minutes)]
    covered = all(part[0] <= at.hour * 60 + at.minute < part[1] for at in shown)
    assert (outside(booked(start, minutes), hours) is None) == covered


def test_a_slot_says_what_became_of_it() -> None:
    monday = date(2026, 11, 30)
    since, until = day_in(MADRID, monday)
    nine = at_wall(monday, 540, ZoneInfo(MADRID))
    off = NotAvailable(
        id=FactId("n"), first=monday, last=monday, zone=MADRID, practitioner=ANA, starts=600, ends=620
    )
    hours = Hours((schedule(MADRID, 540, 640),), (off,))
    found = slots(hours, [booked(nine)], [asked(nine + timedelta(minutes=20))], since, until)
    assert [slot.status for slot in found] == ["busy", "busy-tentative", "free", "busy-unavailable", "free"]
    called_off = slots(hours, [booked(nine, status="cancelled")], (), since, until)
    assert called_off[0].status == "free"
    first = next_free(found, nine, frozenset((ANA,)))
    assert first is not None and first.start == nine + timedelta(minutes=40)
    assert next_free(found, first.start + timedelta(hours=1), frozenset((ANA,))) is None
    assert next_free(found, nine, frozenset((UserId("ben"),))) is None


def test_hours_count_from_their_first_day_to_their_last() -> None:
    monday = date(2026, 11, 30)
    hours = Hours((schedule(MADRID, 540, 600, valid_from=monday, valid_until=monday + timedelta(days=1)),))
    since, until = (
        day_in(MADRID, monday - timedelta(days=3))[0],
        day_in(MADRID, monday + timedelta(days=5))[0],
    )
    days = {slot.start.astimezone(ZoneInfo(MADRID)).date() for slot in slots(hours, (), (), since, until)}
    assert days == {monday, monday + timedelta(days=1)}


def test_who_keeps_no_hours_is_outside_of_none_but_off_on_holidays() -> None:
    monday = date(2026, 11, 30)
    nine = at_wall(monday, 540, ZoneInfo(MADRID))
    holiday = NotAvailable(id=FactId("n"), first=monday, last=monday, zone=MADRID, description="Fiesta")
    assert outside(booked(nine), Hours()) is None
    assert outside(booked(nine), Hours((), (holiday,))) == Outside(holiday)
    assert outside(booked(nine + timedelta(days=1)), Hours((), (holiday,))) is None
    elsewhere = schedule("Nowhere/Atlantis", 540, 600)
    assert outside(booked(nine), Hours((elsewhere,))) is None, (
        "a clock this computer does not know says nothing"
    )
    assert slots(Hours((elsewhere,)), (), (), *day_in(MADRID, monday)) == ()


def test_a_practitioner_has_one_slot_at_a_time_whatever_two_hours_say() -> None:
    monday = date(2026, 11, 30)
    two = Hours((schedule(MADRID, 540, 600), schedule(MADRID, 550, 610, 30)))
    found = slots(two, (), (), *day_in(MADRID, monday))
    assert all(one.start + timedelta(minutes=one.minutes) <= other.start for one, other in pairwise(found))
    assert open_spans(two, ANA, *day_in(MADRID, monday)) == (
        (at_wall(monday, 540, ZoneInfo(MADRID)), at_wall(monday, 610, ZoneInfo(MADRID))),
    )


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100))))
def test_merged_spans_hold_the_same_time_apart_from_each_other(drawn: list[tuple[int, int]]) -> None:
    origin = datetime(2026, 1, 1, tzinfo=UTC)
    spans = [(origin + timedelta(minutes=a), origin + timedelta(minutes=b)) for a, b in drawn if a < b]
    found = merged(spans)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for n in range(101):
        at = origin + timedelta(minutes=n)
        assert any(a <= at < b for a, b in found) == any(a <= at < b for a, b in spans)


def test_kiosks_are_told_many_days_rather_than_every_time_of_the_next() -> None:
    hours = Hours((schedule(MADRID, 540, 780),))
    since = day_in(MADRID, date(2026, 11, 30))[0]
    found = slots(hours, (), (), since, since + timedelta(days=10))
    told = spread(found, 30)
    assert len(told) == 30 and list(told) == sorted(told, key=lambda slot: slot.start)
    assert len({slot.start.date() for slot in told}) == 10
    assert spread(found, 1000) == found and isinstance(told[0], Slot)
