# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of messages over real books: read, answered by keys, and never to somebody else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Communication, Receipt
from clinic.domain.facts.notes import SOUND
from clinic.domain.ids import PatientId
from clinic.protocol.trust import Role
from clinic.services.marks import marks
from clinic.services.messages import add_file, keep_bytes, send_message
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.bridge import in_qt
from desktop.kit.clips import whose
from desktop.screens.bubbles import Bubble
from desktop.screens.chart.view import ChartView
from desktop.screens.documents import marking as m
from desktop.screens.messages.panel import Player
from desktop.screens.messages.view import MessagesView
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic
from tests.clinic.services.local import Local, clinic
from tests.clinic.services.test_threads import from_patient
from tests.desktop.screens.standin import AtOnce


class Loudspeaker(Player):
    def __init__(self) -> None:
        self.played: list[tuple[str, bytes]] = []

    def play_note(self, message: str, sound: bytes) -> None:
        self.played.append((message, sound))


class Desk:
    """Ben's page: Ana asked twice, Berta once and later."""

    def __init__(self, local: Local, qtbot: QtBot) -> None:
        self.local, self.qtbot = local, qtbot
        self.ana = local.person("Alfaro", ("Ana",), date(1961, 3, 3), "14203881")
        self.berta = local.person("Bustos", ("Berta",), date(1990, 1, 7), "35012774")
        for patient, text in (
            (self.ana, "La presión me dio 150 y 94."),
            (self.ana, "¿Tomo la segunda pastilla?"),
            (self.berta, "¿Puedo volver a correr?"),
        ):
            self.ask(patient, text)
        self.room = Room(Clinic(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())
        self.counted: list[int] = []
        self.room.ways.unread.connect(self.counted.append)
        self.speaker = Loudspeaker()
        self.page = MessagesView(self.room, player=self.speaker)
        local.ben.listen(lambda changes: in_qt(lambda: self.page.told(changes.kinds)))
        qtbot.addWidget(self.page)
        self.page.resize(1180, 720)
        self.page.show()
        qtbot.waitUntil(lambda: self.page.loop.state.loaded)

    def ask(self, patient: PatientId, text: str) -> None:
        """It comes from another computer."""
        from_patient(self.local.eva, patient, text)
        self.local.carry(patient)
        self.local.clock.advance(60)

    def open(self, patient: PatientId) -> None:
        """By keys: the row is marked, Enter opens it."""
        self.page.list.choose(patient)
        self.qtbot.keyClick(self.page.list, Qt.Key.Key_Return)
        self.qtbot.waitUntil(lambda: self.shown() == patient)

    def shown(self) -> str:
        who = self.page.banner.person()
        return who.key if who is not None else ""

    def said(self) -> list[str]:
        return [line.detail for line in self.page.thread.lines.lines()]

    def written(self, patient: PatientId) -> list[str]:
        """What staff wrote to her, as the disk has it."""
        found = self.local.ben.book.read(lambda page: page.facts(Communication, patient))
        return [one.text for one in found if one.sender != "patient"]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, local: Local) -> Desk:
    theme.apply(qapp, "light", "desktop")
    return Desk(local, qtbot)


def test_the_list_says_who_wrote_last_and_how_much_is_new(desk: Desk) -> None:
    lines = desk.page.list.lines()
    assert [(line.title, line.detail) for line in lines] == [
        ("Bustos, Berta", "1 min ago · Patient: ¿Puedo volver a correr?"),
        ("Alfaro, Ana", "2 min ago · Patient: ¿Tomo la segunda pastilla?"),
    ]
    assert [[mark.text for mark in line.marks] for line in lines] == [["1 unread"], ["2 unread"]]
    assert all(line.heavy for line in lines) and desk.counted[-1] == 3
    assert "2 unread" in lines[1].spoken() and desk.page.count.text() == "3 unread messages"


def test_opening_shows_who_it_is_and_marks_hers_alone_as_opened(desk: Desk) -> None:
    desk.qtbot.keyClick(desk.page.list, Qt.Key.Key_Down)
    assert desk.page.list.key() == desk.ana and not desk.shown(), "the arrows open nothing"
    desk.open(desk.ana)
    name, line = (desk.page.banner.findChild(QLabel, f"messages.banner.{part}") for part in ("name", "line"))
    assert name.text() == "Alfaro, Ana" and "14.203.881" in line.text()
    assert desk.said() == ["La presión me dio 150 y 94.", "¿Tomo la segunda pastilla?"]
    desk.qtbot.waitUntil(lambda: desk.counted[-1] == 1)
    told = desk.local.ben.book.read(lambda page: page.facts(Receipt, desk.ana))
    assert len({name for one in told for name in one.opened}) == 2
    assert not desk.local.ben.book.read(lambda page: page.facts(Receipt, desk.berta))


