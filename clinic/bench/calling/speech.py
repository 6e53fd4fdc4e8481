# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech both peers say: close to a minute of espeak-ng in a quiet room, in a loop."""

import io
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.domain.errors import Unavailable

RATE = 48_000
SECONDS = 56
Samples = NDArray[np.int16]
_SENTENCES = (
    ("es-419+f3", 160, "Buenas tardes, ¿me escucha bien? La imagen llega clara."),
    (
        "es-419+m2",
        150,
        "Sí, doctora. Hoy me levanté con la presión un poco alta, ciento cuarenta y cinco sobre noventa.",
    ),
    ("es-419+f3", 155, "¿Tomó la pastilla azul antes de dormir, como habíamos quedado el jueves pasado?"),
    ("es-419+m2", 145, "La tomé, pero se me acabó la caja y en el pueblo no la consigo hasta fin de mes."),
    (
        "es-419+f3",
        165,
        "Le dejo una receta para la farmacia del hospital; su hija puede pasar a buscarla mañana.",
    ),
    ("es-419+m2", 150, "También me zumban los oídos cuando subo la cuesta, y a veces veo chispas."),
    ("es-419+f3", 160, "Respire hondo, quédese sentado y vuelva a medirse dentro de diez minutos."),
    ("es-419+m2", 155, "Está bien. ¿Y el azúcar? El número de esta mañana fue noventa y siete."),
    ("es-419+f3", 150, "Perfecto, siga así. Nos vemos el próximo viernes a las ocho y media."),
)
_PAUSE_S, _ROOM, _PEAK, _SEED = 0.45, 26.0, 0.5, 6
"""`_ROOM`: standard deviation of what a quiet room sounds like, -62 dB below full scale."""


def make_speech(path: Path) -> Path:
    """Writes a mono 48 kHz WAV. Raises Unavailable without espeak-ng."""
    if shutil.which("espeak-ng") is None:
        raise Unavailable("espeak-ng is not installed, so there is no speech to judge.")
    pause = np.zeros(int(_PAUSE_S * RATE))
    parts = [part for voice, speed, words in _SENTENCES for part in (_spoken(voice, speed, words), pause)]
    said = np.concatenate(parts)
    whole = np.resize(said, SECONDS * RATE)
    whole = whole * (_PEAK * 32767 / np.abs(whole).max()) + _room(len(whole))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.rint(whole), -32768, 32767).astype("<i2").tobytes())
    return path


def resampled(sound: NDArray[np.float64], rate: int, wanted: int) -> NDArray[np.float64]:
    """At another rate, through the spectrum; nothing above the lower of the two halves is left."""
    count = len(sound) * wanted // rate
    spectrum = np.fft.rfft(sound)
    kept = np.zeros(count // 2 + 1, complex)
    least = min(len(spectrum), len(kept))
    kept[:least] = spectrum[:least]
    return np.fft.irfft(kept, count) * (count / len(sound))


def _spoken(voice: str, speed: int, words: str) -> NDArray[np.float64]:
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", words]
    made = subprocess.run(command, check=True, capture_output=True, timeout=20).stdout
    with wave.open(io.BytesIO(made)) as file:
        rate, raw = (
            file.getframerate(),
            file.readframes(len(made)),
        )  # a pipe's header says a length that is not
    sound = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float64)
    return resampled(sound, rate, RATE)


def _room(count: int) -> NDArray[np.float64]:
    """Noise that falls with its frequency."""
    spectrum = np.fft.rfft(np.random.default_rng(_SEED).standard_normal(count))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 20 * count / RATE)), count)
    room: NDArray[np.float64] = noise * (_ROOM / noise.std())
    return room
