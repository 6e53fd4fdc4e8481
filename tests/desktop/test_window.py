# SPDX-License-Identifier: GPL-3.0-or-later
"""Closing the window: a call and unsent words are named once, a full disk never takes the last words along."""

import json
import os
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.app import Window


class Sitting:
    """A seat as the window sees it."""

    def __init__(self) -> None:
        self.shell = QWidget()
        self.page, self.sentence, self.dirty, self.saves = "", "", False, 0
        self.held: list[str] = []
        self.anyway: object = None

    def unfinished(self) -> tuple[str, str]:
        return self.page, self.sentence

    def hold_back(self, _page: str, sentence: str, anyway: object) -> None:
        self.held.append(sentence)
        self.anyway = anyway

    def unsaved(self) -> bool:
        return self.dirty

    def save_all(self) -> None:
        self.saves += 1


@pytest.fixture
def seat(qapp: QApplication) -> Sitting:
    return Sitting()


@pytest.fixture
def window(qtbot: QtBot, seat: Sitting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Window:
    monkeypatch.setattr(QApplication, "quit", lambda: None)
    made = Window(SimpleNamespace(), Namespace(geometry=None, home=tmp_path))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made._seat = seat  # type: ignore[assignment]
    made._show(seat.shell)
    made.show()
    return made


def test_with_nothing_open_it_closes(window: Window) -> None:
    assert window.close()


class ByHand(QCloseEvent):
    """The cross of the window."""

    def spontaneous(self) -> bool:
        return True


def closes(window: Window) -> bool:
    event = ByHand()
    window.closeEvent(event)
    return event.isAccepted()


def test_a_running_call_is_named_once_and_closing_again_is_an_answer(window: Window, seat: Sitting) -> None:
    seat.page, seat.sentence = "visit", "You are in a call."
    assert not closes(window)
    assert seat.held == ["You are in a call."]
    assert closes(window)


def test_the_end_of_the_session_is_not_held_back(window: Window, seat: Sitting) -> None:
    seat.page, seat.sentence = "visit", "You are in a call."
    assert window.close() and not seat.held


def test_behind_a_lock_nothing_is_asked(window: Window, seat: Sitting) -> None:
    seat.page, seat.sentence = "visit", "You are in a call."
    window._show(QWidget())
    assert closes(window)


def test_the_last_words_are_saved_first(window: Window, seat: Sitting) -> None:
    seat.dirty = True
    assert not window.close()
    assert seat.saves == 1
    seat.dirty = False
    window._cover()
    assert not window.isVisible()


def test_what_a_full_disk_refused_keeps_the_window_open_until_the_person_says_so(
    window: Window, seat: Sitting
) -> None:
    seat.dirty = True
    window.close()
    window._cover()
    assert window.isVisible() and seat.held
    assert callable(seat.anyway)
    seat.anyway()
    assert not window.isVisible()


@pytest.fixture
def newcomer(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Window:
    """The first start of a computer."""
    monkeypatch.setattr(QApplication, "quit", lambda: None)
    made = Window(SimpleNamespace(), Namespace(geometry=None, home=tmp_path / "home", join=""))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.begin()
    made.show()
    return made


def test_the_first_start_offers_both_ways_and_forgets_nothing_that_was_typed(newcomer: Window) -> None:
    joining = newcomer._join
    assert joining is not None and newcomer.stack.currentWidget() is joining
    joining.who.setText("Ana")
    joining.found.click()
    founding = newcomer._founding
    assert founding is not None and newcomer.stack.currentWidget() is founding
    founding.centre.server.setText("https://posta.example")
    founding.back.click()
    assert newcomer.stack.currentWidget() is joining and joining.who.text() == "Ana"
    joining.found.click()
    assert newcomer.stack.currentWidget() is founding
    assert founding.centre.server.text() == "https://posta.example"


def test_a_founding_whose_centre_is_silent_is_told_at_the_next_start(
    qtbot: QtBot, newcomer: Window, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    note = {"server": "http://127.0.0.1:9", "authority": "", "organization": "o", "sheets": []}
    (home / "founding").write_text(json.dumps(note))
    newcomer._settle()
    joining = newcomer._join
    assert joining is not None
    qtbot.waitUntil(lambda: "No centre answers" in joining.loop.state.sentence)
    assert (home / "founding").exists()
