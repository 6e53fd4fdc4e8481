# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups are kept, and when the next one is due: pure, over times that are handed in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

RETRY_AFTER = timedelta(minutes=30)
"""How long a backup that failed rests before it is tried again."""
LATE_AFTER = 3
"""After so many missed times somebody should be told."""


@dataclass(frozen=True, slots=True)
class KeepRule:
    """The latest few, and the newest of each of the last so many days, ISO weeks and months that have one, in UTC."""

    latest: int = 3
    daily: int = 7
    weekly: int = 4
    monthly: int = 12
    every: timedelta = timedelta(hours=24)


USUAL = KeepRule()


def kept(times: Iterable[datetime], rule: KeepRule) -> frozenset[datetime]:
    """Those of `times` that the rule keeps. The newest is always kept."""
    newest_first = sorted(set(times), reverse=True)
    keep = set(newest_first[: max(1, rule.latest)])
    for count, period in ((rule.daily, _day), (rule.weekly, _week), (rule.monthly, _month)):
        keep |= set(_newest_of_each(newest_first, period)[:count])
    return frozenset(keep)


def due_at(last_made: datetime | None, last_tried: datetime | None, rule: KeepRule) -> datetime | None:
    """When the next backup is due; None: at once, for there is none yet and none was tried."""
    after_made = None if last_made is None else last_made + rule.every
    after_tried = None if last_tried is None else last_tried + RETRY_AFTER
    return max((at for at in (after_made, after_tried) if at is not None), default=None)


def is_due(now: datetime, last_made: datetime | None, last_tried: datetime | None, rule: KeepRule) -> bool:
    """True if a backup should be made now. A clock that was set back does not put it off for ever."""
    at = due_at(last_made, last_tried, rule)
    ahead = last_made is not None and last_made > now + rule.every
    return at is None or at <= now or ahead


def is_late(now: datetime, last_made: datetime | None, rule: KeepRule) -> bool:
    """True if so many times were missed that somebody should look."""
    return last_made is None or now - last_made > rule.every * LATE_AFTER


def _newest_of_each(newest_first: list[datetime], period: Callable[[datetime], object]) -> list[datetime]:
    seen: set[object] = set()
    first = []
    for at in newest_first:
        if period(at) not in seen:
            seen.add(period(at))
            first.append(at)
    return first


def _day(at: datetime) -> object:
    return at.date()


def _week(at: datetime) -> object:
    return at.isocalendar()[:2]


def _month(at: datetime) -> object:
    return at.year, at.month
