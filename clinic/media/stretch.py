# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech a little shorter or longer without a click: one period of it is taken out or said twice
(waveform similarity overlap-add, Verhelst and Roelands 1993). Pure.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.media.voice import RATE, Sound

SHORTEST, LONGEST = RATE * 25 // 10_000, RATE * 125 // 10_000
"""Samples of a period: 2.5 to 12.5 ms, 80 to 400 Hz."""
ALIKE = 0.65
"""Correlation from which two periods pass for one another."""
_THIN = 4
"""Every fourth sample is enough to compare by."""


def shorter(sound: Sound, quiet: bool) -> Sound:
    """Less by one period; unchanged where no two periods are alike. In `quiet` any cut passes."""
    period = _period(sound, quiet)
    if period == 0:
        return sound
    joined = _faded(sound[:period], sound[period : 2 * period])
    return np.concatenate([joined, sound[2 * period :]])


def longer(sound: Sound, quiet: bool) -> Sound:
    """More by one period; unchanged where no two periods are alike."""
    period = _period(sound, quiet)
    if period == 0:
        return sound
    joined = _faded(sound[period : 2 * period], sound[:period])
    return np.concatenate([sound[:period], joined, sound[period:]])


def _faded(out: Sound, into: Sound) -> Sound:
    """From one sound to another."""
    weight = np.linspace(0.0, 1.0, len(out), endpoint=False)
    mixed: Sound = np.rint(out * (1 - weight) + into * weight).astype(np.int16)
    return mixed


def _period(sound: Sound, quiet: bool) -> int:
    """The lag at which the sound is most like itself; 0 where it is not."""
    most = min(LONGEST, len(sound) // 2)
    if most < SHORTEST:
        return 0
    if quiet:
        return most
    thin = sound[: 2 * most : _THIN].astype(np.float64)
    lags = range(SHORTEST // _THIN, most // _THIN + 1)
    alike = [_alike(thin, lag) for lag in lags]
    best = int(np.argmax(alike))
    return lags[best] * _THIN if alike[best] >= ALIKE else 0


def _alike(sound: NDArray[Any], lag: int) -> float:
    """Normalised correlation of the first period of that length with the next."""
    one, two = sound[:lag], sound[lag : 2 * lag]
    power = float(np.dot(one, one) * np.dot(two, two))
    return float(np.dot(one, two)) / power**0.5 if power > 0 else 0.0
