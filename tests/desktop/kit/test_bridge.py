# SPDX-License-Identifier: GPL-3.0-or-later
"""Results come back in the Qt thread, only to those who still live; events are handled one after the other."""

import threading
from concurrent.futures import Future

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from clinic.domain.errors import Refusal, Unavailable
from desktop.kit.bridge import Desk, Loop


def test_results_arrive_in_the_qt_thread(qtbot):
    owner, got = QObject(), []
    desk = Desk(owner)
    desk.ask(
        lambda a: (a, threading.current_thread()),
        7,
        then=lambda r: got.append((*r, threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(got))
    number, worker, back = got[0]
    assert number == 7
    assert worker is not threading.main_thread()
    assert back is threading.main_thread()


def test_a_refusal_is_said_by_the_desk(qtbot):
    owner = QObject()
    desk = Desk(owner)

    def refuse():
        raise Refusal("Only {n} left.", n=2)

    with qtbot.waitSignal(desk.refused) as told:
        desk.ask(refuse)
    assert told.args == ["Only 2 left."]


def test_unavailable_goes_to_whoever_asked(qtbot):
    owner, told = QObject(), []

    def lost():
        raise Unavailable("The disk is gone.")

    Desk(owner).ask(lost, failed=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told[0], Unavailable)


def test_results_for_the_dead_are_dropped(qtbot):
    owner, got = QObject(), []
    desk, answer = Desk(owner), Future()
    desk.watch(answer, then=got.append)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    answer.set_result(1)
    other = QObject()
    Desk(other).ask(lambda: 2, then=got.append)
    qtbot.waitUntil(lambda: 2 in got)
    assert got == [2]


def test_a_cancelled_task_says_nothing(qtbot):
    owner, got, answer = QObject(), [], Future()
    desk = Desk(owner)
    desk.watch(answer, then=got.append, failed=got.append)
    answer.cancel()
    desk.ask(lambda: "after", then=got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert got == ["after"]


def test_a_bug_reaches_who_asked_too_so_that_nothing_stays_busy(qtbot):
    owner, told = QObject(), []
    with qtbot.captureExceptions() as met:
        Desk(owner).ask(lambda: 1 / 0, failed=told.append)
        qtbot.waitUntil(lambda: bool(met))
    assert isinstance(told[0], Unavailable)


def test_a_bug_reaches_the_roof(qtbot):
    owner = QObject()
    with qtbot.captureExceptions() as met:
        Desk(owner).ask(lambda: 1 / 0)
        qtbot.waitUntil(lambda: bool(met))
    assert met[0][0] is ZeroDivisionError


def counting(state, event):
    return state + event, [event] if event == 1 else []


def test_loop_renders_once_for_a_burst():
    shown = []
    loop = Loop(0, counting, lambda _effect: (loop.send(10), loop.send(20)), shown.append)
    loop.show()
    loop.send(1)
    assert loop.state == 31
    assert shown == [0, 31]


def test_loop_takes_events_sent_while_rendering():
    shown = []

    def render(state):
        shown.append(state)
        if state == 5:
            loop.send(2)

    loop = Loop(0, counting, print, render)
    loop.send(5)
    assert shown == [5, 7]


def test_loop_goes_on_after_a_bug():
    def update(state, event):
        return state + 1 // event, []

    loop = Loop(0, update, print, lambda _state: None)
    try:
        loop.send(0)
    except ZeroDivisionError:
        loop.send(1)
    assert loop.state == 1
