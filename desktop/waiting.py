# SPDX-License-Identifier: GPL-3.0-or-later
"""For programs that play a person for a bench: Qt goes on until something is so."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt, QTimer


def wait(condition: Callable[[], bool], seconds: float, look_ms: int = 20) -> bool:
    """Let Qt run until that is so, or the seconds are over; whether it is."""
    until = time.monotonic() + seconds
    loop = QEventLoop()
    ticking = QTimer(timerType=Qt.TimerType.PreciseTimer)
    ticking.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() >= until else None)
    ticking.start(look_ms)
    if not condition():
        loop.exec()
    ticking.stop()
    return condition()
