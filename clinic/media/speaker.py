# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrives is heard at real time: a short buffer, a 20 ms clock, and a device or nothing at its end.

What the clock takes is exactly what a listener hears, gaps included; the recorder writes this.
"""

import contextlib
import fractions
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av import AudioFrame
from av.container import OutputContainer

from clinic.media.camera import Pace
from clinic.media.microphone import BLOCK
from clinic.media.sources import Missing
from clinic.media.traced import TracedSink
from clinic.media.voice import RATE, Sound

PREFILL = 3 * BLOCK
"""Samples that are collected before sound starts: 60 ms against jitter."""
CAP = 25 * BLOCK
"""Samples that are kept at most: 500 ms; older ones are dropped so that a talk never lags."""
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
            raise Missing(MISSING) from error

    def play(self, block: Sound) -> None:
        for packet in self._stream.encode(audio_frame(block, self._at)):
            self._device.mux(packet)
        self._at += len(block)

    def close(self) -> None:
        with contextlib.suppress(OSError, av.FFmpegError):
            self._device.close()


class Buffer:
    """A jitter buffer of samples; pure but for its lock."""

    def __init__(self) -> None:
        self._blocks: deque[Sound] = deque()
        self._held = 0
        self._playing = False
        self._lock = threading.Lock()

    def put(self, sound: Sound) -> None:
        with self._lock:
            self._blocks.append(sound)
            self._held += len(sound)
            while self._held > CAP:
                self._held -= len(self._blocks.popleft())

    def take(self) -> Sound | None:
        """The next 960 samples, or None while there are not enough."""
        with self._lock:
            if self._held < (BLOCK if self._playing else PREFILL):
                self._playing = False
                return None
            self._playing = True
            return self._cut()

    def _cut(self) -> Sound:
        parts, wanted = [], BLOCK
        while wanted:
            block = self._blocks.popleft()
            if len(block) > wanted:
                self._blocks.appendleft(block[wanted:])
                block = block[:wanted]
            parts.append(block)
            wanted -= len(block)
        self._held -= BLOCK
        return np.concatenate(parts)


class Speaker:
    """The clock: every 20 ms a block goes to the sink and to whoever listens (the recorder)."""

    def __init__(self, sink: Sink, listen: Callable[[Sound], None] = lambda block: None) -> None:
        self.level = 0.0
        self._sink, self._listen, self._buffer = sink, listen, Buffer()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def put(self, sound: Sound) -> None:
        """Samples that arrived, 48 kHz mono."""
        self._buffer.put(sound)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)
        self._sink.close()

    def _run(self) -> None:
        pace, quiet = Pace(50), np.zeros(BLOCK, np.int16)
        while not self._stop.is_set():
            pace.wait()
            block = self._buffer.take()
            heard = quiet if block is None else block
            self.level = 0.9 * self.level + 0.1 * loudness(heard)
            self._sink.play(heard)
            self._listen(heard)


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
