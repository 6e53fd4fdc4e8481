# SPDX-License-Identifier: GPL-3.0-or-later
"""The call engine as it is, in a process that can be told to go wrong:
`python -m clinic.bench.dying.mortal PYTHON -m clinic.media …`

SIGUSR1: a loop that never ends, in the thread of its events. SIGUSR2: all memory that it may have is taken, and kept; of one
heap for all threads, as glibc would leave to each what it had set aside for it (64 MB), and the engine could go on with that.
"""

import ctypes
import resource
import runpy
import signal
import sys
from pathlib import Path

_HEADROOM = 64 << 20
_M_ARENA_MAX = -8
"""mallopt(3)"""
_kept: list[bytearray] = []


def _spin(_number: int, _frame: object) -> None:
    while True:
        pass


def _spend(_number: int, _frame: object) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _HEADROOM,) * 2)
    for size in (1 << 20, 1 << 12):
        try:
            while True:
                _kept.append(bytearray(size))
        except MemoryError:
            continue


if __name__ == "__main__":
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_ARENA_MAX, 1)
    signal.signal(signal.SIGUSR1, _spin)
    signal.signal(signal.SIGUSR2, _spend)
    module = sys.argv[3]
    sys.argv = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
