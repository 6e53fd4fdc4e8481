# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound written down with the moment at which it passed, for measuring: what the microphone gave, what the loudspeaker played.

A trace is a row of blocks: seconds of the machine's monotonic clock (double), number of samples (uint32), the samples (16 bit,
48 kHz, mono), little-endian. `desktop` never asks for one; `posta bench call` does.
"""

import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from clinic.media.sources import Missing
from clinic.media.voice import Sound

if TYPE_CHECKING:
    from clinic.media.microphone import Microphone

_HEAD = struct.Struct("<dI")


class Trace:
    """A trace that is being written. Raises Missing where it cannot be."""

    def __init__(self, path: str | Path, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        try:
            self._file: BinaryIO = open(path, "wb")  # noqa: SIM115  # closed by close()
        except OSError as error:
            raise Missing(
                "{path} cannot be written. Name a file in a folder that exists.", path=str(path)
            ) from error

    def add(self, block: Sound) -> None:
        self._file.write(_HEAD.pack(self._now(), len(block)) + np.ascontiguousarray(block, "<i2").tobytes())

    def close(self) -> None:
        self._file.close()


class TracedSink:
    """A loudspeaker nobody hears, whose sound is kept."""

    def __init__(self, path: str | Path) -> None:
        self.name = "trace"
        self._trace = Trace(path)

    def play(self, block: Sound) -> None:
        self._trace.add(block)

    def close(self) -> None:
        self._trace.close()


class TracedMicrophone:
    """Gives what another one gives, and keeps it."""

    def __init__(self, inner: "Microphone", path: str | Path) -> None:
        self.name = inner.name
        self._inner, self._trace = inner, Trace(path)

    def read(self) -> Sound:
        block = self._inner.read()
        self._trace.add(block)
        return block

    def close(self) -> None:
        self._inner.close()
        self._trace.close()


def read_trace(path: str | Path) -> Iterator[tuple[float, Sound]]:
    """(when, samples) of each block; the end of a trace whose writer was killed is left out."""
    data = Path(path).read_bytes()
    at = 0
    while at + _HEAD.size <= len(data):
        when, count = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + 2 * count > len(data):
            return
        yield when, np.frombuffer(data, "<i2", count, at).astype(np.int16)
        at += 2 * count
