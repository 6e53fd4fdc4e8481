# SPDX-License-Identifier: GPL-3.0-or-later
"""The net thread: one plain asyncio loop beside the screens; a stall of one never stalls the other."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from clinic.domain.errors import Unavailable

T = TypeVar("T")


class NetLoop:
    """An asyncio loop in its own thread. Only frozen values go in and out."""

    def __init__(self, name: str = "net") -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Runs from now on; starting twice changes nothing."""
        if self._thread is not None:
            return
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name=self._name, daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._loop = loop
        loop.call_soon(ready.set)
        try:
            loop.run_forever()
            _wind_up(loop)
        finally:
            loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Runs a coroutine on the loop. Raises Unavailable if the loop does not run."""
        if self._loop is None or not self._loop.is_running():
            work.close()
            raise Unavailable("The network part of Posta has stopped. Start Posta again.")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Cancels what still runs and ends the thread."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout_s)
        self._thread = self._loop = None


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Lets every task that is left end by being cancelled."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
