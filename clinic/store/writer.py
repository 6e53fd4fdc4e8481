# SPDX-License-Identifier: GPL-3.0-or-later
"""The one thread that writes. It takes acts in turn, and does chores when none comes for a while."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do when no act has come for `after_s` seconds, and again `then_s` later while `do` says that more of it is
    left."""

    after_s: float
    do: Callable[[], bool]
    then_s: float = 0.0


class Writer:
    """Runs acts one after the other; after each stretch of work the chores, in order, each until nothing of it is left."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._acts: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._chores = chores
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
        left: list[Chore] = []
        wait: float | None = None
        while True:
            try:
                act = self._acts.get(timeout=wait)
            except queue.Empty:
                if _more(left[0]):
                    wait = left[0].then_s
                else:
                    del left[0]
                    wait = left[0].after_s if left else None
                continue
            if act is None:
                return
            act()
            left = list(self._chores)
            wait = left[0].after_s if left else None


def _more(chore: Chore) -> bool:
    """Do it; True if more of it is left. One that fails is left for the next time: whoever writes must not feel it."""
    try:
        return chore.do()
    except Exception:
        log.exception("a chore of the store failed")
        return False
