# SPDX-License-Identifier: GPL-3.0-or-later
"""Consents of a chart: taken back in one step, said aloud item by item, undone where rules allow, proved by a file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Decision
from clinic.domain.ids import FactId
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.chart.logic import TabChosen
from desktop.screens.chart.view import ChartView
from desktop.screens.consents import logic as c
from desktop.screens.consents.doing import end_of
from desktop.screens.consents.rows import HOW, consent_line
from desktop.screens.room import Room
from tests.desktop.screens.standin import ROSA, Clinic, chart_of

FORM = c.Form("es", "t", "i", (("sharing", "?"), ("analytics", "?")), "c")
YES, NO = Decision.PERMIT, Decision.DENY


def asking(**more: object) -> c.State:
    state = c.State(patient=ROSA, asking=True, form=FORM, standing={"recording": YES, "sharing": NO})
    return replace(state, **more)  # type: ignore[arg-type]


def test_each_answer_stands_alone_and_can_be_unsaid() -> None:
    state = c.update(asking(), c.Answered("sharing", "permit"))[0]
    state = c.update(state, c.Answered("analytics", "deny"))[0]
    assert state.answers == {"sharing": YES, "analytics": NO} and state.unfinished
    assert c.update(state, c.Answered("sharing", ""))[0].answers == {"analytics": NO}
    assert c.update(asking(), c.SavePressed())[1] == (), "nothing was said"


@pytest.mark.parametrize(
    ("answers", "undo"),
    [
        ({"sharing": YES}, ("sharing",)),
        ({"sharing": YES, "analytics": NO}, ()),
        ({"analytics": NO}, ()),
        ({"sharing": YES, "recording": YES}, ()),
    ],
    ids=["a new yes", "a no among them", "a no", "a yes that stood before"],
)
def test_only_new_permissions_are_undone_with_a_button(
    answers: dict[str, Decision], undo: tuple[str, ...]
) -> None:
    (said,) = c.update(asking(answers=answers), c.SavePressed())[1]
    assert isinstance(said, c.Say) and said.undo == undo


def test_what_was_answered_never_comes_to_another_person() -> None:
    state = asking(answers={"sharing": YES})
    assert c.update(state, c.Opened(ROSA, (), "es"))[0].answers == {"sharing": YES}
    other = c.update(state, c.Opened(FactId("p.other"), (), "pt"))[0]  # type: ignore[arg-type]
    assert not other.asking and other.answers == {} and other.language == "pt"
    assert c.update(other, c.StandingCame(ROSA, {"sharing": YES}))[0].standing == {}


def test_a_failure_keeps_the_answers() -> None:
    state = c.update(asking(answers={"sharing": YES}, busy=True), c.Failed("no disk"))[0]
    assert state.answers and state.asking and not state.busy and state.sentence == "no disk"


def test_when_a_yes_ends() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    end = end_of("day", now)
    assert end is not None and end.hour == 0 and timedelta(0) < end - now <= timedelta(days=1)
    assert end_of("year", now) == now + timedelta(days=365) and end_of("", now) is None


@pytest.mark.parametrize("how", sorted(HOW))
def test_a_statement_says_how_it_was_given_and_who_heard_it(how: str) -> None:
    one = replace(chart_of(ROSA, Clinic()).consents[0], how=how)
    line = consent_line(one, "Eva Sosa")
    assert "witness: Eva Sosa" in line.detail and "Sharing with other clinics: yes" in line.detail


@pytest.fixture
def page(qtbot: QtBot, room: Room, tmp_path: Path) -> ChartView:
    page = ChartView(room, save_to=tmp_path)
    qtbot.addWidget(page)
    page.resize(1100, 720)
    page.show()
    page.open(ROSA, "consents")
    qtbot.waitUntil(page.consents.isVisible)
    return page


def test_a_permission_is_taken_back_on_the_chart_by_pressing_twice(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    recording = page.consents.takings["recording"]
    qtbot.waitUntil(recording.isVisible)
    assert not page.consents.takings["sharing"].isVisible()  # she has not permitted it
    qtbot.mouseClick(recording, Qt.MouseButton.LeftButton)
    assert not [call for call in clinic.calls if call[0] == "withdraw"]
    qtbot.mouseClick(recording, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("withdraw", ROSA, ("recording",)) in clinic.calls)
    qtbot.waitUntil(lambda: not recording.isVisible())
    assert "not permitted" in page.consents.standing["recording"].text()


def test_what_she_says_is_written_down_item_by_item_and_undone(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    undone: list[object] = []
    room.ways.undoable.connect(lambda _tone, _text, undo: undone.append(undo))
    panel = page.consents
    qtbot.mouseClick(panel.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: set(panel.answers) == {"treatment", "teleconsultation", "recording", "sharing", "analytics"}
    )
    assert not panel.save.isEnabled() and "Dr. Martín Aguirre" in panel.witness.text()
    panel.answers["sharing"].chosen.emit("permit")
    panel.how.chosen.emit("phone")
    panel.until.chosen.emit("day")
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    assert audit(panel) == []
    qtbot.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    said = ("say", ROSA, {"sharing": YES}, "es", "phone", "day")
    qtbot.waitUntil(lambda: said in clinic.calls and not panel.loop.state.asking)
    qtbot.waitUntil(panel.takings["sharing"].isVisible)
    assert len(undone) == 1
    undone[0]()  # type: ignore[operator]
    qtbot.waitUntil(lambda: ("withdraw", ROSA, ("sharing",)) in clinic.calls)


def test_the_evidence_is_a_file_and_the_screen_says_where(
    qtbot: QtBot, page: ChartView, clinic: Clinic, tmp_path: Path
) -> None:
    qtbot.mouseClick(page.consents.prove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: str(tmp_path) in page.consents.saved.accessibleName())
    assert ("evidence", ROSA, "co1") in clinic.calls
    clinic.consenting.may_export = clinic.consenting.may_take = False
    page.consents.loop.show()
    assert not page.consents.prove.isVisible() and not page.consents.ask.isVisible()


def test_a_document_is_opened_once_however_often_the_chart_is_drawn(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    def read() -> int:
        return len([call for call in clinic.calls if call[0] == "read"])

    page.loop.send(TabChosen("documents"))
    qtbot.waitUntil(lambda: read() == 1)
    for _ in range(3):
        page.told(frozenset({"Observation"}), frozenset({ROSA}))
        page.resize(page.width() + 1, page.height())
    assert read() == 1
