# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing many points in few: min/max columns, round ticks, time marks. Pure; no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value; source is device, manual or kiosk."""

    at: datetime
    value: float
    source: str = "device"


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind over time, in time order, with their reference band."""

    label: str
    unit: str
    readings: tuple[Reading, ...]
    low: float | None = None
    high: float | None = None
    digits: int = 0


def taken_at(series: Series, at: datetime) -> Reading | None:
    """The reading of exactly that moment: values of two series belong together only if measured together."""
    return next((reading for reading in series.readings if reading.at == at), None)


def thinned(values: Sequence[float], columns: int) -> list[tuple[int, float]]:
    """(index, value) with at most two points a column: its lowest and highest, in their order."""
    count = len(values)
    if count <= columns * 2:
        return list(enumerate(values))
    kept: list[tuple[int, float]] = []
    for column in range(columns):
        begin, end = column * count // columns, (column + 1) * count // columns
        part = range(begin, end)
        lowest, highest = (min(part, key=values.__getitem__), max(part, key=values.__getitem__))
        kept.extend((place, values[place]) for place in sorted({lowest, highest}))
    return kept


def reach(series: Sequence[Series]) -> tuple[float, float]:
    """Lowest and highest value to show: all readings and bands, with a little air."""
    numbers = [r.value for s in series for r in s.readings]
    numbers += [edge for s in series for edge in (s.low, s.high) if edge is not None]
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    air = (high - low) * 0.12 or max(1.0, abs(high) * 0.05)
    return low - air, high + air


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between low and high, some `about` of them."""
    rough = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


_STEPS = [timedelta(hours=h) for h in (1, 3, 6, 12)] + [
    timedelta(days=d) for d in (1, 2, 7, 14, 30, 61, 91, 182, 365, 730, 1826)
]


def moments(begin: datetime, end: datetime, about: int = 5) -> list[datetime]:
    """Moments for the time axis, evenly spaced on a human step, from the end backwards."""
    span = end - begin
    if span <= timedelta(0):
        return [end]
    step = next((s for s in _STEPS if span / s <= about), _STEPS[-1])
    count = int(span / step)
    return [end - step * number for number in range(count, -1, -1)]
