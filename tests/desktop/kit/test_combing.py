# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings of objects are let go by the screen's thread, however much another one makes."""

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.kit.combing import Combing


class Ringed:
    """One half of a ring; tells who let it go."""

    def __init__(self, told: list[int]) -> None:
        self.me, self._told = self, told

    def __del__(self) -> None:
        self._told.append(threading.get_ident())


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    before, by_itself = gc.get_threshold(), gc.isenabled()
    gc.set_threshold(500, 2, 2)
    gc.enable()
    yield
    gc.set_threshold(*before)
    if not by_itself:
        gc.disable()


def work_beside() -> list[list[int]]:
    """Another thread makes many objects that may be in rings."""
    kept: list[list[int]] = []
    thread = threading.Thread(target=lambda: kept.extend([number] for number in range(100_000)))
    thread.start()
    thread.join()
    return kept


def test_the_screens_thread_combs(qtbot: QtBot) -> None:
    told: list[int] = []
    combing = Combing()
    Ringed(told)
    kept = work_beside()
    assert kept and told == []
    qtbot.waitUntil(lambda: bool(told))
    assert told == [threading.get_ident()]
    combing.end()
    assert gc.isenabled()


def test_without_it_whoever_comes_along_combs() -> None:
    told: list[int] = []
    Ringed(told)
    work_beside()
    assert told and told[0] != threading.get_ident()
