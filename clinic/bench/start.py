# SPDX-License-Identifier: GPL-3.0-or-later
"""From nothing to the log-in screen of the desktop, answered by the program itself through its hands."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from clinic.bench.result import Result
from clinic.keys.slots import Opened, Slots
from clinic.showcase.hands import Hands
from clinic.store.home import Home


def measure(runs: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.make()
        opened = Opened("bench", os.urandom(32))
        home.keep_slots(
            Slots.none().with_password("bench", "una clave larga para medir", opened, os.urandom).encode()
        )
        times = sorted(login_s(home.path) for _ in range(runs))
    bare = sorted(window_s() for _ in range(runs))
    yield Result(
        "desktop, start to log-in screen, median",
        times[len(times) // 2],
        "s",
        1.5,
        "lower",
        bare[len(bare) // 2],
    )


def login_s(home: Path) -> float:
    """Seconds from nothing to the log-in screen."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop", "--home", str(home), "--hands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"QT_QPA_PLATFORM": "offscreen", **os.environ},
    )
    try:
        Hands(process, "desktop").wait("login.password", timeout_s=20)
        return time.perf_counter() - began
    finally:
        process.kill()
        process.communicate()


def window_s() -> float:
    """Seconds of the floor: Python with Qt's widgets imported and one empty window shown."""
    program = (
        "from PySide6.QtWidgets import QApplication, QMainWindow\n"
        "app = QApplication([]); window = QMainWindow(); window.show(); app.processEvents()"
    )
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    )
    return time.perf_counter() - began
