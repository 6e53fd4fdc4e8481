# SPDX-License-Identifier: GPL-3.0-or-later
"""The one thread that writes. It takes acts in turn, and when none comes for a while it empties the log into the file."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
IDLE_S = 5.0
"""Seconds without a write after which the write-ahead log is emptied."""


class Writer:
    """Runs acts one after the other; `idle` runs once after each stretch of work."""

    def __init__(self, idle: Callable[[], None], idle_s: float = IDLE_S) -> None:
        self._acts: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle, self._idle_s = idle, idle_s
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, act: Callable[[], T]) -> "Future[T]":
        """Have `act` run in its turn. Not after `stop`."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(act())
            except BaseException as error:  # noqa: BLE001  whoever waits for it is told
                future.set_exception(error)

        self._acts.put(run)
        return future

    def stop(self) -> None:
        """Finish what was submitted and end the thread."""
        self._acts.put(None)
        self._thread.join()

    def _run(self) -> None:
        worked = False
        while True:
            try:
                act = self._acts.get(timeout=self._idle_s) if worked else self._acts.get()
            except queue.Empty:
                worked = False
                self._idle()
                continue
            if act is None:
                return
            act()
            worked = True
