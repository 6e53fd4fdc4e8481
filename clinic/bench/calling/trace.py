# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a side of a call, all by the machine's monotonic clock (s)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinic.bench.calling.speech import RATE, Samples

LATE_S = 0.03
"""A block that comes later than this finds a loudspeaker that has run dry."""
_SETTLED = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture a person saw from `at` on: the number in its mark (-1: not to be read), its size."""

    at: float
    index: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The luma of a picture that was shown."""

    index: int
    luma: NDArray[np.uint8]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Track:
    """Sound without holes: sample n is at `at` + n / RATE."""

    at: float
    sound: Samples

    def part(self, at: float, seconds: float) -> NDArray[np.float64]:
        """The sound from a moment on; silence where there is none."""
        count, first = round(seconds * RATE), round((at - self.at) * RATE)
        out = np.zeros(count)
        low, high = max(0, first), min(len(self.sound), first + count)
        if low < high:
            out[low - first : high - first] = self.sound[low:high]
        return out


NOTHING = Track(0.0, np.zeros(0, np.int16))


@dataclass(slots=True)
class Trace:
    """One side: the numbers of its own pictures when its camera gave them, what it saw and heard, what was said into it."""

    sent: list[tuple[float, int]] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    spoken: Track = NOTHING
    heard: Track = NOTHING


def track_of(blocks: Iterable[tuple[float, Samples]]) -> Track:
    """Blocks with the moments at which they began, as a loudspeaker plays them: one after the other, silence where one comes too
    late. The clock of their writer trembles, so the earliest of the first ones counts."""
    pieces = list(blocks)
    if not pieces:
        return NOTHING
    ends = np.cumsum([len(block) for _, block in pieces[:_SETTLED]])
    begin = min(
        at - (end - len(block)) / RATE for (at, block), end in zip(pieces[:_SETTLED], ends, strict=True)
    )
    out: list[Samples] = []
    length = 0
    for at, block in pieces:
        behind = at - begin - length / RATE
        if behind > LATE_S:
            out.append(np.zeros(int(behind * RATE), np.int16))
            length += len(out[-1])
        out.append(block)
        length += len(block)
    return Track(begin, np.concatenate(out))
