# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage with every real part but the disk: widgets, call desk, engine (not started), a clinic in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from clinic.devices.port import Instruments
from clinic.domain.clock import FrozenClock
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.program import Program
from desktop.kit.words import set_language
from kiosk import flow, options, questionnaire
from kiosk.screens.staff.doing import Staff
from kiosk.spooler import Cups
from kiosk.stage import Stage
from kiosk.voice import Voice
from tests.kiosk.standin import NOW, Clinic


@dataclass
class Kiosk:
    """What a test sees and touches."""

    window: QWidget
    stage: Stage
    clinic: Clinic
    engine: CallEngine
    clock: FrozenClock
    bot: QtBot
    ended: list[bool]

    def find(self, name: str) -> QWidget:
        """The visible widget of that name."""
        seen = [w for w in self.window.findChildren(QWidget, name) if w.isVisible()]
        assert seen, f"{name} is not on the screen"
        return seen[0]

    def sees(self, name: str) -> bool:
        return any(w.isVisible() for w in self.window.findChildren(QWidget, name))

    def touch(self, name: str) -> None:
        button = self.find(name)
        assert isinstance(button, QAbstractButton)
        assert button.isEnabled(), name
        button.click()

    def type(self, number: str) -> None:
        for sign in number:
            self.touch("kiosk.keypad.comma" if sign == "," else f"kiosk.keypad.{sign}")
        self.touch("kiosk.keypad.enter")

    def answer_all(self) -> list[str]:
        """Through whatever the questionnaires ask: the first answer of each. Gives what was touched."""
        touched: list[str] = []
        while self.journey.step is flow.Step.QUESTIONS:
            seen = [one for one in self.window.findChildren(QAbstractButton) if one.isVisible()]
            answers = [
                one.objectName()
                for one in seen
                if one.objectName().startswith(("kiosk.question.", "kiosk.body."))
            ]
            name = next((n for n in answers if n in ("kiosk.question.done", "kiosk.question.no")), answers[0])
            self.touch(name)
            touched.append(name)
        return touched

    def until(self, condition: Callable[[], bool]) -> None:
        self.bot.waitUntil(condition)

    @property
    def journey(self) -> flow.Journey:
        return self.stage.journey

    def text(self, name: str) -> str:
        return str(self.find(name).text())  # type: ignore[attr-defined]  # labels and buttons have one


def picture() -> QImage:
    """What a camera would show."""
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(QColor("#447755"))
    return image


@pytest.fixture
def instruments() -> Instruments | None:
    """None stand here; a file of tests may say otherwise."""
    return None


@pytest.fixture
def spooler() -> Cups | None:
    """Nothing prints here; a file of tests may say otherwise."""
    return None


@pytest.fixture
def staff() -> Callable[[CallEngine], Staff] | None:
    """Nobody comes behind the screens; a file of tests may say otherwise."""
    return None


@pytest.fixture
def kiosk(
    qtbot: QtBot,
    tmp_path: Path,
    instruments: Instruments | None,
    spooler: Cups | None,
    staff: Callable[[CallEngine], Staff] | None,
) -> Iterator[Kiosk]:
    args = options.parse(["--home", str(tmp_path), "--lang", "en"])
    program = Program(args, "Posta", "kiosk", None)
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    window.resize(1280, 800)
    clock, clinic = FrozenClock(NOW), Clinic()
    engine = CallEngine(parent=window)
    calls = CallDesk(
        me="kiosk",
        engine=engine,
        post=lambda _peer, _message: None,
        sign=lambda _data: b"",
        verify=lambda _peer, _data, _signature: True,
        clock=clock,
        random=os.urandom,
        parent=window,
    )
    stage = Stage(
        program=program,
        window=window,
        verbs=clinic,
        engine=engine,
        calls=calls,
        voice=Voice(tmp_path / "voice", window),
        clock=clock,
        questions=questionnaire.load(),
        language="en",
        instruments=instruments,
        spooler=spooler,
        staff=staff(engine) if staff is not None else None,
    )
    ended: list[bool] = []
    stage.finished.connect(lambda: ended.append(True))
    stage.begin()
    window.show()
    qtbot.waitExposed(window)
    yield Kiosk(window, stage, clinic, engine, clock, qtbot, ended)
    set_language("en")
