# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta bench kiosk`: the real program offscreen, touched through its hands. Targets: docs/benchmarks.md.

How long a screen takes is asked from outside: what the question itself takes is in the figure."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from clinic.bench.kiosks.house import Running, founded, running
from clinic.bench.kiosks.visit import Walk, left, to_waiting, waited
from clinic.bench.result import Result, percentile

SPARE_S = 60.0
TOUCHES = 14
_SENTENCES = (
    "Touch here to begin",
    "Why do you come today? Touch one drawing",
    "What do you feel?",
    "Is this you?",
)


def measure(visits: int, sessions: int) -> Iterator[Result]:
    """`visits`: whole ones, to the waiting room; `sessions`: begun and left, one after the other."""
    with (
        tempfile.TemporaryDirectory(prefix="posta-bench-") as folder,
        running(founded(Path(folder))) as kiosk,
    ):
        kiosk.hands.wait("kiosk.language.es", timeout_s=60)
        walks = [_visit(kiosk) for _ in range(visits)]
        yield from _of_visits(walks)
        yield _after_a_crash(kiosk)
        yield from _of_sessions(kiosk, sessions)
    yield _voice()


def _visit(kiosk: Running) -> Walk:
    walk = to_waiting(kiosk.hands)
    left(kiosk.hands)
    return walk


def _of_visits(walks: list[Walk]) -> Iterator[Result]:
    screens = [taken * 1000 for walk in walks for taken in walk.screens_s]
    yield Result(
        "touch to next screen, p95", percentile(screens, 0.95), "ms", 100, "lower",
        also={"median": percentile(screens, 0.5), "max": max(screens), "screens": len(screens)},
    )  # fmt: skip
    worst = max(walks, key=lambda walk: walk.besides)
    yield Result(
        "touches besides the answers, start to waiting room", worst.besides, "", TOUCHES, "lower",
        also={"answers": worst.answers, "typed": worst.typed},
    )  # fmt: skip


def session(kiosk: Running) -> psutil.Process:
    """The session that serves somebody, not the spare that waits: the older of the two."""
    children = psutil.Process(kiosk.process.pid).children()
    return min(
        (child for child in children if child.name() != "espeak-ng"), key=lambda one: one.create_time()
    )


def _spare_loaded(kiosk: Running) -> None:
    """Until there is a spare and it has nothing more to do; a person stays longer than that."""
    supervisor, before, ends = psutil.Process(kiosk.process.pid), -1.0, time.monotonic() + SPARE_S
    while time.monotonic() < ends:
        used = [child.cpu_times().user for child in supervisor.children()]
        if len(used) > 1 and sum(used) == before and used[-1] > 0.5:
            return
        before = sum(used)
        time.sleep(1)


def _after_a_crash(kiosk: Running) -> Result:
    _spare_loaded(kiosk)
    began = time.perf_counter()
    os.kill(session(kiosk).pid, signal.SIGKILL)
    taken = waited(began, lambda: kiosk.hands.wait("kiosk.language.es", timeout_s=60))
    return Result("from a crash to the start screen", taken, "s", 2.0, "lower")


def _of_sessions(kiosk: Running, sessions: int) -> Iterator[Result]:
    supervisor = psutil.Process(kiosk.process.pid)
    news, rss = [], []
    for _ in range(sessions):
        _spare_loaded(kiosk)
        kiosk.hands.wait("kiosk.language.es", timeout_s=60)
        rss.append(supervisor.memory_info().rss / 2**20)
        kiosk.hands.tap("kiosk.language.es")
        news.append(left(kiosk.hands) * 1000)
    yield Result(
        "from goodbye to the next start screen, median", percentile(news, 0.5), "ms", 300, "lower",
        also={"p95": percentile(news, 0.95)},
    )  # fmt: skip
    yield Result(
        f"memory of the supervisor grown over {sessions} sessions", rss[-1] - rss[len(rss) // 10], "MiB", 1.0, "lower",
        course=tuple(rss[:: max(1, len(rss) // 40)]), unit_of_course="MiB",
    )  # fmt: skip


def _voice() -> Result:
    """How long a sentence that was never said before takes to become sound; playing it then waits for nothing."""
    name, program = "a new sentence becomes sound, slowest of four", shutil.which("espeak-ng")
    if program is None:
        return Result(name, 0, "ms", 150, "lower", absent="espeak-ng is not installed here")
    times = []
    for sentence in _SENTENCES:
        began = time.perf_counter()
        command = [program, "-v", "en", "-s", "145", "--stdin", "--stdout"]
        subprocess.run(command, input=sentence.encode(), capture_output=True, check=True)
        times.append((time.perf_counter() - began) * 1000)
    return Result(name, max(times), "ms", 150, "lower")
