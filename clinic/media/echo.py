# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the microphone hears the loudspeaker: then the other side hears itself, and headphones would help.

Pure but for two queues that two threads may fill. Only loudness is compared, so it costs next to nothing.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

SECONDS = 4
BLOCKS = 50 * SECONDS
"""Levels of 20 ms that are compared."""
LATEST = 25
"""Blocks, half a second, by which an echo may follow what was played."""
AUDIBLE = 0.003
"""Loudness 0..1 below which nothing is an echo."""
ALIKE = 0.8
OFTEN = 2
"""How many times in a row it must be alike."""


class EchoWatch:
    """`played` and `taken`: the loudness (0..1) of each block of 20 ms; `look` about once a second."""

    def __init__(self) -> None:
        self._played: deque[float] = deque(maxlen=BLOCKS)
        self._taken: deque[float] = deque(maxlen=BLOCKS)
        self._seen = 0

    def played(self, loudness: float) -> None:
        self._played.append(loudness)

    def taken(self, loudness: float) -> None:
        self._taken.append(loudness)

    def look(self) -> bool:
        """True once, when an echo has been there a while; again only after it was gone."""
        self._seen = self._seen + 1 if alike(list(self._played), list(self._taken)) >= ALIKE else 0
        return self._seen == OFTEN


def alike(played: list[float], taken: list[float]) -> float:
    """Highest correlation (0..1) of the two courses of loudness, the second one up to half a second later."""
    if min(len(played), len(taken)) < BLOCKS:
        return 0.0
    if np.percentile(played, 80) < AUDIBLE or np.percentile(taken, 80) < AUDIBLE:
        return 0.0
    ear, mouth = _course(played), _course(taken)
    return max(_correlation(ear[: BLOCKS - late], mouth[late:]) for late in range(LATEST + 1))


def _course(levels: list[float]) -> NDArray[np.float64]:
    """Decibels, with a floor."""
    course: NDArray[np.float64] = np.log10(np.maximum(np.array(levels), AUDIBLE / 3))
    return course


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    one, two = one - one.mean(), two - two.mean()
    power = float(np.sqrt(np.sum(one**2) * np.sum(two**2)))
    return max(0.0, float(np.sum(one * two)) / power) if power > 0 else 0.0
