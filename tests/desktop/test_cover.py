# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody is there: the cover comes, and nothing beside the window stays readable."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.clock import FrozenClock
from desktop.cover import Curtain, Watch
from tests.small_clinic import AT


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(AT)


class Desk(QObject):
    def __init__(self, clock: FrozenClock) -> None:
        super().__init__()
        self.covered, self.talking = 0, False
        self.watch = Watch(self, clock, lambda: self.talking, self.cover)

    def cover(self) -> None:
        self.covered += 1


def test_a_key_or_a_click_begins_the_time_anew_anywhere_in_the_program(
    qtbot: QtBot, clock: FrozenClock
) -> None:
    desk, field = Desk(clock), QLineEdit()
    qtbot.addWidget(field)
    field.show()
    desk.watch.begin(60.0)
    clock.advance(59)
    QTest.keyClick(field, Qt.Key.Key_A)
    clock.advance(59)
    desk.watch.look()
    assert not desk.covered
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    clock.advance(60)
    desk.watch.look()
    assert desk.covered == 1
    desk.watch.look()
    assert desk.covered == 1, "a cover that could not come is tried a whole limit later"
    desk.watch.end()


def test_the_pointer_passing_by_is_nobody(qtbot: QtBot, clock: FrozenClock) -> None:
    desk, field = Desk(clock), QLineEdit()
    qtbot.addWidget(field)
    field.show()
    desk.watch.begin(60.0)
    clock.advance(59)
    QTest.mouseMove(field, QPoint(3, 3))
    desk.watch.eventFilter(field, QEvent(QEvent.Type.MouseMove))
    clock.advance(1)
    desk.watch.look()
    assert desk.covered == 1
    desk.watch.end()


def test_never_in_a_call_and_not_where_nobody_sits(qtbot: QtBot, clock: FrozenClock) -> None:
    desk = Desk(clock)
    desk.watch.begin(60.0)
    desk.talking = True
    clock.advance(3600)
    desk.watch.look()
    assert not desk.covered
    desk.watch.end()
    assert not desk.watch._timer.isActive()


def test_questions_and_open_lists_are_hidden_and_come_back(qtbot: QtBot) -> None:
    window, question = QWidget(), QDialog()
    for widget in (window, question):
        qtbot.addWidget(widget)
        widget.show()
    menu = QMenu(window)
    menu.addAction("Rosa Elena")
    menu.popup(QPoint(0, 0))
    curtain = Curtain(window)
    curtain.draw()
    assert window.isVisible() and not question.isVisible() and not menu.isVisible()
    curtain.open()
    assert question.isVisible()
    curtain.draw()
    curtain.open(again=False)
    assert not question.isVisible()