def test_enter_sends_and_shift_enter_begins_a_line(desk: Desk) -> None:
    desk.open(desk.ana)
    field = desk.page.thread.text
    assert field.hasFocus(), "the keyboard is in the field"
    desk.qtbot.keyClicks(field, "Hola Ana.")
    desk.qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    desk.qtbot.keyClicks(field, "Solo una.")
    desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.written(desk.ana) == ["Hola Ana.\nSolo una."])
    desk.qtbot.waitUntil(lambda: desk.said()[-1:] == ["Hola Ana.\nSolo una."])
    assert field.toPlainText() == "" and not desk.room.drafts.any()
    sent = desk.page.thread.lines.lines()[-1]
    assert isinstance(sent, Bubble) and sent.ours and [mark.text for mark in sent.marks] == ["Saved here"]
    assert desk.page.thread.waits.text() == "1 message waits here and leaves by itself."
    desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(desk.written(desk.ana)) == 1, "an empty field sends nothing"


def test_words_for_one_patient_never_stand_in_the_field_of_the_next(desk: Desk) -> None:
    field = desk.page.thread.text
    desk.open(desk.ana)
    desk.qtbot.keyClicks(field, "Venga el lunes")
    desk.open(desk.berta)
    assert field.toPlainText() == ""
    desk.qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClicks(field, "Puede correr")
    desk.open(desk.ana)
    assert field.toPlainText() == "Venga el lunes"
    desk.open(desk.berta)
    desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.written(desk.berta) == ["Puede correr"])
    desk.open(desk.ana)
    assert field.toPlainText() == "Venga el lunes" and desk.written(desk.ana) == []


def test_the_page_says_whose_it_is_to_what_is_copied_and_pasted(desk: Desk) -> None:
    assert not whose(desk.page.thread.text).ids
    desk.open(desk.ana)
    assert whose(desk.page.thread.text).ids == {desk.ana}
    assert "Alfaro" in whose(desk.page.list).name


def test_escape_goes_back_to_the_list_and_the_arrows_on_from_there(desk: Desk) -> None:
    desk.open(desk.berta)
    desk.qtbot.keyClicks(desk.page.thread.text, "Pue")
    desk.qtbot.keyClick(desk.page.thread.text, Qt.Key.Key_Escape)
    assert desk.page.list.hasFocus() and desk.shown() == desk.berta
    desk.qtbot.keyClick(desk.page.list, Qt.Key.Key_Down)
    desk.ask(desk.berta, "¿Y nadar?")
    desk.page.refresh()
    desk.qtbot.waitUntil(lambda: desk.page.list.lines()[0].detail.endswith("¿Y nadar?"))
    assert desk.page.list.key() == desk.ana, "what comes in moves no mark"
    desk.qtbot.keyClick(desk.page.list, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.shown() == desk.ana)


def test_a_ready_answer_is_put_into_the_field_and_sent_by_nobody(desk: Desk) -> None:
    desk.open(desk.ana)
    actions = desk.page.thread._menu().actions()
    actions[3].trigger()
    assert desk.page.thread.text.toPlainText().startswith("Medite de nuevo"), "in her language"
    assert desk.written(desk.ana) == []


