# SPDX-License-Identifier: GPL-3.0-or-later
"""A room's workers: what waits for a hand holds up no note; a room that is closed does nothing new."""

import threading

import pytest
from PySide6.QtCore import QCoreApplication, QObject
from pytestqt.qtbot import QtBot

from desktop.screens.room import Room
from tests.desktop.screens.standin import Clinic, clock


def test_a_page_that_still_ticks_after_the_end_asks_in_vain(qtbot: QtBot) -> None:
    room, owner, answers = Room(Clinic(), clock()), QObject(), []  # type: ignore[arg-type]
    helper = room.helper(owner)
    helper.read(lambda: "before", then=answers.append, failed=pytest.fail)
    qtbot.waitUntil(lambda: answers == ["before"])
    room.close()
    helper.read(lambda: "after", then=answers.append, failed=pytest.fail)
    helper.write(lambda: "after", then=answers.append, failed=pytest.fail)
    QCoreApplication.processEvents()
    assert answers == ["before"]


def test_a_note_does_not_wait_for_a_key_that_nobody_touches(qtbot: QtBot) -> None:
    room, owner, told = Room(Clinic(), clock()), QObject(), []  # type: ignore[arg-type]
    helper, touched = room.helper(owner), threading.Event()
    helper.by_hand(touched.wait, 30, then=lambda _: told.append("key"), failed=pytest.fail)
    helper.write(lambda: "note", then=told.append, failed=pytest.fail)
    qtbot.waitUntil(lambda: told == ["note"])
    touched.set()
    qtbot.waitUntil(lambda: told == ["note", "key"])
    room.close()
