# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from the engine to the screen through shared memory: a few slots, the newest wins, no torn reads.

The screen makes a ring (`Ring.make`) and hands its name over; the engine attaches (`Ring.attach`) and writes. The
maker holds a lock on its ring for as long as it lives: what lies in /dev/shm without one was left behind by a program
that was killed, and the next maker removes it.

Each slot carries its number twice, set before and after the picture: a reader that finds two different numbers has read
while the slot was being written, and drops it. Pictures are BGRX rows without padding (QImage.Format_RGB32).
"""

import contextlib
import itertools
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

if sys.platform == "linux":
    import fcntl

SLOTS = 4
LARGEST = (1280, 720)
"""Width and height of the largest picture a slot can hold."""
_HEAD = struct.Struct("<QIIQ")  # number before, width, height, number after
_SLOT = 64 + LARGEST[0] * LARGEST[1] * 4
_PLACE = Path("/dev/shm")
_PREFIX = "posta_ring_"
_counter = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Picture:
    """A copy of one slot: `pixels` is height x width x 4 bytes."""

    seq: int
    width: int
    height: int
    pixels: bytearray


class Ring:
    """One direction of pictures between two processes."""

    def __init__(self, memory: SharedMemory, owner: bool, lock: int | None = None) -> None:
        self._memory, self._lock = memory, lock
        self._view: memoryview = memory.buf if memory.buf is not None else memoryview(b"")
        self._owner = owner
        self._seq = 0

    @classmethod
    def make(cls) -> "Ring":
        """A new ring, removed by `close()`; those of programs that are dead are removed now."""
        sweep()
        while True:
            with contextlib.suppress(FileExistsError):
                memory = SharedMemory(
                    f"{_PREFIX}{os.getpid()}_{next(_counter)}", create=True, size=SLOTS * _SLOT
                )
                lock = _held(_PLACE / memory.name)
                if lock is not None or sys.platform != "linux":
                    return cls(memory, owner=True, lock=lock)
                memory.close()  # somebody swept it away before it was locked

    @classmethod
    def attach(cls, name: str) -> "Ring":
        """A ring somebody else made. Raises FileNotFoundError."""
        return cls(_borrowed(name), owner=False)

    @property
    def name(self) -> str:
        return self._memory.name

    def write(self, pixels: Any, width: int, height: int) -> tuple[int, int]:
        """Puts a picture (any contiguous buffer of width x height x 4 bytes) into the oldest slot -> (slot,
        seq).
        """
        if width * height * 4 > _SLOT - 64:
            raise ValueError("a picture larger than a slot")
        self._seq += 1
        slot = self._seq % SLOTS
        start = slot * _SLOT
        view = self._view
        _HEAD.pack_into(view, start, self._seq, width, height, 0)
        view[start + 64 : start + 64 + width * height * 4] = memoryview(pixels).cast("B")
        _HEAD.pack_into(view, start, self._seq, width, height, self._seq)
        return slot, self._seq

    def read(self, slot: int, seq: int) -> Picture | None:
        """The picture `seq` in `slot`, or None if it has been overwritten meanwhile, or cannot be."""
        start = slot * _SLOT
        view = self._view
        before, width, height, after = _HEAD.unpack_from(view, start)
        if (before, after) != (seq, seq) or width * height * 4 > _SLOT - 64:
            return None
        pixels = bytearray(view[start + 64 : start + 64 + width * height * 4])
        now, _, _, _ = _HEAD.unpack_from(view, start)
        return Picture(seq, width, height, pixels) if now == seq else None

    def newest(self) -> Picture | None:
        """The newest whole picture, if there is any."""
        heads = [(*_HEAD.unpack_from(self._view, slot * _SLOT), slot) for slot in range(SLOTS)]
        whole = [(before, slot) for before, _, _, after, slot in heads if before and before == after]
        for seq, slot in sorted(whole, reverse=True):
            if picture := self.read(slot, seq):
                return picture
        return None

    def wipe(self) -> None:
        """Forget every picture, so that nobody sees the last patient."""
        for start in range(0, SLOTS * _SLOT, _SLOT):
            _, width, height, _ = _HEAD.unpack_from(self._view, start)
            end = min(start + 64 + width * height * 4, start + _SLOT)
            self._view[start:end] = bytes(end - start)

    def close(self) -> None:
        """Let go; the maker also removes it."""
        self._view.release()
        self._memory.close()
        if self._owner:
            with contextlib.suppress(FileNotFoundError):
                self._memory.unlink()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove the rings of programs that were killed. Elsewhere than on Linux the system does it."""
    if sys.platform != "linux":
        return
    for left in _PLACE.glob(f"{_PREFIX}*"):
        if (lock := _held(left)) is not None:
            left.unlink(missing_ok=True)
            os.close(lock)


def _held(ring: Path) -> int | None:
    """The lock of a ring that nobody holds and that is still there; None for any other."""
    if sys.platform != "linux":
        return None
    try:
        handle = os.open(ring, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), os.stat(ring)):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None


def _borrowed(name: str) -> SharedMemory:
    """Attach without the resource tracker,
    which before Python 3.13 removes what other processes still use.
    """
    if sys.version_info >= (3, 13):
        return SharedMemory(name=name, track=False)
    with _untracked():
        return SharedMemory(name=name)


@contextlib.contextmanager
def _untracked() -> Iterator[None]:
    register = resource_tracker.register
    resource_tracker.register = lambda name, rtype: None
    try:
        yield
    finally:
        resource_tracker.register = register
