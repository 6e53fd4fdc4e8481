# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person heard of the other: how late, what was missing, and the pieces that PESQ and STOI judge."""

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from clinic.bench.calling.speech import RATE, resampled
from clinic.bench.calling.trace import Track
from clinic.bench.result import percentile

JUDGED_RATE = 16_000
PIECE_S = 8.0
"""What PESQ takes at a time (P.862: 8 to 12 s)."""
LATEST_S = 4.0
_SLOW = 8_000
"""The delay is looked for at this rate."""
_LOOK_S, _SURE = 1.0, 0.35
_HOP_S, _AROUND_S, _SILENT = 0.02, 0.06, 0.1
"""Speech is missing where, within 60 ms of its place, there is less than a tenth of its amplitude."""
_LOUD = 0.1
"""Part of the loud hops' amplitude above which a hop is speech."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seconds at 16 kHz: what was said, what was heard by the delay in their middle (PESQ finds smaller shifts itself), and
    the same with each second by its own delay (STOI does not)."""

    said: Floats
    heard: Floats
    aligned: Floats


@dataclass(frozen=True, slots=True)
class Heard:
    """`delay_ms`: mouth to ear, median; `missing`: percent of the speech; `longest_ms`: the longest that was missing without a
    break; `pieces`: what is to be judged, None where nothing was heard at all."""

    delay_ms: float = 0.0
    delay95_ms: float = 0.0
    missing: float = 100.0
    longest_ms: float = 0.0
    pieces: tuple[Piece | None, ...] = ()


def heard(spoken: Track, ear: Track, begin: float, end: float) -> Heard:
    """Of what was spoken between two moments."""
    last = end - LATEST_S / 2
    delays = _delays(spoken, ear, begin, last)
    if not delays:
        return Heard(longest_ms=1000 * (last - begin), pieces=(None,) * len(_places(begin, last)))
    found = [delay for _, delay in delays]
    hops = _hops(spoken, ear, begin, last, delays)
    return Heard(
        delay_ms=1000 * median(found),
        delay95_ms=1000 * percentile(found, 0.95),
        missing=100 * sum(not there for _, there in hops) / max(1, len(hops)),
        longest_ms=1000 * _longest(hops),
        pieces=tuple(_piece(spoken, ear, at, delays) for at in _places(begin, last)),
    )


def back_after(spoken: Track, ear: Track, moment: float, end: float) -> float | None:
    """Seconds from a moment (or from when something was said next) until speech was heard again; None if it never was."""
    delays = _delays(spoken, ear, moment, end - LATEST_S / 2)
    hops = _hops(spoken, ear, moment, end - LATEST_S / 2, delays) if delays else []
    for at, there in hops:
        if there:
            return at + _delay_at(delays, at) - hops[0][0]
    return None


def _delays(spoken: Track, ear: Track, begin: float, end: float) -> list[tuple[float, float]]:
    """(moment, delay) of every second of speech that is found again: the best normalised correlation."""
    quiet, mouth, other = _quiet(spoken), _slow(spoken), _slow(ear)
    found, at = [], begin
    while at + _LOOK_S <= end:
        said = _cut(mouth, at - spoken.at, _LOOK_S)
        if np.sqrt(np.mean(said**2)) > quiet:
            place = _place(said, _cut(other, at - ear.at, _LOOK_S + LATEST_S))
            if place is not None:
                found.append((at, place / _SLOW))
        at += _LOOK_S
    return found


def _slow(track: Track) -> Floats:
    return resampled(track.sound.astype(np.float64), RATE, _SLOW) if len(track.sound) else np.zeros(0)


def _cut(slow: Floats, at: float, seconds: float) -> Floats:
    """A part of a slow track; silence where there is none."""
    out = np.zeros(round(seconds * _SLOW))
    first = round(at * _SLOW)
    low, high = max(0, first), min(len(slow), first + len(out))
    if low < high:
        out[low - first : high - first] = slow[low:high]
    return out


def _place(said: Floats, ear: Floats) -> int | None:
    """Where in `ear` that was heard, if it was."""
    size = 1 << (len(ear) + len(said)).bit_length()
    product = np.fft.rfft(ear, size) * np.conj(np.fft.rfft(said, size))
    likeness = np.fft.irfft(product, size)[: len(ear) - len(said) + 1]
    energy = np.cumsum(np.pad(ear**2, (1, 0)))
    around = energy[len(said) :] - energy[: -len(said)]
    least = 0.01 * float(np.sum(said**2))
    score = likeness / np.sqrt(np.maximum(around, least) * float(np.sum(said**2)))
    best = int(np.argmax(score))
    return best if score[best] > _SURE else None


def _quiet(spoken: Track) -> float:
    """Amplitude under which there is no speech."""
    step = int(_HOP_S * RATE)
    hops = spoken.sound[: len(spoken.sound) // step * step].astype(np.float64).reshape(-1, step)
    return _LOUD * float(np.percentile(np.sqrt((hops**2).mean(axis=1)), 95)) if len(hops) else 0.0


def _delay_at(delays: list[tuple[float, float]], at: float) -> float:
    return float(np.interp(at, [moment for moment, _ in delays], [delay for _, delay in delays]))


def _hops(
    spoken: Track, ear: Track, begin: float, end: float, delays: list[tuple[float, float]]
) -> list[tuple[float, bool]]:
    """(moment, whether it was heard) of every 20 ms of speech."""
    moments = np.arange(begin, end, _HOP_S)
    loud = _amplitudes(spoken, moments)
    late = np.interp(moments, [at for at, _ in delays], [delay for _, delay in delays])
    places = np.arange(-_AROUND_S, _AROUND_S + _HOP_S / 2, _HOP_S)
    there = np.max([_amplitudes(ear, moments + late + place) for place in places], axis=0)
    speech = loud > _quiet(spoken)
    return [
        (float(at), bool(ok))
        for at, ok in zip(moments[speech], (there >= _SILENT * loud)[speech], strict=True)
    ]


def _amplitudes(track: Track, moments: Floats) -> Floats:
    """Of the 20 ms from each moment on; 0 where there is no sound."""
    energy = np.cumsum(np.pad(track.sound.astype(np.float64) ** 2, (1, 0)))
    first = np.rint((moments - track.at) * RATE).astype(int)
    count = int(_HOP_S * RATE)
    low, high = (np.clip(first + shift, 0, len(track.sound)) for shift in (0, count))
    amplitudes: Floats = np.sqrt((energy[high] - energy[low]) / count)
    return amplitudes


def _longest(hops: list[tuple[float, bool]]) -> float:
    """The longest stretch without any speech heard, pauses within it included."""
    longest, since = 0.0, None
    for at, there in hops:
        if there:
            since = None
        else:
            since = at if since is None else since
            longest = max(longest, at + _HOP_S - since)
    return longest


def _places(begin: float, end: float) -> list[float]:
    """Where the pieces begin."""
    return [begin + nth * PIECE_S for nth in range(int((end - begin) // PIECE_S))]


def _piece(spoken: Track, ear: Track, at: float, delays: list[tuple[float, float]]) -> Piece:
    seconds = [at + nth for nth in range(int(PIECE_S))]
    aligned = np.concatenate([ear.part(one + _delay_at(delays, one), 1.0) for one in seconds])
    return Piece(
        said=resampled(spoken.part(at, PIECE_S), RATE, JUDGED_RATE),
        heard=resampled(ear.part(at + _delay_at(delays, at + PIECE_S / 2), PIECE_S), RATE, JUDGED_RATE),
        aligned=resampled(aligned, RATE, JUDGED_RATE),
    )
