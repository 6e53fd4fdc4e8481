# SPDX-License-Identifier: GPL-3.0-or-later
"""How much what was heard is like what was said: the delay from mouth to ear, and PESQ (ITU-T P.862.2).

PESQ comes from the package `pesq`, which is not locked: it is C to be compiled, and the code of the ITU in it
has terms of its own. Without it only the delay is measured.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.media.voice import RATE, Sound

WINDOW_S, LONGEST_S, PIECE_S = 1.0, 1.5, 8.0
WARM_S = 3.0
LOUD, ALIKE = 400.0, 0.35
_THIN = 6


def delays(said: Sound, heard: Sound) -> list[float]:
    """Seconds from mouth to ear, one for each second with speech in it that is found again."""
    found = []
    for start in range(int(WARM_S * RATE), len(said) - int(WINDOW_S * RATE), int(WINDOW_S * RATE)):
        piece = said[start : start + int(WINDOW_S * RATE)].astype(np.float64)
        if np.sqrt(np.mean(piece**2)) > LOUD:
            lag, alike = _lag(piece, heard[start : start + int((WINDOW_S + LONGEST_S) * RATE)])
            if alike > ALIKE:
                found.append(lag)
    return found


def pesq_of(said: Sound, heard: Sound) -> float | None:
    """The mean of pieces of 8 s, each moved by its own delay; None where the package is missing."""
    try:
        measure: Callable[..., float] = importlib.import_module("pesq").pesq
    except ImportError:
        return None
    marks = []
    for start in range(int(WARM_S * RATE), len(said) - int(PIECE_S * RATE) + 1, int(PIECE_S * RATE)):
        piece = said[start : start + int(PIECE_S * RATE)]
        lags = delays(np.concatenate([np.zeros(int(WARM_S * RATE), np.int16), piece]), np.concatenate(
            [np.zeros(int(WARM_S * RATE), np.int16), heard[start:]]))  # fmt: skip
        late = int(np.median(lags) * RATE) if lags else 0
        marks.append(_marked(measure, piece, heard[start + late :][: len(piece)]))
    return float(np.mean(marks)) if marks else None


def _marked(measure: Callable[..., float], said: Sound, heard: Sound) -> float:
    if len(heard) < len(said):
        heard = np.concatenate([heard, np.zeros(len(said) - len(heard), np.int16)])
    try:
        return float(measure(RATE // 3, _thinned(said, 3), _thinned(heard, 3), "wb"))
    except Exception:  # noqa: BLE001  # the package raises its own kinds where it finds no speech
        return 1.0


def _lag(piece: NDArray[Any], where: Sound) -> tuple[float, float]:
    """Seconds after the start of `where` at which the piece is heard, and how alike it is there (0..1)."""
    one, two = _thinned(piece, _THIN), _thinned(where, _THIN)
    if len(two) <= len(one):
        return 0.0, 0.0
    size = 1 << (len(one) + len(two)).bit_length()
    product = np.fft.irfft(np.fft.rfft(two, size) * np.conj(np.fft.rfft(one, size)), size)
    product = product[: len(two) - len(one) + 1]
    power = np.concatenate([[0.0], np.cumsum(two**2)])
    energy = (power[len(one) :] - power[: len(power) - len(one)]) * np.sum(one**2)
    alike = product / np.sqrt(np.maximum(energy, (1e3 * len(one)) ** 2))
    best = int(np.argmax(alike))
    return best * _THIN / RATE, float(alike[best])


def _thinned(sound: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Every `step`-th sample of a low-pass filtered sound."""
    taps = 16 * step + 1
    at = np.arange(taps) - taps // 2
    window = np.sinc(at / step * 0.95) * np.hanning(taps)
    smooth = np.convolve(sound.astype(np.float64), window / window.sum(), "same")
    thin: NDArray[np.float64] = smooth[::step]
    return thin
