# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrives is heard at real time: a 20 ms clock that takes its blocks from the playout, and a device or
nothing at its end.

What the clock takes is exactly what a listener hears, gaps included; the recorder writes this.
"""

import contextlib
import errno
import fractions
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av import AudioFrame
from av.container import OutputContainer

from clinic.media.microphone import BLOCK, Beat
from clinic.media.sources import Missing
from clinic.media.traced import TracedSink
from clinic.media.voice import RATE, Sound

TICK_S = BLOCK / RATE
KEPT_S = 0.2
"""What a sound card plays on by itself while this computer is busy; it is filled up again afterwards."""
Source = Callable[[float], Sound]
"""Seconds of `time.monotonic` -> the 960 samples that are heard from then on."""
BUSY = "Another program uses the loudspeaker. Close it, then try again."
MISSING = "No loudspeaker was found. Plug one in, or use headphones."


class Sink(Protocol):
    """Where sound goes."""

    name: str

    def play(self, block: Sound) -> None: ...

    def close(self) -> None: ...


class NullSink:
    """A loudspeaker nobody hears."""

    name = "null"

    def play(self, block: Sound) -> None:
        pass

    def close(self) -> None:
        pass


class DeviceSink:
    """The system's sound output through PyAV."""

    def __init__(self, device: str, kind: str) -> None:
        self.name = device
        self._at = 0
        try:
            self._device: OutputContainer = av.open(device, "w", format=kind)
            self._stream = self._device.add_stream("pcm_s16le", rate=RATE, layout="mono")
            self._device.start_encoding()
        except (OSError, av.FFmpegError, ValueError) as error:
            busy = getattr(error, "errno", None) == errno.EBUSY
            raise Missing(BUSY if busy else MISSING) from error

    def play(self, block: Sound) -> None:
        for packet in self._stream.encode(audio_frame(block, self._at)):
            self._device.mux(packet)
        self._at += len(block)

    def close(self) -> None:
        with contextlib.suppress(OSError, av.FFmpegError):
            self._device.close()


class Speaker:
    """The clock: every 20 ms a block goes to the sink and to whoever listens (the recorder); silence while it is `deaf`."""

    def __init__(self, sink: Sink, listen: Callable[[Sound], None] = lambda block: None) -> None:
        self.level, self.deaf = 0.0, False
        self._sink, self._listen = sink, listen
        self._source: Source = _quiet
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def hear(self, source: Source) -> None:
        """From the next block on it is taken from there."""
        self._source = source

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)
        self._sink.close()

    def _run(self) -> None:
        beat = Beat(KEPT_S)
        while not self._stop.is_set():
            number = beat.wait()
            heard = self._source((beat.start or 0.0) + number * TICK_S)
            if self.deaf:
                heard = np.zeros_like(heard)
            self.level = 0.9 * self.level + 0.1 * loudness(heard)
            self._sink.play(heard)
            self._listen(heard)


def _quiet(at: float) -> Sound:
    return np.zeros(BLOCK, np.int16)


def open_sink(kind: str) -> Sink:
    """`null`, `file:PATH` for a trace, or `auto` for the system's output. Raises Missing when there is none."""
    if kind == "null":
        return NullSink()
    if kind.startswith("file:"):
        return TracedSink(kind.removeprefix("file:"))
    if sys.platform.startswith("linux") and any(Path("/dev/snd").glob("pcm*p")):
        return DeviceSink("default", "alsa")
    raise Missing(MISSING)


def loudness(block: Sound) -> float:
    """Root mean square 0..1."""
    return float(np.sqrt(np.mean((block.astype(np.float32) / 32768) ** 2))) if len(block) else 0.0


def mono(frame: AudioFrame) -> Sound:
    """Samples of a decoded 16-bit frame, mixed to one channel."""
    channels = len(frame.layout.channels)
    samples = frame.to_ndarray()
    rows = samples if frame.format.is_planar else samples.reshape(-1, channels).T
    mixed: Sound = (rows.astype(np.int32).sum(axis=0) // channels).astype(np.int16)
    return mixed


def audio_frame(block: Sound, at: int) -> AudioFrame:
    """A 48 kHz mono frame whose first sample is number `at`."""
    frame = AudioFrame(format="s16", layout="mono", samples=len(block))
    frame.planes[0].update(np.ascontiguousarray(block).tobytes())
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, fractions.Fraction(1, RATE)
    return frame
