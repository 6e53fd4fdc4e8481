# SPDX-License-Identifier: GPL-3.0-or-later
"""The microphone port: a device through PyAV, a sound file, the talking clip's speech, or silence.
Blocks of 20 ms.
"""

import errno
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from clinic.media.sources import Missing, Spec
from clinic.media.voice import RATE, Sound, voice

BLOCK = RATE // 50
"""Samples of one block, 20 ms."""
KEPT_S = 0.5
BUSY = "Another program uses the microphone. Close it, then try again."
MISSING = "No microphone was found. Plug one in, or write in the chat instead."


class Microphone(Protocol):
    """`read` blocks and gives the next 960 samples of 48 kHz mono."""

    name: str

    def read(self) -> Sound: ...

    def close(self) -> None: ...


class Beat:
    """Numbers of the blocks of 20 ms, each at its time. As a sound card does, it keeps what was not fetched in
    time: missed blocks follow at once, unless it is more than `kept_s`; then they are skipped.
    """

    def __init__(
        self,
        kept_s: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._kept_s, self._now, self._sleep = kept_s, now, sleep
        self._next = 0
        self.start: float | None = None

    def wait(self) -> int:
        now = self._now()
        if self.start is None:
            self.start = now
        due = self.start + self._next * BLOCK / RATE
        if due > now:
            self._sleep(due - now)
        elif now - due > self._kept_s:
            self._next = int((now - self.start) * RATE / BLOCK)
        number, self._next = self._next, self._next + 1
        return number


class LoopMicrophone:
    """Samples in a loop at real time; an empty loop is silence."""

    def __init__(self, name: str, sound: Sound) -> None:
        self.name = name
        whole = sound[: len(sound) // BLOCK * BLOCK] if len(sound) >= BLOCK else np.zeros(BLOCK, np.int16)
        self._blocks = whole.reshape(-1, BLOCK)
        self._beat = Beat(KEPT_S)

    def read(self) -> Sound:
        block: Sound = self._blocks[self._beat.wait() % len(self._blocks)]
        return block

    def close(self) -> None:
        pass


class DeviceMicrophone:
    def __init__(self, device: str, kind: str) -> None:
        self.name = device
        try:
            self._device = av.open(device, format=kind, timeout=(5.0, 2.0))
        except (OSError, av.FFmpegError) as error:
            raise Missing(BUSY if error.errno == errno.EBUSY else MISSING) from error
        self._blocks = self._decoded()

    def read(self) -> Sound:
        return next(self._blocks)

    def close(self) -> None:
        self._device.close()

    def _decoded(self) -> Generator[Sound, None, None]:
        resampler = av.AudioResampler("s16", "mono", RATE, frame_size=BLOCK)
        for frame in self._device.decode(audio=0):
            for block in resampler.resample(frame):
                yield block.to_ndarray().reshape(-1).astype(np.int16)


def open_microphone(spec: Spec, cache: Path | None) -> Microphone:
    """Raises Missing when there is no such microphone."""
    match spec.kind:
        case "clip":
            return LoopMicrophone(f"clip {spec.value}", voice(spec.value, cache).sound)
        case "file":
            return LoopMicrophone(Path(spec.value).name, read_sound(spec.value))
        case "auto":
            return _first_device()
    raise Missing(MISSING)


def silence() -> Microphone:
    """What is sent where there is no microphone, so that the path stays open and measured."""
    return LoopMicrophone("silence", np.zeros(BLOCK, np.int16))


def microphone_devices() -> list[str]:
    """What may be a microphone on this machine, without opening it."""
    if sys.platform.startswith("linux"):
        return ["default"] if any(Path("/dev/snd").glob("pcm*c")) else []
    return [":0"] if sys.platform == "darwin" else []


def read_sound(path: str) -> Sound:
    """All sound of a file as 48 kHz mono. Raises Missing when it cannot be read."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    blocks = []
    try:
        with av.open(path) as source:
            for frame in source.decode(audio=0):
                blocks += [block.to_ndarray().reshape(-1) for block in resampler.resample(frame)]
            blocks += [block.to_ndarray().reshape(-1) for block in resampler.resample(None)]
    except (OSError, av.FFmpegError, IndexError) as error:
        raise Missing(
            "The sound file {name} cannot be read. Check the file.", name=Path(path).name
        ) from error
    return np.concatenate(blocks).astype(np.int16) if blocks else np.zeros(0, np.int16)


def _first_device() -> Microphone:
    kind = {"linux": "alsa", "darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "")
    for device in microphone_devices():
        return DeviceMicrophone(device, kind)
    raise Missing(MISSING)
