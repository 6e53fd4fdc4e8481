# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines drawn on a page, as they travel and lie: places from 0 to EDGE of its width and height, two bytes each."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

EDGE = 65_535
"""Places on a page go from 0 to that."""
REACH = 0.02
"""Of the page: how near an eraser must come."""

Place = tuple[float, float]
"""Across and down, 0..1 of the page."""


def whole_place(x: float) -> int:
    """0..1 as it travels."""
    return round(min(1.0, max(0.0, x)) * EDGE)


def packed(line: Iterable[Place]) -> bytes:
    """Four bytes a place."""
    return b"".join(whole_place(x).to_bytes(2, "big") + whole_place(y).to_bytes(2, "big") for x, y in line)


def places(line: bytes | bytearray) -> list[Place]:
    return [
        (int.from_bytes(line[at : at + 2], "big") / EDGE, int.from_bytes(line[at + 2 : at + 4], "big") / EDGE)
        for at in range(0, len(line) - 3, 4)
    ]


def passes(line: Sequence[Place], x: float, y: float, reach: float = REACH) -> bool:
    """Whether the line comes within `reach` of the place, also between two of its points."""
    if len(line) == 1:
        line = [line[0], line[0]]
    return any(_distance2(a, b, x, y) <= reach**2 for a, b in pairwise(line))


def _distance2(a: Place, b: Place, x: float, y: float) -> float:
    across, down = b[0] - a[0], b[1] - a[1]
    length2 = across**2 + down**2
    along = 0.0 if length2 == 0 else min(1.0, max(0.0, ((x - a[0]) * across + (y - a[1]) * down) / length2))
    return (a[0] + along * across - x) ** 2 + (a[1] + along * down - y) ** 2
