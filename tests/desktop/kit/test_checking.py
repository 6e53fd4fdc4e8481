# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying the devices: each part a sentence that says what to do, also when something is plugged in or out meanwhile."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.trial import Tried
from clinic.domain.errors import Unavailable
from clinic.protocol import engine as wire
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.checked import Checked, rows
from desktop.kit.checking import PHRASE_MS, CheckDialog
from desktop.kit.words import set_language
from tests.desktop.kit.test_call_desk import StillEngine

CAMERA = wire.Device(medium=wire.Medium.CAMERA, name="/dev/video0")


class Here:
    def __init__(self, qapp: QApplication, qtbot: QtBot) -> None:
        set_language("en")
        theme.apply(qapp, "light", "desktop")
        self.engine = StillEngine()
        self.engine._is_ready = True
        self.fails = False
        self.dialog = CheckDialog(self.engine, self._try)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.checking = self.dialog.checking

    def _try(self) -> Tried:
        if self.fails:
            raise Unavailable("The server cannot be reached.")
        return Tried(rtt_ms=600, up_kbps=64)

    def says(self, key: str) -> str:
        return self.dialog.panel.lines[key].text()

    def tell(self, event: object) -> None:
        self.engine.told.emit(event)


@pytest.fixture
def here(qapp: QApplication, qtbot: QtBot) -> Here:
    return Here(qapp, qtbot)


def test_all_is_opened_shown_and_given_back(here: Here) -> None:
    assert here.engine.of(wire.OpenCamera) and here.engine.of(wire.ListenIn) == [wire.ListenIn(on=True)]
    assert "starting" in here.says("camera")
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0xFF336677)
    here.engine.frame.emit("local", picture)
    assert here.says("camera") == "The camera shows a picture."
    here.tell(wire.MicrophoneLevel(level=0.2))
    assert "Speak" in here.says("microphone")
    here.tell(wire.MicrophoneLevel(level=0.8))
    assert here.dialog.panel.meter.level == 0.8
    here.tell(wire.MicrophoneLevel(level=0.1))
    assert here.says("microphone") == "The microphone hears you."
    assert audit(here.dialog) == []
    here.dialog.reject()
    assert here.engine.of(wire.ListenIn)[-1] == wire.ListenIn(on=False)
    assert here.engine.of(wire.CloseCamera)
    before = here.checking.now
    here.tell(wire.MicrophoneLevel(level=0.9))
    assert here.checking.now == before


def test_a_phrase_is_recorded_and_played_back_by_itself(here: Here, qtbot: QtBot) -> None:
    here.checking._phrase.setInterval(10)
    here.dialog.panel.phrase.click()
    assert "played back" in here.says("microphone")
    assert not here.dialog.panel.chime.isEnabled(), "one at a time"
    qtbot.waitUntil(lambda: here.engine.of(wire.RecordNote)[-1] == wire.RecordNote(on=False))
    here.tell(wire.NoteRecorded(sound=b"ogg", seconds=PHRASE_MS / 1000))
    assert here.engine.of(wire.PlayNote)[-1] == wire.PlayNote(sound=b"ogg")
    assert "other side would hear" in here.says("speaker")
    here.tell(wire.NotePlayed())
    assert "turn the loudspeaker up" in here.says("speaker")
    here.dialog.panel.chime.click()
    assert here.engine.of(wire.PlayChime)
    here.tell(wire.NotePlayed(whole=False, trouble="no loudspeaker"))
    assert "Plug one in" in here.says("speaker")


def test_what_is_missing_muted_or_plugged_in_meanwhile(here: Here) -> None:
    here.tell(wire.DevicesSeen(devices=()))
    here.tell(wire.DeviceMissing(medium=wire.Medium.CAMERA, sentence="The camera is gone. Plug it in again."))
    here.tell(
        wire.DeviceMissing(
            medium=wire.Medium.MICROPHONE,
            sentence="Another program uses the microphone. Close it, then try again.",
        )
    )
    assert here.says("camera") == "The camera is gone. Plug it in again."
    assert here.says("microphone").startswith("Another program")
    opened = len(here.engine.of(wire.OpenCamera))
    here.tell(wire.DevicesSeen(devices=(CAMERA,)))
    assert len(here.engine.of(wire.OpenCamera)) == opened + 1
    assert "starting" in here.says("camera")
    here.tell(wire.DevicesSeen(devices=(CAMERA,)))
    assert len(here.engine.of(wire.OpenCamera)) == opened + 1
    here.tell(wire.MicrophoneLevel(level=0.0, silent=True))
    assert "switched off" in here.says("microphone")
    here.engine.ready.emit()
    assert len(here.engine.of(wire.OpenCamera)) == opened + 2, "a new engine opens them again"


def test_the_link_in_words(here: Here, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: here.checking.now.link is not None)
    assert "enough for voice only" in here.says("link")
    assert "64" in here.says("link")
    here.fails = True
    here.dialog.panel.link.click()
    qtbot.waitUntil(lambda: bool(here.checking.now.link_trouble))
    assert "Nothing answers" in here.says("link")


@pytest.mark.parametrize(
    ("tried", "said"),
    [(Tried(20, 900), "picture and voice"), (Tried(20, 64), "voice only"), (Tried(20, 8), "written"),
     (Tried(20, 900, island=True), "own network")],
)  # fmt: skip
def test_every_link_has_its_sentence(here: Here, tried: Tried, said: str) -> None:
    assert said in rows(Checked(link=tried))[-1].sentence
