# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups by the clock, beside an open program: one at a time, on a thread of their own, stopped when the program ends.

The agenda of the roof calls `look` again and again; whether one is due, pure code says (clinic.domain.keeping).
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from clinic.domain.errors import PostaError
from clinic.services.backups import Backed, Stopped, back_up, due
from clinic.services.desks import Desk

log = logging.getLogger(__name__)


class BackupKeeper:
    """`may` is asked whether this is a moment for it (not in a call); `told` hears of each end, on the keeper's thread."""

    def __init__(
        self, desk: Desk, may: Callable[[], bool] = lambda: True,
        told: Callable[[Backed | PostaError], None] = lambda ended: None,
    ) -> None:  # fmt: skip
        self._desk, self._may, self._told = desk, may, told
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backup")
        self._busy, self._stop = threading.Lock(), threading.Event()

    def look(self) -> None:
        """Backups may be due: hand over and return. While one is under way nothing more is begun."""
        if not self._stop.is_set() and self._may() and self._busy.acquire(blocking=False):
            self._thread.submit(self._work).add_done_callback(_say_bug)

    def stop(self) -> None:
        """Stop what is under way and wait for it; what was written is used by the next one. Twice is once."""
        self._stop.set()
        self._thread.shutdown(wait=True)

    def _work(self) -> None:
        try:
            if not self._stop.is_set() and due(self._desk):
                self._told(back_up(self._desk, progress=self._go_on))
        except Stopped:
            log.info("a backup was stopped half-way")
        except PostaError as error:
            log.info("a backup did not come about: %s", error.sentence)
            self._told(error)
        finally:
            self._busy.release()

    def _go_on(self, what: str, done: int, of: int) -> None:
        if self._stop.is_set():
            raise Stopped()


def _say_bug(ended: "Future[None]") -> None:
    if not ended.cancelled() and ended.exception() is not None:
        log.error("a fault in the backup", exc_info=ended.exception())
