# SPDX-License-Identifier: GPL-3.0-or-later
"""Which days a view shows, and moments of the clock on the wall: where clocks are changed, an hour is missing or twice."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

VIEWS = ("day", "week", "month")
DAY = timedelta(days=1)
MINUTES = 24 * 60


def first_day(view: str, day: date) -> date:
    """The first day that the view shows around `day`: weeks begin on Monday, a month with the week of its first."""
    if view == "month":
        day = day.replace(day=1)
    return day if view == "day" else day - timedelta(days=day.weekday())


def days(view: str, day: date) -> tuple[date, ...]:
    """All days of the view, in order: 1, 7, or the whole weeks of the month."""
    first = first_day(view, day)
    count = {"day": 1, "week": 7}.get(view, 0)
    if not count:
        last = day.replace(day=monthrange(day.year, day.month)[1])
        count = ((last - first).days // 7 + 1) * 7
    return tuple(first + n * DAY for n in range(count))


def stepped(view: str, day: date, by: int) -> date:
    """The same view, `by` pages further; in a shorter month its last day."""
    if view != "month":
        return day + timedelta(days=by if view == "day" else 7 * by)
    month = day.year * 12 + day.month - 1 + by
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def midnight(day: date) -> datetime:
    """When that day begins where this computer stands."""
    return datetime.combine(day, time()).astimezone()


def bounds(view: str, day: date) -> tuple[datetime, datetime]:
    """(since, until) of all that the view shows."""
    shown = days(view, day)
    return midnight(shown[0]), midnight(shown[-1] + DAY)


def moment(day: date, minute: int) -> datetime | None:
    """That minute of the wall's clock; None in the hour that is left out when clocks go forward. Of an hour that comes
    twice, the first."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    aware = naive.astimezone()
    back = aware.astimezone(UTC).astimezone().replace(tzinfo=None, fold=0)
    return aware if back == naive else None


def minute_of(at: datetime) -> int:
    """Minutes after midnight that the wall's clock shows."""
    local = at.astimezone()
    return local.hour * 60 + local.minute


def day_of(at: datetime) -> date:
    return at.astimezone().date()
