# SPDX-License-Identifier: GPL-3.0-or-later
"""When a clinic is open, as its policy says it: `Mo-Fr 07:00-20:00; Sa 08:00-13:00` (a part of OpenStreetMap's opening_hours)."""

import re
from dataclasses import dataclass
from datetime import datetime, time

from clinic.domain.errors import Refusal

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_PART = re.compile(r"(?:(\w\w)(?:-(\w\w))? )?(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """`open`: (weekday from 0, from, until) for every stretch of a week."""

    open: tuple[tuple[int, time, time], ...]

    def at(self, local: datetime) -> bool:
        """True if the clinic is open at that wall time; the last minute does not count."""
        clock = local.time().replace(tzinfo=None)
        return any(day == local.weekday() and since <= clock < until for day, since, until in self.open)


def hours_of(text: str) -> Hours | None:
    """The hours a policy names; None for none. Raises Refusal for what cannot be read."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return Hours(tuple(one for part in parts for one in _stretches(part))) if parts else None


def _stretches(part: str) -> list[tuple[int, time, time]]:
    found = _PART.fullmatch(part)
    try:
        if found is None:
            raise ValueError(part)
        first, last, *clock = found.groups()
        h1, m1, h2, m2 = map(int, clock)
        days = _days(first, last)
        until = time.max if (h2, m2) == (24, 0) else time(h2, m2)
        since = time(h1, m1)
        if since >= until:
            raise ValueError(part)
    except ValueError:
        raise Refusal(
            "The opening hours cannot be read: {part}. Write them like Mo-Fr 07:00-20:00; Sa 08:00-13:00.",
            part=part,
        ) from None
    return [(day, since, until) for day in days]


def _days(first: str | None, last: str | None) -> list[int]:
    """Weekdays from first to last, over the week's end if need be. Raises ValueError."""
    if first is None:
        return list(range(7))
    start = _DAYS.index(first)
    end = _DAYS.index(last) if last else start
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]
