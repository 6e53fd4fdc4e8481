# SPDX-License-Identifier: GPL-3.0-or-later
"""One thread for a whole organisation: what the programs leave to threads is done at once, and waiting takes no time."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


def done(act: Callable[..., T], *given: Any) -> "Future[T]":
    """What a thread would have made of it, here and now."""
    future: Future[T] = Future()
    try:
        future.set_result(act(*given))
    except BaseException as error:  # noqa: BLE001  whoever waits for it is told
        future.set_exception(error)
    return future


class InPlace:
    """As `concurrent.futures.ThreadPoolExecutor`, without a thread."""

    def __init__(self, **_: Any) -> None:
        """Nothing is started."""

    def submit(self, act: Callable[..., T], *given: Any) -> "Future[T]":
        return done(act, *given)

    def shutdown(self, wait: bool = True) -> None:
        """Nothing runs."""


class Turns(asyncio.BaseEventLoop):
    """An event loop of one thread, without sockets. Where all that is left waits for a time, it is that time."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector = self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """What a selector of sockets is asked: None for ever, else seconds. Raises RuntimeError where nothing can come."""
        if timeout is None:
            raise RuntimeError("everything here waits for something that nobody does")
        self._now += timeout
        return []

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """At once, whoever's thread it was meant for."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # noqa: BLE001  whoever waits for it is told
            future.set_exception(error)
        return future


def at_once(act: Coroutine[Any, Any, T], **_: Any) -> T:
    """As `asyncio.run`; also within another one, as if on a thread of its own that is waited for."""
    around = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    loop = Turns()
    try:
        return loop.run_until_complete(act)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        asyncio._set_running_loop(around)
