# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two sides of a generated call say: Spanish sentences by espeak-ng,
or a voice-like melody where it is missing.
"""

import hashlib
import io
import shutil
import subprocess
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.media.sources import SIDES

RATE = 48_000
Sound = NDArray[np.int16]
"""Mono, 48 kHz, 16 bit."""
PAUSE_S = 0.35

_CLINICIAN = (
    "Buenos días, soy la doctora de la posta central.",
    "Cuénteme desde cuándo tiene esa tos y si le falta el aire.",
    "Vamos a medir la presión otra vez y le explico el tratamiento.",
    "Tome una pastilla con el desayuno y vuelva a controlarse en dos semanas.",
)
_PATIENT = (
    "Buen día doctora, la escucho muy bien desde acá.",
    "Hace una semana que me duele la cabeza y de noche no puedo dormir.",
    "Mi hija me acompaña, ella anota todo lo que usted me dice.",
    "La medicación anterior se me terminó el martes por la mañana.",
)
_SPEAKERS = (("es-419+f2", 165, 52, _CLINICIAN), ("es-419+m3", 150, 42, _PATIENT))


@dataclass(frozen=True, slots=True)
class Voice:
    """A loop of speech; `spoken` is False where a melody stands in for it."""

    sound: Sound
    spoken: bool


@cache
def voice(side: str, cache_dir: Path | None = None) -> Voice:
    """The loop of a side, about 14 s; made once, and kept in `cache_dir` if one is given."""
    place = _cached(side, cache_dir)
    if place is not None and place.exists():
        return Voice(read_wave(place.read_bytes()), spoken=True)
    if shutil.which("espeak-ng") is None:
        return Voice(melody(side), spoken=False)
    sound = _speak(side)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{id(sound)}.part")
        part.write_bytes(write_wave(sound))
        part.replace(place)
    return Voice(sound, spoken=True)


def melody(side: str) -> Sound:
    """A voice-like hum of that side: a buzz with moving pitch and two formants, in syllables;
    always the same.
    """
    draw = np.random.default_rng(SIDES.index(side) + 41)
    parts = [_syllable(draw, 105 + 70 * (SIDES.index(side) % 2)) for _ in range(52)]
    return _levelled(np.concatenate(parts))


def _speak(side: str) -> Sound:
    number = SIDES.index(side)
    name, speed, pitch, sentences = _SPEAKERS[number % 2]
    turn = number // 2 % len(sentences)
    pitch_now = str(min(99, pitch + 6 * (number // 2)))
    parts = []
    for sentence in sentences[turn:] + sentences[:turn]:
        command = ["espeak-ng", "-v", name, "-s", str(speed), "-p", pitch_now, "--stdout", sentence]
        made = subprocess.run(command, check=True, capture_output=True, timeout=10)
        parts += [read_wave(made.stdout), np.zeros(int(PAUSE_S * RATE), np.int16)]
    return _levelled(np.concatenate(parts).astype(np.float64))


def read_wave(data: bytes) -> Sound:
    """Mono 16-bit WAV bytes of any rate as 48 kHz samples."""
    with wave.open(io.BytesIO(data)) as source:
        rate = source.getframerate()
        raw = source.readframes(
            min(source.getnframes(), len(data))
        )  # espeak writes a huge length into a pipe
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], np.int16)
    if rate == RATE:
        return samples
    at = np.arange(0, len(samples) - 1, rate / RATE)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.int16)


def write_wave(sound: Sound) -> bytes:
    """48 kHz mono WAV bytes."""
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(sound.tobytes())
    return out.getvalue()


def _syllable(draw: np.random.Generator, pitch: float) -> NDArray[np.float64]:
    length = int(RATE * draw.uniform(0.12, 0.3))
    t = np.arange(length) / RATE
    glide = pitch * draw.uniform(0.8, 1.3) * (1 + draw.uniform(-0.15, 0.15) * t / t[-1])
    phase = 2 * np.pi * np.cumsum(glide) / RATE
    first, second = draw.uniform(300, 800), draw.uniform(900, 2300)
    tone = np.zeros(length)
    for harmonic in range(1, 22):
        at = harmonic * pitch
        gain = 1 / (1 + ((at - first) / 120) ** 2) + 0.6 / (1 + ((at - second) / 160) ** 2)
        tone += gain * np.sin(harmonic * phase)
    return np.concatenate(
        [tone * np.abs(np.sin(np.pi * t / t[-1])) ** 0.6, np.zeros(int(RATE * draw.uniform(0.01, 0.09)))]
    )


def _levelled(sound: NDArray[np.float64]) -> Sound:
    peak = float(np.abs(sound).max()) or 1.0
    return (sound * (0.5 * 32767 / peak)).astype(np.int16)


def _cached(side: str, cache_dir: Path | None) -> Path | None:
    if cache_dir is None:
        return None
    words = repr((_SPEAKERS, side, PAUSE_S)).encode()
    return cache_dir / f"voice-{side}-{hashlib.sha256(words).hexdigest()[:12]}.wav"
