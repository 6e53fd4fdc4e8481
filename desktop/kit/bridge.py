# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge between Qt and the rest: worker results come back in the Qt thread, screens run as pure steps.

A step is (state, event) -> (state, effects).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from clinic.domain.errors import Refusal, Unavailable
from desktop.kit.words import N_, tell

State = TypeVar("State")
Event = TypeVar("Event")
Effect = TypeVar("Effect")
Submit = Callable[..., "Future[Any]"]
BUG = N_("This was not done: something in the program went wrong. Try again.")


class _Mailbox(QObject):
    """Lives as long as the application; carries closures from any thread to the Qt thread."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__(QCoreApplication.instance())
        self.arrived.connect(self._open, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _open(self, letter: Callable[[], None]) -> None:
        letter()


class _Post:
    box: _Mailbox | None = None
    pool: ThreadPoolExecutor | None = None


def in_qt(letter: Callable[[], None]) -> None:
    """Run `letter()` soon in the Qt thread. The first call must come from the Qt thread (making a Desk does it)."""
    if _Post.box is None or not shiboken6.isValid(_Post.box):
        _Post.box = _Mailbox()
    _Post.box.arrived.emit(letter)


def _own_pool() -> Submit:
    if _Post.pool is None:
        _Post.pool = ThreadPoolExecutor(2, "desk")
    return _Post.pool.submit


class Desk(QObject):
    """Hands work to worker threads and gives the answer back in the Qt thread; never blocks, forgets dead owners."""

    refused = Signal(str)
    unavailable = Signal(str)

    def __init__(self, owner: QObject, submit: Submit | None = None) -> None:
        super().__init__(owner)
        self._submit = submit or _own_pool()
        if _Post.box is None or not shiboken6.isValid(_Post.box):
            _Post.box = _Mailbox()

    def ask(
        self,
        fn: Callable[..., Any],
        *args: Any,
        then: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> Future[Any]:
        """Run fn(*args) on a worker; `then(result)` or `failed(error)` follow in the Qt thread while this desk lives."""
        return self.watch(self._submit(fn, *args), then, failed)

    def watch(
        self,
        future: Future[Any],
        then: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> Future[Any]:
        """The same for a future that somebody else started."""
        future.add_done_callback(lambda done: in_qt(lambda: self._answer(done, then, failed)))
        return future

    def _answer(
        self,
        done: Future[Any],
        then: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
    ) -> None:
        if not shiboken6.isValid(self) or done.cancelled():
            return
        error = done.exception()
        if error is None:
            if then is not None:
                then(done.result())
        elif isinstance(error, Refusal | Unavailable):
            (failed or self._say)(error)
        else:
            if failed is not None:
                failed(Unavailable(BUG))  # nothing stays busy for ever
            raise error

    def _say(self, error: Exception) -> None:
        signal = self.refused if isinstance(error, Refusal) else self.unavailable
        signal.emit(tell(error))


class Loop(Generic[State, Event, Effect]):
    """Runs one screen: holds its state, feeds events to the pure `update`, performs effects, renders once per burst."""

    def __init__(
        self,
        state: State,
        update: Callable[[State, Event], tuple[State, Iterable[Effect]]],
        perform: Callable[[Effect], object],
        render: Callable[[State], object],
    ) -> None:
        self.state = state
        self._update, self._perform, self._render = update, perform, render
        self._events: deque[Event] = deque()
        self._busy = False

    def show(self) -> None:
        """Render the present state (once, when the view is built)."""
        self._render(self.state)

    def send(self, event: Event) -> None:
        """Take an event in the Qt thread; events sent while one is handled wait their turn."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._drain()
                self._render(self.state)
        finally:
            self._busy = False

    def _drain(self) -> None:
        while self._events:
            self.state, effects = self._update(self.state, self._events.popleft())
            for effect in effects:
                self._perform(effect)
