# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots: what follows from weekly hours, days off and what is booked. Nothing of it is stored.

Hours are of the facility's clock. Where it is put forward, the missing hour holds no slot; where it is put back, the hour that
comes twice holds twice as many.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.domain.bookings import end_of
from clinic.domain.facts import Appointment, AppointmentRequest, NotAvailable, Schedule, Slot
from clinic.domain.ids import FactId, UserId
from clinic.domain.offers import Span, busy

_DAY = timedelta(days=1)
FREE, BUSY, UNAVAILABLE, TENTATIVE = "free", "busy", "busy-unavailable", "busy-tentative"
"""FHIR Slot.status."""


@dataclass(frozen=True, slots=True)
class Hours:
    """All that is said about when a team works."""

    schedules: tuple[Schedule, ...] = ()
    absences: tuple[NotAvailable, ...] = ()

    @property
    def keepers(self) -> frozenset[UserId]:
        """Practitioners who keep hours: of everybody else nothing is outside of them."""
        return frozenset(one.practitioner for one in self.schedules if _counts(one))


@dataclass(frozen=True, slots=True)
class Outside:
    """Why a time is unusual. `absence`: what stands there; None: it is outside of the hours."""

    absence: NotAvailable | None = None


def zone_of(name: str) -> ZoneInfo | None:
    """None for a name that this computer has no clock for."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def at_wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which that clock shows so many minutes after midnight: the first of two, and in an hour that is
    left out the moment in which it is."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    while True:
        at = naive.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == naive:
            return at
        naive += timedelta(minutes=1)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in spans that neither touch nor overlap, the earliest first."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:
            found.append((start, end))
    return tuple(found)


def open_spans(hours: Hours, whose: UserId, since: datetime, until: datetime) -> tuple[Span, ...]:
    """When that practitioner works between the two, days off or not."""
    return merged(
        span for one in hours.schedules if one.practitioner == whose for span in _open(one, since, until)
    )


def away_spans(hours: Hours, whose: UserId, since: datetime, until: datetime) -> tuple[Span, ...]:
    """When that practitioner is off between the two, with everybody's holidays."""
    return merged(
        span for one in hours.absences if one.practitioner in ("", whose) for span in _away(one, since, until)
    )


def slots(
    hours: Hours, booked: Sequence[Appointment], asked: Iterable[AppointmentRequest], since: datetime, until: datetime,
    offered: Iterable[Slot] = (),
) -> tuple[Slot, ...]:  # fmt: skip
    """Every slot that begins from `since` and before `until`, the earliest first, with what became of it. `offered`: those
    that another system told, which are taken in the same way. A practitioner has one at a time."""
    wished = [(one.practitioner, one.start, one.minutes) for one in asked if one.start is not None]
    by_whom: dict[UserId, list[Slot]] = {}
    for slot in (*offered, *_made(hours, since, until)):
        by_whom.setdefault(slot.practitioner, []).append(slot)
    found = []
    for whose, theirs in by_whom.items():
        away = away_spans(hours, whose, since - _DAY, until + _DAY)
        taken = merged(busy(whose, booked))
        tentative = merged((at, at + timedelta(minutes=n)) for who, at, n in wished if who == whose)
        states = {UNAVAILABLE: away, BUSY: taken, TENTATIVE: tentative}
        found += [_settled(slot, states) for slot in _one_at_a_time(theirs)]
    return tuple(sorted(found, key=lambda slot: (slot.start, slot.practitioner, slot.id)))


def outside(wanted: Appointment, hours: Hours) -> Outside | None:
    """Why an appointment would be unusual then; None where the practitioner works, or keeps no hours and is not off."""
    start, end = wanted.start, end_of(wanted)
    for absence in hours.absences:
        mine = absence.practitioner in ("", wanted.practitioner)
        if mine and any(since < end and start < until for since, until in _away(absence, start, end)):
            return Outside(absence)
    if wanted.practitioner not in hours.keepers:
        return None
    spans = open_spans(hours, wanted.practitioner, start, end)
    return None if any(since <= start and end <= until for since, until in spans) else Outside()


def next_free(found: Iterable[Slot], after: datetime, whose: frozenset[UserId]) -> Slot | None:
    """The first free slot of any of them that begins after that moment."""
    return next(
        (one for one in found if one.status == FREE and one.start > after and one.practitioner in whose), None
    )


def _counts(one: Schedule) -> bool:
    return one.active and bool(one.available) and zone_of(one.zone) is not None


def _days(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[date]:
    day, last = since.astimezone(zone).date() - _DAY, until.astimezone(zone).date()
    while day <= last:
        yield day
        day += _DAY


def _open(one: Schedule, since: datetime, until: datetime) -> Iterator[Span]:
    """Its hours on every day that reaches into the span, whole."""
    zone = zone_of(one.zone)
    if zone is None or not one.active:
        return
    for day in _days(zone, since, until):
        if (one.valid_from or day) <= day <= (one.valid_until or day):
            for part in one.available:
                if part.day == day.weekday():
                    start, end = at_wall(day, part.starts, zone), at_wall(day, part.ends, zone)
                    if start < end and end > since and start < until:
                        yield start, end


def _away(one: NotAvailable, since: datetime, until: datetime) -> Iterator[Span]:
    zone = zone_of(one.zone)
    if zone is None or not one.active:
        return
    for day in _days(zone, since, until):
        if one.first <= day <= one.last:
            start, end = at_wall(day, one.starts, zone), at_wall(day, one.ends, zone)
            if start < end and end > since and start < until:
                yield start, end


def _made(hours: Hours, since: datetime, until: datetime) -> Iterator[Slot]:
    for one in hours.schedules:
        long = timedelta(minutes=max(1, one.minutes))
        for start, end in _open(one, since, until):
            at = start
            while at + long <= end:
                if since <= at < until:
                    yield Slot(
                        id=FactId(f"{one.id}/{at:%Y%m%dT%H%M}"), practitioner=one.practitioner, start=at,
                        minutes=max(1, one.minutes), location=one.location,
                    )  # fmt: skip
                at += long


def _one_at_a_time(theirs: Iterable[Slot]) -> Iterator[Slot]:
    until = datetime.min.replace(tzinfo=UTC)
    for slot in sorted(theirs, key=lambda slot: (slot.start, slot.id)):
        if slot.start >= until:
            until = slot.start + timedelta(minutes=slot.minutes)
            yield slot


def _settled(slot: Slot, states: Mapping[str, Sequence[Span]]) -> Slot:
    end = slot.start + timedelta(minutes=slot.minutes)
    if slot.status != FREE:
        return slot
    status = next((word for word, spans in states.items() if _hit(spans, slot.start, end)), FREE)
    return slot if status == FREE else replace(slot, status=status)


def _hit(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    """Whether spans that do not overlap, in order, share some time with that one."""
    at = bisect_right(spans, start, key=lambda span: span[0])
    return (at > 0 and spans[at - 1][1] > start) or (at < len(spans) and spans[at][0] < end)
