# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person saw of the other: how many pictures, how late, how long it stood still, how true they were."""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinic.bench.calling.film import Film
from clinic.bench.calling.trace import Kept, Shown
from clinic.bench.result import percentile
from clinic.media.mark import strip_height

RECENT, LONGER, LONGER_S, STILL_S = 30, 3, 0.15, 1.0
"""A picture stands still when the next takes more than three times as long as the recent ones did and 150 ms more (as
`freezeCount` of W3C webrtc-stats, with the median of the last 30 for the mean), or a second, however slowly they come."""
_SLACK_S = 0.002
_WINDOW = 7
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """`latency_ms` is the median, 0 without pictures; `size` the most frequent height."""

    fps: float = 0.0
    frozen: float = 100.0
    latency_ms: float = 0.0
    latency95_ms: float = 0.0
    longest_s: float = 0.0
    height: int = 0
    unread: float = 0.0


def seen(sent: Sequence[tuple[float, int]], shown: Sequence[Shown], begin: float, end: float) -> Seen:
    """Of the pictures shown between two moments. A picture with the number of the one before it is no new one; one whose mark
    cannot be read is none."""
    within = [one for one in shown if begin <= one.at <= end]
    fresh = _fresh(within)
    if not fresh:
        return Seen(longest_s=end - begin)
    late = sorted(_latencies(sent, fresh))
    gaps = [b - a for a, b in pairwise([begin, *(one.at for one in fresh), end])]
    heights = [one.height for one in fresh]
    return Seen(
        fps=len(fresh) / (end - begin),
        frozen=100 * sum(stood_still(gaps)) / (end - begin),
        latency_ms=1000 * median(late) if late else 0.0,
        latency95_ms=1000 * percentile(late, 0.95) if late else 0.0,
        longest_s=max(gaps),
        height=max(set(heights), key=heights.count),
        unread=100 * sum(one.index < 0 for one in within) / len(within),
    )


def stood_still(gaps: Sequence[float]) -> list[float]:
    """Those of the gaps between pictures in which the picture stood still."""
    usual, still = median(gaps), []
    recent: deque[float] = deque(maxlen=RECENT)
    for gap in gaps:
        pace = median(recent) if len(recent) >= LONGER else usual
        if gap > min(STILL_S, max(LONGER * pace, pace + LONGER_S)):
            still.append(gap)
        recent.append(gap)
    return still


def first_after(shown: Iterable[Shown], moment: float) -> float | None:
    """When the first new picture came after a moment."""
    ordered = _fresh(list(shown))
    return next((one.at for one in ordered if one.at > moment), None)


def likeness(kept: Iterable[Kept], film: Film) -> float:
    """Mean structural similarity (SSIM, 0..1) of pictures with what was filmed, enlarged to its size; the mark is left out."""
    of_each = [_ssim_of(one, film) for one in kept if one.index >= 0]
    return float(np.mean(of_each)) if of_each else 0.0


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Wang, Bovik, Sheikh, Simoncelli 2004, over windows of 7 x 7, of two planes of the same size."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = _mean(a), _mean(b)
    var_a, var_b = _mean(a * a) - mean_a**2, _mean(b * b) - mean_b**2
    both = _mean(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    return float((top / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))).mean())


def _fresh(shown: Sequence[Shown]) -> list[Shown]:
    fresh: list[Shown] = []
    for one in shown:
        if one.index >= 0 and (not fresh or one.index != fresh[-1].index):
            fresh.append(one)
    return fresh


def _latencies(sent: Sequence[tuple[float, int]], fresh: Sequence[Shown]) -> list[float]:
    """From the camera to the screen; the film is a loop, so the last time the number was sent counts."""
    moments: dict[int, list[float]] = defaultdict(list)
    for at, index in sent:
        moments[index].append(at)
    late = []
    for one in fresh:
        before = moments.get(one.index, [])
        place = bisect_right(before, one.at + _SLACK_S)
        if place:
            late.append(max(0.0, one.at - before[place - 1]))
    return late


def _ssim_of(kept: Kept, film: Film) -> float:
    filmed = film.luma(kept.index)
    luma = kept.luma
    if luma.shape != filmed.shape:
        luma = np.array(Image.fromarray(luma).resize((film.width, film.height), Image.Resampling.BILINEAR))
    edge = strip_height(film.height) + 4
    return ssim(luma[edge:], filmed[edge:])


def _mean(plane: Floats) -> Floats:
    """The mean of every whole window."""
    sums = np.pad(plane, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    w = _WINDOW
    result: Floats = (sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]) / w**2
    return result
