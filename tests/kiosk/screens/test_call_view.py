# SPDX-License-Identifier: GPL-3.0-or-later
"""The kiosk's call on every rung: large, named, one touch, and nothing to hold down."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.call import Phase, idle
from clinic.calls.holding import Hold
from clinic.calls.quality import Ladder, Rung, Why
from clinic.calls.sharing import PIECE, digest_of
from clinic.domain.clock import FrozenClock
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.letters import ChatLine
from clinic.protocol.sharing import Inked, PagePiece, PageShown, Pointed
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.papers import page_of, read_paper
from desktop.kit.still import Still
from desktop.kit.words import set_language
from kiosk import flow
from kiosk.screens.call.view import CallScreen
from kiosk.screens.frame import Frame
from kiosk.screens.room import Room
from tests.desktop.kit.test_sharing import picture
from tests.kiosk.standin import ENCOUNTER, NOW, ROSA, Clinic, visit


class StillEngine(CallEngine):
    """Everything of an engine but the child."""

    def __init__(self) -> None:
        super().__init__(camera="none", microphone="none", speaker="null")
        self.commands: list[Record] = []

    def send(self, command: Record) -> None:
        self.commands.append(command)


class Here:
    """The call screen in its frame, with a call desk without a child."""

    def __init__(self, qapp: QApplication, qtbot: QtBot) -> None:
        theme.apply(qapp, "light", "kiosk")
        self.engine, self.sent, self._app, self._qtbot = StillEngine(), list[flow.Event](), qapp, qtbot
        self.calls = CallDesk(
            me="k", engine=self.engine, post=lambda peer, message: None, sign=lambda data: b"",
            verify=lambda *_: True, clock=FrozenClock(NOW), random=lambda n: bytes(n), hands="patient",
        )  # fmt: skip
        room = Room(self.sent.append, Clinic(), self.engine, self.calls, None, FrozenClock(NOW), None)  # type: ignore[arg-type]
        line = ChatLine(
            encounter=ENCOUNTER, sender_name="Dra. F", text="", sent_at=NOW, sound=b"ogg", message="m2"
        )
        self.journey = flow.Journey(
            step=flow.Step.CALL,
            known=ROSA,
            visit=visit(),
            call_phase="talking",
            clinician="Dra. F",
            lines=(line,),
        )
        self.frame = Frame()
        qtbot.addWidget(self.frame)
        self.frame.resize(1280, 800)
        self.screen = CallScreen(room, self.journey)
        self.frame.show_screen(self.screen)
        self.frame.ask(self.screen.heading)
        self.frame.show()

    def on(self, ladder: Ladder) -> None:
        self.calls.ladder.ladder = ladder
        self.calls.ladder.climbed.emit(ladder)
        for _turn in range(3):
            self._app.processEvents()

    def wait(self, done: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(done)

    def said(self, kind: type[Record]) -> list[Record]:
        """Over the data channel."""
        told = (one.content for one in self.engine.commands if isinstance(one, wire.SayToPeer))
        return [one for one in told if isinstance(one, kind)]


@pytest.fixture
def here(qapp: QApplication, qtbot: QtBot) -> Here:
    set_language("en")
    return Here(qapp, qtbot)


def test_every_rung_can_be_used_by_everybody(here: Here) -> None:
    for rung in Rung:
        here.on(Ladder(ours=rung, why=Why.LOSS))
        assert audit(here.frame) == []
        assert here.screen._signed.isVisible() == (rung < Rung.VIDEO)


def test_one_touch_to_voice_only_and_one_back(here: Here) -> None:
    here.on(Ladder())
    assert here.screen._voice_only.text() == "Voice only"
    here.screen._voice_only.click()
    assert here.calls.ladder.ladder.rung is Rung.AUDIO
    assert here.screen._voice_only.text() == "With picture again"
    here.screen._voice_only.click()
    assert here.calls.ladder.ladder.rung is Rung.VIDEO


def test_a_note_begins_and_is_sent_by_a_touch_each(here: Here) -> None:
    here.screen._note.click()
    assert here.engine.commands[-1] == wire.RecordNote(on=True)
    assert here.screen._drop.isVisible()
    here.screen._note.click()
    assert here.engine.commands[-1] == wire.RecordNote(on=False)
    here.screen._note.click()
    here.screen._drop.click()
    assert here.engine.commands[-1] == wire.RecordNote(on=False, keep=False)
    here.engine.told.emit(wire.NoteRecorded(trouble="no microphone"))
    assert "No microphone" in here.screen._failed


def test_a_note_of_the_clinic_is_heard_and_that_is_told(here: Here) -> None:
    here.screen._listen.click()
    assert here.engine.commands[-1] == wire.PlayNote(sound=b"ogg")
    assert here.sent == [flow.Listened("m2")]
    here.screen._listen.click()
    assert here.engine.commands[-1] == wire.PlayNote(sound=b"")


def test_a_still_of_the_clinician_stands_where_the_picture_was(here: Here) -> None:
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(0xFF336677)
    here.calls.stills.all = (Still(1, NOW, picture=b"w", image=picture, came_at=NOW),)
    here.on(Ladder(ours=Rung.STILLS))
    assert here.screen._view.isVisible()
    assert not here.screen._signed.isVisible()
    here.calls.stills.forget()
    assert here.screen._signed.isVisible()


def test_what_is_shown_takes_the_large_place_and_leaves_nothing(here: Here) -> None:
    sharing = here.calls.sharing
    call = replace(idle("k"), phase=Phase.TALKING, peer="d", call_id="c", encounter_id=ENCOUNTER)
    sharing.follow(call)
    data = page_of(read_paper(picture(700, 990), "x"), 0, 40_000)
    said = PageShown(call_id="c", share=1, page=0, pages=2, size=len(data), digest=digest_of(data))
    sharing.heard(said)
    here.on(Ladder())
    screen = here.screen
    assert screen._page.isVisible() and not screen._view.isVisible()
    assert "0 %" in screen._state.accessibleName()
    assert not screen._draw.isEnabled()
    for at in range(0, len(data), PIECE):
        sharing.heard(PagePiece(call_id="c", share=1, page=0, at=at, data=data[at : at + PIECE]))
    here.wait(lambda: not sharing.image.isNull())
    assert "page 1 of 2" in screen._state.accessibleName()
    assert audit(here.frame) == []
    screen._larger.click()
    here.on(Ladder())
    assert screen._down.isEnabled() and not screen._up.isEnabled()
    sharing.heard(Pointed(call_id="c", share=1, page=0, x=100, y=60_000))
    assert screen._page.leads[0], "what is pointed at comes into view"
    screen._draw.click()
    assert screen._page.tool == "pen"
    assert here.said(Pointed) == []
    box = screen._page.page_box()
    QTest.mouseClick(screen._page, Qt.MouseButton.LeftButton, pos=screen._page.rect().center())
    assert len(here.said(Inked)) == 1 and box.width() > 0
    here.on(Ladder(ours=Rung.AUDIO, why=Why.LOSS))
    assert screen._page.isVisible(), "a document needs no moving picture"
    sharing.follow(replace(call, phase=Phase.ENDED))
    assert sharing.image.isNull() and sharing._in is None
    assert not screen._page.isVisible()


class Spoke(list[str]):
    """What would be said aloud."""

    def say(self, words: str, language: str, private: bool = False) -> None:
        self.append(words)


def test_a_recorded_call_says_so_in_a_sign_in_words_and_aloud_for_as_long_as_it_is(here: Here) -> None:
    mark, recording = here.screen._recorded, here.calls.recording
    spoke = Spoke()
    here.screen.room = replace(here.screen.room, voice=spoke)  # type: ignore[arg-type]
    assert not mark.isVisible()
    assert not recording.shown()
    for _said in range(2):
        recording._mark(True, again=True)
        assert mark.isVisible()
        assert recording.shown()
        assert audit(here.frame) == []
    assert mark.accessibleName() == "This call is being recorded."
    assert len(spoke) == 1
    for rung in Rung:
        here.on(Ladder(ours=rung, why=Why.LOSS))
        assert mark.isVisible()
    recording._mark(False)
    assert not mark.isVisible()
    assert not recording.shown()
    assert spoke[1:] == ["This call is no longer recorded."]
    recording._mark(True)
    here.screen.leave()
    assert not recording.shown()


def test_a_call_on_hold_says_large_and_aloud_to_stay_and_goes_on_by_itself(here: Here) -> None:
    here.on(Ladder())
    assert here.screen.heading.private
    here.calls.holding._become(Hold(theirs=True))
    assert here.screen._signed.isVisible() and here.screen._signed.accessibleName() == "The call is paused"
    heading = here.screen.heading
    assert (
        heading.title == "Dra. F has paused the call and will be back. Stay seated." and not heading.private
    )
    assert not here.screen._voice_only.isVisible()
    assert audit(here.frame) == []
    here.calls.holding._become(Hold())
    assert not here.screen._signed.isVisible() and here.screen.heading.private
