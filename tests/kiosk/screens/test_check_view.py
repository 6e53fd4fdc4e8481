# SPDX-License-Identifier: GPL-3.0-or-later
"""The check before a call at the kiosk: one question, the devices in words beside it, and it always goes on."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.clock import FrozenClock
from clinic.protocol import engine as wire
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from kiosk import flow
from kiosk.screens.check.view import CheckScreen
from kiosk.screens.frame import Frame
from kiosk.screens.room import Room
from tests.kiosk.screens.test_call_view import StillEngine
from tests.kiosk.standin import NOW, ROSA, Clinic, visit


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_the_check_says_what_is_there_and_goes_on(qapp: QApplication, qtbot: QtBot, language: str) -> None:
    set_language(language)
    theme.apply(qapp, "light", "kiosk")
    engine, sent = StillEngine(), list[flow.Event]()
    engine._is_ready = True
    room = Room(sent.append, Clinic(), engine, None, None, FrozenClock(NOW), None)  # type: ignore[arg-type]
    journey = flow.Journey(step=flow.Step.CHECK, known=ROSA, visit=visit(), language=language)
    frame = Frame()
    qtbot.addWidget(frame)
    frame.resize(1280, 800)
    screen = CheckScreen(room, journey)
    frame.show_screen(screen)
    frame.ask(screen.heading)
    frame.show()
    lines = screen._panel.lines
    qtbot.waitUntil(lambda: screen._checking.now.link is not None)
    assert "kbit" not in lines["link"].text(), "a patient reads no figures"
    engine.missing.emit("camera", "No camera was found. Plug one in, or go on with sound only.")
    asked = screen.heading.title
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0xFF336677)
    engine.frame.emit("local", picture)
    assert screen.heading.title != asked, "plugged in meanwhile, it is asked again whether she sees herself"
    engine.told.emit(wire.MicrophoneLevel(level=0.7))
    assert screen._panel.meter.level == 0.7
    assert audit(frame) == []
    assert frame.minimumSizeHint().height() <= 800
    screen._answers.yes.click()
    assert sent == [flow.CheckDone()]
    screen.leave()
    assert engine.commands[-2:] == [wire.ListenIn(on=False), wire.CloseCamera()]
    set_language("es")
