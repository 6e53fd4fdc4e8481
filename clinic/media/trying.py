# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying the devices before a call: how loud the microphone is, whether it is silent, a sound for the loudspeaker, and which
devices there are, as they are plugged in and out. Nothing of it is kept.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from clinic.media.camera import camera_devices
from clinic.media.microphone import BLOCK, Microphone, microphone_devices
from clinic.media.notes import Take
from clinic.media.speaker import loudness
from clinic.media.voice import RATE, Sound

TOLD_BLOCKS = 5
"""Blocks of 20 ms between two words about loudness."""
SILENT_BLOCKS = 100
"""Two seconds of nothing but noughts: no room is that quiet, a switch is."""
FULL_DB = 40.0
"""What a meter shows, from a whisper across the room to a shout: dB below full."""
NOTES_HZ = (523.25, 659.25, 783.99)
NOTE_S, FADE_S, LOUD = 0.28, 0.02, 0.35


class Listening:
    """Reads a microphone and tells `level(0..1, silent)` ten times a second, from a thread of its own; `gone()` when it is
    pulled out. `take` hears the blocks too, while somebody records a phrase."""

    def __init__(
        self, microphone: Microphone, level: Callable[[float, bool], None], gone: Callable[[], None]
    ) -> None:
        self._microphone, self._level, self._gone = microphone, level, gone
        self.take: Take | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        loudest, blocks, nought = 0.0, 0, 0
        try:
            while not self._stop.is_set():
                block = self._microphone.read()
                if (take := self.take) is not None:
                    take(block)
                loudest, blocks = max(loudest, loudness(block)), blocks + 1
                nought = 0 if np.any(block) else nought + 1
                if blocks % TOLD_BLOCKS == 0:
                    self._level(meter(loudest), nought >= SILENT_BLOCKS)
                    loudest = 0.0
        except (OSError, av.FFmpegError, StopIteration, RuntimeError):
            if not self._stop.is_set():
                self._gone()
        finally:
            self._microphone.close()


def meter(level: float) -> float:
    """0..1 of a meter for a root mean square of 0..1, in decibels as ears hear.

    >>> meter(1.0), meter(0.1), meter(0.0)
    (1.0, 0.5, 0.0)
    """
    if level <= 0:
        return 0.0
    return round(min(1.0, max(0.0, 1.0 + 20 * float(np.log10(level)) / FULL_DB)), 3)


def chime() -> Sound:
    """Three notes upwards, each soft at its ends: a sound that nobody takes for noise."""
    count = round(NOTE_S * RATE)
    at = np.arange(count) / RATE
    edge = np.minimum(1.0, np.minimum(at, at[::-1]) / FADE_S)
    notes = [LOUD * edge * np.sin(2 * np.pi * hertz * at) for hertz in NOTES_HZ]
    whole = np.concatenate([*notes, np.zeros(BLOCK * 10)])
    return (whole * 32767).astype(np.int16)


def plugged() -> tuple[tuple[str, str], ...]:
    """(medium, name) of what is plugged in, without opening it."""
    found = [("camera", name) for name in camera_devices()]
    found += [("microphone", name) for name in microphone_devices()]
    if sys.platform.startswith("linux"):
        found += [("speaker", path.name) for path in sorted(Path("/dev/snd").glob("pcm*p"))]
    return tuple(found)
