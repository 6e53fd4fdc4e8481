# SPDX-License-Identifier: GPL-3.0-or-later
"""Building shim.c with whatever C compiler there is, and speaking to it from inside the watched program."""

import ctypes
import os
import shutil
import subprocess
import sys
from enum import IntFlag
from pathlib import Path

from clinic.domain.errors import PostaError

COMPILERS = ("cc", "gcc", "clang", "tcc")
SOURCE = Path(__file__).with_name("shim.c")


class CannotTry(PostaError):
    """Something of the trial itself is missing or ended; nothing is said about the book."""


class Call(IntFlag):
    """Kinds of calls that can be made to fail."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 4
    OPEN = 8
    UNLINK = 16
    RENAME = 32


EVERY = Call.WRITE | Call.SYNC | Call.TRUNCATE | Call.OPEN | Call.UNLINK | Call.RENAME


def why_not() -> str:
    """Why nothing can be watched on this computer; '' where it can."""
    if sys.platform != "linux":
        return "the disk is watched through the loader of Linux only"
    if not any(shutil.which(name) for name in COMPILERS):
        return f"no C compiler here: one of {', '.join(COMPILERS)} is needed (Debian: tcc)"
    return ""


def build(folder: Path) -> Path:
    """The shared library, compiled into `folder`. Raises CannotTry without a compiler that can."""
    reason = why_not()
    if reason:
        raise CannotTry("The disk cannot be watched here: {why}.", why=reason)
    made = folder / "shim.so"
    said = ""
    for compiler in filter(None, map(shutil.which, COMPILERS)):
        line = [compiler, "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-o", str(made), str(SOURCE)]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode == 0:
            return made
        said = done.stderr.strip() or said
    raise CannotTry("The disk cannot be watched here: the C compiler says {why}.", why=said[-300:])


def watched(library: Path, root: Path, log: Path | None = None) -> dict[str, str]:
    """The environment of a program whose changes under `root` are written down in `log`."""
    named = {"POSTA_DISK_LOG": str(log)} if log else {}
    return {**os.environ, "LD_PRELOAD": str(library), "POSTA_DISK_ROOT": str(root.resolve()), **named}


class Control:
    """From inside a watched program. Raises AttributeError where nothing is preloaded."""

    def __init__(self) -> None:
        loaded = ctypes.CDLL(None)
        self._mark, self._arm, self._calls = (
            loaded.posta_disk_mark,
            loaded.posta_disk_arm,
            loaded.posta_disk_calls,
        )
        self._arm.argtypes = [ctypes.c_long] * 4
        self._arm.restype = self._mark.restype = None
        self._calls.restype = ctypes.c_long

    def mark(self, line: str) -> None:
        """Write a line of our own between the changes of the disk."""
        self._mark(line.encode())

    def arm(self, kinds: Call, nth: int, number: int, all_after: bool = False) -> None:
        """The nth call of these kinds from now on fails with that errno; `all_after`: so do those that follow."""
        self._arm(int(kinds), nth, number, int(all_after))

    def disarm(self) -> int:
        """Nothing fails any more. Returns how many calls were counted since it was armed."""
        made = int(self._calls())
        self._arm(0, 0, 0, 0)
        return made
