# SPDX-License-Identifier: GPL-3.0-or-later
"""Trends that one odd reading does not bend."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from statistics import median

Point = tuple[datetime, Decimal]


def theil_sen(points: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Slope of (x, y): the median of the slopes of all pairs; None with fewer than two different x.

    Sen, J Am Stat Assoc 1968;63:1379-1389. Holds while fewer than 29 % of the points are wrong.
    """
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]]
    return median(slopes) if slopes else None


def by_day(points: Sequence[Point]) -> list[tuple[date, Decimal]]:
    """One value a day, the median of that day's, oldest first: five readings of one visit weigh as one."""
    days: dict[date, list[Decimal]] = {}
    for at, value in points:
        days.setdefault(at.date(), []).append(value)
    return [(day, median(values)) for day, values in sorted(days.items())]


def slope_a_month(points: Sequence[Point]) -> Decimal | None:
    """Theil-Sen slope of daily medians, per 30 days."""
    days = by_day(points)
    return theil_sen([(Decimal((day - days[0][0]).days), value * 30) for day, value in days])
