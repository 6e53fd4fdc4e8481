# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that a call carried what was sent: marks are read, speech is recognised against the clip's own.

Sound is compared as mel spectrograms: each two-second window of what was received is looked for at every
place of the side's loop, and the best normalised correlations are averaged. Lost packets and codecs blur
single windows a little; another voice, noise or a hum match nowhere.
"""

from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from clinic.media.mark import Mark, read_mark
from clinic.media.microphone import read_sound
from clinic.media.voice import RATE, Sound, voice

HEARD = 0.6
"""`hears` above this means: that was the side's speech."""
BANDS = 24
HOP = RATE // 50
WINDOW = 100
"""Hops of one compared window, 2 s."""
FLOOR = 1e7
"""Energy added to each band before the logarithm, so that the hiss between words does not count."""
QUIET = 0.004
"""Root mean square below which a window is silence and says nothing."""
Floats = NDArray[np.float64]


def marks_in(path: str | Path) -> list[Mark]:
    """The mark of every picture of a film that has one, in order; as far as a broken file can be read."""
    found = []
    with av.open(str(path)) as film:
        try:
            for picture in film.decode(video=0):
                plane = picture.planes[0]
                rows = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
                if mark := read_mark(rows[: picture.height, : picture.width]):
                    found.append(mark)
        except av.FFmpegError:
            return found
    return found


def hears(heard: str | Path | Sound, side: str, cache_dir: Path | None = None) -> float:
    """How surely the side's speech is in a file or in 48 kHz mono samples, 0..1; compare with HEARD."""
    sound = heard if isinstance(heard, np.ndarray) else read_sound(str(heard))
    reference = _reference(side, cache_dir)
    scores = [_best_match(window, reference) for window in _windows(sound)]
    if not scores:
        return 0.0
    best = sorted(scores, reverse=True)[: max(1, (len(scores) + 1) // 2)]
    return max(0.0, sum(best) / len(best))


def spectrogram(sound: Sound) -> Floats:
    """Log energies in BANDS mel bands (100..6,000 Hz) every 20 ms, hops x bands."""
    size = 2 * HOP
    count = (len(sound) - size) // HOP + 1
    if count < 1:
        return np.zeros((0, BANDS))
    hops = np.lib.stride_tricks.sliding_window_view(sound, size)[::HOP][:count]
    power = np.abs(np.fft.rfft(hops * np.hanning(size), axis=1)) ** 2
    return np.log10(power @ _mel_bands(size) + FLOOR)


@cache
def _mel_bands(size: int) -> Floats:
    """Triangles, spectrum bins x bands."""
    low, high = 2595 * np.log10(1 + np.array([100.0, 6000.0]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(size, 1 / RATE)[:, None]
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    return np.clip(np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle)), 0, None)


@cache
def _reference(side: str, cache_dir: Path | None) -> Floats:
    """Every window of the side's loop, flattened and normalised: places x (WINDOW * BANDS)."""
    loop = voice(side, cache_dir).sound
    bands = spectrogram(np.concatenate([loop, loop[: (WINDOW + 2) * HOP]]))
    places = np.lib.stride_tricks.sliding_window_view(bands, (WINDOW, BANDS))[:, 0]
    return np.stack([_normal(place) for place in places])


def _windows(sound: Sound) -> list[Floats]:
    """Every second, a window that is not silence."""
    bands = spectrogram(sound)
    found = []
    for start in range(0, len(bands) - WINDOW + 1, WINDOW // 2):
        part = sound[start * HOP : (start + WINDOW) * HOP].astype(np.float64) / 32768
        if np.sqrt(np.mean(part**2)) >= QUIET:
            found.append(_normal(bands[start : start + WINDOW]))
    return found


def _normal(window: Floats) -> Floats:
    """Without each band's mean (a microphone's colour) and each hop's (loudness, pauses), of length 1."""
    centred = window - window.mean(axis=0)
    flat = (centred - centred.mean(axis=1, keepdims=True)).ravel()
    normal: Floats = flat / (float(np.linalg.norm(flat)) or 1.0)
    return normal


def _best_match(window: Floats, reference: Floats) -> float:
    return float((reference @ window).max())
