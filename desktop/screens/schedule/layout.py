# SPDX-License-Identifier: GPL-3.0-or-later
"""Where appointments stand in a column: side by side where they share time, as wide as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OPENS, CLOSES = 7 * 60, 20 * 60
"""Working hours that a day shows at least, in minutes after midnight."""
STEP = 10
"""Minutes that a block moves by at a time."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Its place among the `of` that share some time with each other, from the left, 0 first."""

    at: int
    of: int


def lanes(spans: Sequence[tuple[int, int]]) -> tuple[Lane, ...]:
    """A lane for each (start, end) in minutes, in the order given. Those that share time have different lanes, and all that
    hang together are equally wide."""
    placed: dict[int, Lane] = {}
    group: list[tuple[int, int]] = []  # (number, lane)
    ends: list[int] = []

    def close() -> None:
        placed.update((number, Lane(lane, len(ends))) for number, lane in group)
        group.clear()
        ends.clear()

    for number in sorted(range(len(spans)), key=lambda n: (spans[n][0], -spans[n][1], n)):
        start, end = spans[number][0], max(spans[number][1], spans[number][0] + 1)
        if ends and start >= max(ends):
            close()
        lane = next((n for n, until in enumerate(ends) if until <= start), len(ends))
        ends[lane : lane + 1] = [end]
        group.append((number, lane))
    close()
    return tuple(placed[number] for number in range(len(spans)))


def hours(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """(first, last) minute that the grid shows: working hours, and whole hours around whatever lies outside."""
    first = min((start for start, _end in spans), default=OPENS)
    last = max((end for _start, end in spans), default=CLOSES)
    return min(OPENS, first // 60 * 60), max(CLOSES, min(24 * 60, -(-last // 60) * 60))


def snapped(minute: float) -> int:
    """The nearest step."""
    return round(minute / STEP) * STEP
