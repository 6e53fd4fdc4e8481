# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a row says the furthest a record has come; a chart that is shown tells its writers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Receipt
from clinic.domain.ids import FactId
from clinic.protocol.trust import Role
from clinic.services.messages import send_message
from clinic.services.receipts import Reached, Stage
from desktop.kit import theme
from desktop.screens.chart.view import ChartView
from desktop.screens.lines import Line
from desktop.screens.receipts import mark, marked
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic
from tests.clinic.services.local import Local, clinic
from tests.desktop.screens.standin import AtOnce


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


@pytest.mark.parametrize(
    ("reached", "words"),
    [
        (Reached(Stage.SAVED, True), "Saved here"),
        (Reached(Stage.LEFT, True), "Left on a stick"),
        (Reached(Stage.BROUGHT, True), "At the centre, brought by a colleague"),
        (Reached(Stage.CENTRE, True), "At the centre"),
        (Reached(Stage.LEFT, True, on=("Eva",)), "On the computer of Eva"),
        (Reached(Stage.CENTRE, True, on=("Eva", "Ana"), opened=("Ana", "Eva")), "Opened by Ana +1"),
        (Reached(Stage.REFUSED, True), "The centre refused it"),
    ],
)
def test_one_mark_says_the_furthest(reached: Reached, words: str) -> None:
    (one,) = mark(reached)
    assert one.text == words


def test_what_others_wrote_has_no_mark() -> None:
    assert mark(None) == mark(Reached(Stage.CENTRE, mine=False, on=("Eva",))) == ()
    lines = [Line("a", "A"), Line("b", "B")]
    assert [len(line.marks) for line in marked(lines, {FactId("a"): Reached(Stage.SAVED, True)})] == [1, 0]


def test_messages_that_are_shown_are_receipted_once_and_the_writer_sees_it(
    qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    theme.apply(qapp, "light", "desktop")
    patient = local.person()
    send_message(local.eva, patient, "Ya llamé a la familia.")
    local.carry(patient)
    rooms = [Room(Clinic(desk), local.clock, AtOnce(), AtOnce(), AtOnce()) for desk in (local.ben, local.eva)]
    ours, theirs = (ChartView(room) for room in rooms)
    for view in (ours, theirs):
        qtbot.addWidget(view)
        view.resize(1100, 700)
        view.show()
    ours.open(patient, "summary")
    qtbot.waitUntil(lambda: ours.loop.state.chart is not None)
    assert not local.ben.book.read(lambda page: page.facts(Receipt, patient)), "the summary shows no message"
    ours.tabs.chosen.emit("messages")
    qtbot.waitUntil(lambda: bool(local.ben.book.read(lambda page: page.facts(Receipt, patient))))
    ours.open(patient, "messages")
    qtbot.waitUntil(lambda: ours.loop.state.chart is not None and bool(ours.talk.lines.lines()))
    assert len(local.ben.book.read(lambda page: page.facts(Receipt, patient))) == 1
    local.carry(patient)
    theirs.open(patient, "messages")
    qtbot.waitUntil(lambda: bool(theirs.talk.lines.lines()))
    assert [mark.text for line in theirs.talk.lines.lines() for mark in line.marks] == ["Opened by ben"]
