# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine whose memory is spent ends, and the screen starts another one at once.

It would go on without what failed first: a camera that cannot make a picture any more is no camera that was pulled out, and
nobody can plug it in again. So whoever meets a MemoryError (FFmpeg's is one too) ends the process, and so does whatever the
engine cannot do without. Want of memory has other names too ("can't start new thread", a library that cannot be mapped, a
device that cannot be opened): whatever fails unforeseen, it is tried whether there is any left.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, NoReturn

OUT_OF_MEMORY = 71
"""Exit code (EX_OSERR of sysexits.h)."""
MEMORY = (MemoryError, BlockingIOError)
"""What a picture that is turned or coded raises for want of memory: FFmpeg that gets none for a thread of its own says EAGAIN.
A device says that too, when it has nothing yet: there it is no sign."""
ROOM = 16 << 20
"""Bytes. Where so much cannot be had at once (a thread's stack and a few pictures), nothing else will work for long."""
log = logging.getLogger(__name__)


def end(problem: BaseException | None = None) -> NoReturn:
    """No clean end: that would take memory."""
    logging.raiseExceptions = (
        False  # where not even a line of the log can be made, its traceback cannot either
    )
    log.error("the engine ends: %s", type(problem).__name__)
    os._exit(OUT_OF_MEMORY)


def end_if_spent(problem: BaseException) -> None:
    """Where that is what it failed for; returns otherwise."""
    if isinstance(problem, MemoryError):
        end(problem)
    try:
        bytearray(ROOM)
    except MemoryError:
        end(problem)


def watch_threads(say: Callable[[Any], object] = threading.excepthook) -> None:
    """A thread that dies for want of memory takes the engine along; what else it dies of is said as ever."""

    def died(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            end_if_spent(args.exc_value)
        say(args)

    threading.excepthook = died


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """The same of what is called by the loop: it would go on for ever, and say each time that it could not."""

    def failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if (problem := context.get("exception")) is not None:
            end_if_spent(problem)
        loop.default_exception_handler(context)

    loop.set_exception_handler(failed)


def needed(task: "asyncio.Task[None]") -> "asyncio.Task[None]":
    """The engine does not outlive this one: without its heartbeat it would be replaced anyway, without its figures or its ear
    for silence nobody would notice."""

    def done(ended: "asyncio.Task[None]") -> None:
        if not ended.cancelled() and (problem := ended.exception()) is not None:
            end(problem)

    task.add_done_callback(done)
    return task
