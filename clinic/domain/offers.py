# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that can be asked for: of those that practitioners offer, and inside a span that somebody wished for."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest

from clinic.domain.bookings import HOLDING, end_of
from clinic.domain.facts import Appointment, Slot
from clinic.domain.ids import UserId

Span = tuple[datetime, datetime]
PART = 4
"""Hours of a part of the day."""


def busy(practitioner: UserId, booked: Iterable[Appointment]) -> tuple[Span, ...]:
    """When that practitioner has somebody."""
    return tuple(
        (one.start, end_of(one))
        for one in booked
        if one.practitioner == practitioner and one.status in HOLDING
    )


def spread(slots: Iterable[Slot], limit: int) -> tuple[Slot, ...]:
    """At most so many, over the days and the parts of each day and over the practitioners, the earliest first: many days, and
    not only the next one of everybody."""
    groups: dict[tuple[UserId, datetime, int], list[Slot]] = {}
    for slot in sorted(slots, key=lambda slot: (slot.start, slot.practitioner, slot.id)):
        day = slot.start.replace(hour=0, minute=0, second=0, microsecond=0)
        groups.setdefault((slot.practitioner, day, slot.start.hour // PART), []).append(slot)
    rounds = chain.from_iterable(zip_longest(*groups.values()))
    chosen = islice((slot for slot in rounds if slot is not None), limit)
    return tuple(sorted(chosen, key=lambda slot: (slot.start, slot.practitioner, slot.id)))


def inside(
    since: datetime, until: datetime, minutes: int, taken: Sequence[Span], now: datetime, limit: int
) -> tuple[datetime, ...]:
    """Times of so many minutes between the two at which nothing is taken, one after the other, the earliest first."""
    long, at, found = timedelta(minutes=max(1, minutes)), since, list[datetime]()
    while at + long <= until and len(found) < limit:
        if at > now and fits(at, at + long, taken):
            found.append(at)
        at += long
    return tuple(found)


def fits(start: datetime, end: datetime, taken: Iterable[Span]) -> bool:
    """Whether nothing is taken between the two."""
    return not any(start < until and since < end for since, until in taken)
