# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server's processes hold and use while they are under load, read once a second; and when memory is called flat."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

WARM_UP, LONGEST_WARM_UP_S = 1 / 3, 180.0
FLAT_PERCENT = 1.0
"""Memory is flat if the straight line through what was held after the warm-up (the first third, three minutes at most)
rises by less than this."""


@dataclass(frozen=True, slots=True)
class Held:
    """At a moment: resident bytes, and those that are the processes' own share (Linux; elsewhere the same)."""

    at_s: float
    rss: int
    pss: int


@dataclass(frozen=True, slots=True)
class Course:
    """Megabytes of resident memory after the warm-up: at its start, in the middle, at the end, by the line through all of it."""

    start: float
    middle: float
    end: float
    a_minute: float

    @property
    def growth_percent(self) -> float:
        return 100 * (self.end - self.start) / self.start if self.start else 0.0


def course(held: Sequence[Held]) -> Course:
    """By least squares. Needs two moments after the warm-up."""
    began = held[0].at_s
    warm = min(WARM_UP * (held[-1].at_s - began), LONGEST_WARM_UP_S)
    settled = [(one.at_s - began, one.rss / 2**20) for one in held if one.at_s - began >= warm]
    middle_s = sum(at for at, _ in settled) / len(settled)
    middle = sum(mb for _, mb in settled) / len(settled)
    spread = sum((at - middle_s) ** 2 for at, _ in settled) or 1.0
    slope = sum((at - middle_s) * (mb - middle) for at, mb in settled) / spread
    half = (settled[-1][0] - settled[0][0]) / 2
    return Course(middle - slope * half, middle, middle + slope * half, 60 * slope)


@dataclass
class Watch:
    """A thread that looks at processes until it is left; use as a context."""

    pids: Sequence[int]
    every_s: float = 1.0
    held: list[Held] = field(default_factory=list)

    def __enter__(self) -> "Watch":
        self._processes = [psutil.Process(pid) for pid in self.pids]
        self._over, self._began, self._before = threading.Event(), time.perf_counter(), cpu_s(self.pids)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self.took_s = time.perf_counter() - self._began
        self.cpu_share = (cpu_s(self.pids) - self._before) / self.took_s

    def _look(self) -> None:
        while True:
            with suppress(psutil.Error):
                parts = [(one.memory_info().rss, _pss(one)) for one in self._processes]
                at = time.perf_counter() - self._began
                self.held.append(
                    Held(at, sum(rss for rss, _ in parts), sum(pss or rss for rss, pss in parts))
                )
            if self._over.wait(self.every_s):
                return


def cpu_s(pids: Sequence[int]) -> float:
    """Seconds of processor these processes have used, to the nanosecond where the system says so (Linux)."""
    return sum(_cpu_s(pid) for pid in pids)


def _cpu_s(pid: int) -> float:
    with suppress(OSError, ValueError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        if tasks:
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def _pss(process: psutil.Process) -> int:
    with suppress(OSError, StopIteration):
        rolled = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        return 1024 * next(int(row.split()[1]) for row in rolled.splitlines() if row.startswith("Pss:"))
    return 0