def test_a_photo_goes_along_and_is_looked_at_large(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "piel.png"
    Image.new("RGB", (900, 700), "teal").save(path)
    desk.open(desk.ana)
    panel = desk.page.thread
    panel._files = lambda: path
    panel.clip.click()
    assert panel.attached.text() == "piel.png goes along."
    desk.open(desk.berta)
    assert not panel.along.isVisible(), "nor does a file go to somebody else"
    desk.open(desk.ana)
    panel.post.click()
    desk.qtbot.waitUntil(lambda: bool(panel.lines.lines()[-1].picture))
    assert not panel.along.isVisible()
    panel.lines.choose(panel.lines.lines()[-1].key)
    desk.qtbot.keyClick(panel.lines, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: bool(panel.loop.state.viewed and panel.paper.loop.state.drawn))
    assert panel.paper.page.isVisible() and not panel.paper.after.isVisible()
    desk.qtbot.keyClick(panel.paper.page, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert panel.paper.loop.state.zoom is not None
    desk.qtbot.keyClick(panel.paper.page, Qt.Key.Key_Escape)
    assert panel.loop.state.viewed is None and desk.shown() == desk.ana


def test_the_pages_of_a_paper_are_turned(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "informe.pdf"
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A5))
    painter = QPainter(writer)
    painter.drawText(200, 200, "uno")
    writer.newPage()
    painter.drawText(200, 200, "dos")
    painter.end()
    paper = add_file(desk.local.ben, desk.ana, path.read_bytes(), "informe.pdf")
    sent = send_message(desk.local.ben, desk.ana, "", attachments=(paper,))
    desk.open(desk.ana)
    panel = desk.page.thread
    assert [line.paper for line in panel.lines.lines() if isinstance(line, Bubble)][-1] == "informe.pdf"
    panel.lines.chosen.emit(sent.id)
    looked = panel.paper
    desk.qtbot.waitUntil(lambda: looked.leaf.text() == "Page 1 of 2" and looked.loop.state.drawn > 0)
    looked.after.click()
    desk.qtbot.waitUntil(lambda: looked.leaf.text() == "Page 2 of 2" and looked.loop.state.drawn > 0)
    assert looked.before.isEnabled() and not looked.after.isEnabled()
    looked.marks.loop.send(m.ToolChosen("pen"))
    looked.marks.loop.send(m.Pressed(1, (0.2, 0.2)))
    looked.marks.loop.send(m.Lifted())
    desk.qtbot.waitUntil(lambda: len(looked.marks.loop.state.marks) == 1)
    assert [one.page for one in marks(desk.local.ben, desk.ana, paper)] == [1]


def test_a_voice_note_stays_unread_until_it_was_heard(desk: Desk) -> None:
    sound = keep_bytes(desk.local.ben, b"OggS sound", SOUND, "7 s")
    note = from_patient(desk.local.eva, desk.berta, "", sound)
    desk.local.carry(desk.berta)
    desk.open(desk.berta)
    desk.qtbot.waitUntil(lambda: desk.counted[-1] == 3)
    assert desk.said()[-1] == "Voice note, 7 s" and "new" in desk.page.thread.lines.lines()[-1].spoken()
    desk.page.thread.lines.chosen.emit(note)
    desk.qtbot.waitUntil(lambda: desk.speaker.played == [(note, b"OggS sound")])
    desk.qtbot.waitUntil(lambda: desk.counted[-1] == 2)


def test_a_full_disk_keeps_the_words_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic.domain.errors import Unavailable

    def full(*_args: object, **_more: object) -> None:
        raise Unavailable("The disk is full.")

    desk.open(desk.ana)
    desk.qtbot.keyClicks(desk.page.thread.text, "Hola")
    monkeypatch.setattr(desk.local.ben, "write", full)
    desk.qtbot.keyClick(desk.page.thread.text, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(desk.page.thread.notice.isVisible)
    monkeypatch.undo()
    assert desk.page.thread.text.toPlainText() == "Hola" and desk.written(desk.ana) == []
    desk.qtbot.keyClick(desk.page.thread.text, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.written(desk.ana) == ["Hola"])
    assert not desk.page.thread.notice.isVisible()


def test_the_chart_answers_too_and_goes_on_with_the_same_words(desk: Desk) -> None:
    desk.open(desk.ana)
    desk.qtbot.keyClicks(desk.page.thread.text, "Venga el lunes")
    chart = ChartView(desk.room)
    desk.qtbot.addWidget(chart)
    chart.resize(1180, 720)
    chart.show()
    chart.open(desk.ana, "messages")
    desk.qtbot.waitUntil(lambda: len(chart.talk.lines.lines()) == 2)
    assert chart.talk.text.toPlainText() == "Venga el lunes"
    desk.qtbot.keyClick(chart.talk.text, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: desk.written(desk.ana) == ["Venga el lunes"])
    desk.qtbot.waitUntil(lambda: not desk.room.drafts.any())
    desk.page.hide()
    desk.page.show()
    assert desk.page.thread.text.toPlainText() == "", "it went from the other page"


def test_without_messages_the_page_says_how_to_begin(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    page = MessagesView(Room(Clinic(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce()))
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    qtbot.waitUntil(lambda: page.loop.state.loaded)
    assert page.empty.isVisible() and not page.list.isVisible()
    qtbot.waitUntil(lambda: audit(page) == [])


@pytest.mark.parametrize("look", ["light", "dark"])
def test_everybody_can_use_an_open_thread(desk: Desk, qapp: QApplication, look: str) -> None:
    theme.apply(qapp, look, "desktop")
    desk.open(desk.ana)
    desk.qtbot.waitUntil(lambda: audit(desk.page) == [])
