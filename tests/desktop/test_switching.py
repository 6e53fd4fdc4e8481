# SPDX-License-Identifier: GPL-3.0-or-later
"""The window with real people: log in, lock, come back by PIN or password, a colleague sits down; what was typed stays."""

import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.services import pins
from clinic.store.home import Home
from desktop import options
from desktop.app import Window
from desktop.kit import theme
from desktop.kit.words import set_language
from desktop.screens.login.logic import PersonChosen
from desktop.seat import Seat
from tests.clinic.services.shared import BEN, BENS, ZOE, ZOES, shared_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    def quick(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    monkeypatch.setattr("clinic.keys.slots.stretch", quick)
    monkeypatch.setattr("clinic.services.pins.stretch", quick)
    return shared_home(tmp_path / "home")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setattr(QApplication, "quit", lambda: None)
    monkeypatch.setattr("desktop.telephone.Telephone.start", lambda _self: None)  # no centre is asked here
    set_language("en")
    theme.apply(qapp, "light", "desktop")
    args: Namespace = options.parse(["--home", str(home.path)])
    made = Window(SimpleNamespace(look="light"), args)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.begin()
    made.show()
    yield made
    made.leave()
    set_language("es")


def unlock(qtbot: QtBot, window: Window, who: str, secret: str) -> None:
    login = window._login
    assert login is not None
    if login.loop.state.who != who:
        login.loop.send(PersonChosen(who))
    login.password.setText(secret)
    login.unlock.click()
    qtbot.waitUntil(lambda: not login.loop.state.busy)


def seat_of(window: Window) -> Seat:
    assert window._seat is not None
    return window._seat


def lock(qtbot: QtBot, window: Window) -> None:
    seat_of(window).save_all()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window._login)


def test_the_same_person_finds_her_work_a_colleague_a_seat_of_her_own(qtbot: QtBot, window: Window) -> None:
    login = window._login
    assert login is not None and [way.name for way in login.loop.state.ways] == [BEN, ZOE]
    unlock(qtbot, window, BEN, ZOES)
    assert window._seat is None and "does not open" in login.loop.state.sentence
    unlock(qtbot, window, BEN, BENS)
    first = seat_of(window)
    assert first.desk.label == BEN and window.stack.currentWidget() is first.shell
    question = QDialog(first.shell)
    question.show()
    lock(qtbot, window)
    assert not question.isVisible() and login.password.text() == ""
    unlock(qtbot, window, BEN, "no es esta, para nada")
    assert window.stack.currentWidget() is login
    unlock(qtbot, window, BEN, BENS)
    assert window._seat is first and window.stack.currentWidget() is first.shell and question.isVisible()
    lock(qtbot, window)
    unlock(qtbot, window, ZOE, BENS)
    assert window._seat is first, "a wrong password of a colleague costs nobody the work behind the cover"
    unlock(qtbot, window, ZOE, ZOES)
    second = seat_of(window)
    assert second is not first and second.desk.label == ZOE and second.desk.someone.name == ZOE


def test_a_pin_lifts_the_cover_and_five_wrong_ones_ask_the_password(qtbot: QtBot, window: Window) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    pins.set_pin(seat.desk, BENS, "280519")
    login = window._login
    assert login is not None
    lock(qtbot, window)
    assert login.loop.state.takes_pin
    unlock(qtbot, window, BEN, "280519")
    assert window.stack.currentWidget() is seat.shell
    lock(qtbot, window)
    for left in (4, 3, 2, 1):
        unlock(qtbot, window, BEN, "999999")
        assert f"left: {left}" in login.loop.state.sentence
    unlock(qtbot, window, BEN, "999999")
    assert "Type your password" in login.loop.state.sentence and not login.loop.state.takes_pin
    unlock(qtbot, window, BEN, "280519")
    assert window.stack.currentWidget() is login, "the right PIN too late"
    unlock(qtbot, window, BEN, BENS)
    assert window.stack.currentWidget() is seat.shell
    lock(qtbot, window)
    assert login.loop.state.takes_pin


def test_nobody_is_there_and_the_screen_covers_itself(qtbot: QtBot, window: Window) -> None:
    unlock(qtbot, window, BEN, BENS)
    seat = seat_of(window)
    window._watch.begin(0.0)
    seat.shell.loop.state = seat.shell.loop.state.__class__(now=seat.shell.loop.state.now, call="talking")
    window._watch.look()
    assert window.stack.currentWidget() is seat.shell, "in a call somebody is there"
    seat.shell.loop.state = seat.shell.loop.state.__class__(now=seat.shell.loop.state.now)
    window._watch.look()
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window._login)
