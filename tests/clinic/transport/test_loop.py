# SPDX-License-Identifier: GPL-3.0-or-later
"""The net thread."""

import asyncio
import threading

import pytest

from clinic.domain.errors import Unavailable
from clinic.transport.loop import NetLoop


async def where() -> str:
    return threading.current_thread().name


def test_work_runs_on_the_net_thread() -> None:
    net = NetLoop()
    net.start()
    net.start()
    try:
        assert net.submit(where()).result(10) == "net"
    finally:
        net.stop()


def test_what_still_runs_is_cancelled_at_the_end() -> None:
    ended = threading.Event()
    running = threading.Event()

    async def for_ever() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    net = NetLoop()
    net.start()
    work = net.submit(for_ever())
    assert running.wait(10)
    net.stop()
    assert ended.is_set()
    assert work.cancelled()


def test_a_loop_that_does_not_run_says_so() -> None:
    net = NetLoop()
    net.stop()
    with pytest.raises(Unavailable):
        net.submit(where())
    net.start()
    net.stop()
    with pytest.raises(Unavailable):
        net.submit(where())
