# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people booked into the same time of one practitioner, or one person twice at once: who keeps it, and which times
near it are free."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from clinic.domain.facts import Appointment
from clinic.domain.ids import FactId

HOLDING = frozenset(("pending", "booked", "arrived", "checked-in", "fulfilled"))
"""FHIR Appointment.status of those that take their time."""

SHORTEST, LONGEST = 5, 480
"""Minutes of one appointment."""

AROUND = timedelta(hours=4)
"""How far from the hour that was wanted another one is offered, on the same day and on the next ones."""
DAYS = 7


def end_of(one: Appointment) -> datetime:
    return one.start + timedelta(minutes=max(1, one.minutes))


def at_once(one: Appointment, other: Appointment) -> bool:
    """True if they share some time, whoever has them."""
    return one.start < end_of(other) and other.start < end_of(one)


def overlap(one: Appointment, other: Appointment) -> bool:
    """True if the same practitioner would have to be with two people at once."""
    same = bool(one.practitioner) and one.practitioner == other.practitioner
    return same and at_once(one, other)


def agreed(one: Appointment, other: Appointment) -> bool:
    """True if one of the two was booked beside the other by somebody who knew."""
    return other.id in one.beside or one.id in other.beside


@dataclass(frozen=True, slots=True)
class Shared:
    """Another appointment at the same time: of the same `practitioner`, the same `patient`, or both."""

    other: Appointment
    practitioner: bool
    patient: bool
    agreed: bool = False

    @property
    def forbidden(self) -> bool:
        """Nobody is in two places: the same patient twice at once is never booked."""
        return self.patient


def sharing(wanted: Appointment, booked: Iterable[Appointment]) -> tuple[Shared, ...]:
    """What stands at the time of `wanted`, with its practitioner or with its patient; the earliest first."""
    found = [
        Shared(
            other, overlap(wanted, other), other.patient == wanted.patient,
            other.patient != wanted.patient and agreed(wanted, other),
        )
        for other in booked
        if other.id != wanted.id and other.status in HOLDING and at_once(wanted, other)
    ]  # fmt: skip
    return tuple(
        sorted(
            (one for one in found if one.practitioner or one.patient),
            key=lambda one: (one.other.start, one.other.id),
        )
    )


def crowded(booked: Iterable[Appointment]) -> tuple[Appointment, ...]:
    """Those that stand and share some time with another one; quick, for a full calendar has few."""
    found: dict[FactId, Appointment] = {}
    standing = (one for one in booked if one.status == "booked" and one.practitioner)
    for _who, theirs in groupby(
        sorted(standing, key=lambda one: (one.practitioner, one.start)), lambda one: one.practitioner
    ):
        longest: Appointment | None = None
        for one in theirs:
            if longest is not None and overlap(longest, one):
                found |= {longest.id: longest, one.id: one}
            if longest is None or end_of(one) > end_of(longest):
                longest = one
    return tuple(found.values())


def lost(
    booked: Iterable[Appointment], claimed: Mapping[FactId, tuple[int, str]]
) -> tuple[tuple[Appointment, Appointment], ...]:
    """(who lost the time, who keeps it) among appointments that stand and were not booked beside each other on purpose.
    `claimed`: the stamp and op that took each time: the earlier one keeps it, alike on every computer that holds the same."""
    ordered = sorted(
        (one for one in booked if one.status == "booked"), key=lambda one: claimed.get(one.id, (0, one.id))
    )
    keeping: list[Appointment] = []
    found = []
    for one in ordered:
        winner = next((other for other in keeping if overlap(one, other) and not agreed(one, other)), None)
        if winner is None:
            keeping.append(one)
        else:
            found.append((one, winner))
    return tuple(found)


def free_times(
    wanted: Appointment,
    booked: Iterable[Appointment],
    now: datetime,
    works: Callable[[datetime], bool],
    limit: int = 6,
) -> tuple[datetime, ...]:
    """Times near the one that was wanted at which the practitioner has nobody yet and `works`, the nearest first."""
    length = timedelta(minutes=max(1, wanted.minutes))
    taken = [
        (one.start, end_of(one))
        for one in booked
        if one.practitioner == wanted.practitioner and one.status in HOLDING and one.id != wanted.id
    ]
    steps = int(AROUND / length)
    starts = [
        wanted.start + timedelta(days=day) + step * length
        for day in range(DAYS)
        for step in range(-steps, steps + 1)
    ]
    free = [
        at
        for at in starts
        if at > now and not any(at < until and since < at + length for since, until in taken) and works(at)
    ]
    return tuple(sorted(free, key=lambda at: (abs(at - wanted.start), at))[:limit])
