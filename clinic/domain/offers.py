# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that can be asked for: of those that practitioners offer, and inside a span that somebody wished for."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from clinic.domain.bookings import HOLDING, end_of
from clinic.domain.facts import Appointment, AppointmentRequest, Slot
from clinic.domain.ids import UserId

Span = tuple[datetime, datetime]


def busy(practitioner: UserId, booked: Iterable[Appointment]) -> tuple[Span, ...]:
    """When that practitioner has somebody."""
    return tuple(
        (one.start, end_of(one))
        for one in booked
        if one.practitioner == practitioner and one.status in HOLDING
    )


def still_free(
    slots: Iterable[Slot], booked: Sequence[Appointment], asked: Sequence[AppointmentRequest], now: datetime
) -> tuple[Slot, ...]:
    """Offered times to come at which the practitioner has nobody, and for which nobody has asked; the earliest first."""
    wished = [(one.practitioner, one.start, one.minutes) for one in asked if one.start is not None]
    free = []
    for slot in slots:
        until = slot.start + timedelta(minutes=slot.minutes)
        taken = [
            *busy(slot.practitioner, booked),
            *((at, at + timedelta(minutes=long)) for who, at, long in wished if who == slot.practitioner),
        ]
        if slot.status == "free" and slot.start > now and _fits(slot.start, until, taken):
            free.append(slot)
    return tuple(sorted(free, key=lambda slot: (slot.start, slot.practitioner, slot.id)))


def inside(
    since: datetime, until: datetime, minutes: int, taken: Sequence[Span], now: datetime, limit: int
) -> tuple[datetime, ...]:
    """Times of so many minutes between the two at which nothing is taken, one after the other, the earliest first."""
    long, at, found = timedelta(minutes=max(1, minutes)), since, list[datetime]()
    while at + long <= until and len(found) < limit:
        if at > now and _fits(at, at + long, taken):
            found.append(at)
        at += long
    return tuple(found)


def _fits(start: datetime, end: datetime, taken: Iterable[Span]) -> bool:
    return not any(start < until and since < end for since, until in taken)
