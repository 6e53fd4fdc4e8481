# SPDX-License-Identifier: GPL-3.0-or-later
"""A room that is closed does nothing new, whatever a page that is still there asks for."""

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
