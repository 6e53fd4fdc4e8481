# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit played again: the step shown, the note as it was then, and the keys and buttons that step."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Section
from clinic.domain.ids import EncounterId
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.chart.view import ChartView
from desktop.screens.replay import logic as r
from desktop.screens.replay import words
from desktop.screens.room import Room
from tests.desktop.screens.standin import JUAN, ROSA, Clinic

OLD = EncounterId("e.old")


def loaded() -> r.State:
    state = r.update(r.State(), r.VisitOpened(OLD))[0]
    return r.update(state, r.Loaded(Clinic().replay(OLD)))[0]


def at(step: int) -> r.Note:
    return r.note_at(r.update(loaded(), r.StepChosen(step))[0])


def test_it_begins_at_the_first_step_and_never_leaves_the_visit() -> None:
    state = loaded()
    assert (state.step, state.steps) == (1, 11)
    assert r.update(state, r.Moved(-1))[0].step == 1
    assert r.update(state, r.StepChosen(1_000_000))[0].step == 11
    assert r.update(r.update(state, r.StepChosen(11))[0], r.Moved(1))[0].step == 11


def test_another_visit_that_comes_late_is_not_shown() -> None:
    state = r.update(loaded(), r.VisitOpened(EncounterId("e.other")))[0]
    assert r.update(state, r.Loaded(Clinic().replay(OLD)))[0].replay is None
    assert r.update(state, r.Failed(OLD, "no"))[0].sentence == ""
    assert r.update(r.State(), r.StepChosen(3))[0].step == 0


def test_the_note_grows_as_it_was_typed_signed_and_added_to() -> None:
    assert at(3).empty
    assert at(4).texts == {Section.SUBJECTIVE: "Control de diabetes."}
    assert (at(5).texts[Section.SUBJECTIVE], at(5).changed) == (
        "Control de diabetes. Refiere buena adherencia y caminatas.",
        Section.SUBJECTIVE,
    )
    assert [one.dose for one in at(7).prescriptions] == ["850 mg"] and at(6).prescriptions == ()
    assert at(8).signed is None
    assert at(9).signed is not None and at(9).addenda == ()
    assert [one.subjective for one in at(11).addenda] == ["Peso 83,9 kg, no 93,9."]


def test_every_language_has_a_word_for_every_step() -> None:
    assert {language: words.VERBS["en"].keys() - said.keys() for language, said in words.VERBS.items()} == {
        "es": set(), "en": set(), "pt": set(),
    }  # fmt: skip


def test_steps_are_said_in_the_readers_language() -> None:
    set_language("es")
    rows = words.lines(loaded())
    assert (rows[0].title, rows[0].detail) == (
        "paciente o quiosco · registró",
        "Consulta · espera, preguntas respondidas · Checkup · B-03",
    )
    assert rows[4].title == "Dra. Julia Ferreyra · escribió" and rows[4].detail.startswith("Subjetivo: ")
    assert words.position(loaded()) == "Paso 1 de 11"


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication, room: Room) -> ChartView:
    theme.apply(qapp, "light", "desktop")
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    page.open(ROSA, "notes")
    qtbot.waitUntil(page.play.isVisible)
    return page


def test_a_signed_visit_is_played_from_the_chart_with_buttons_keys_slider_and_list(
    qtbot: QtBot, clinic: Clinic, chart: ChartView
) -> None:
    qtbot.mouseClick(chart.play, Qt.MouseButton.LeftButton)
    panel = chart.replay
    qtbot.waitUntil(lambda: panel.loop.state.step == 1)
    assert ("replay", OLD) in clinic.calls and not chart.tabs.isVisible() and chart.banner.isVisible()
    assert audit(chart) == [] and min(panel.before.height(), panel.after.height()) >= 44
    qtbot.mouseClick(panel.after, Qt.MouseButton.LeftButton)
    qtbot.keyClick(panel.slider, Qt.Key.Key_Right)
    assert panel.loop.state.step == 3
    qtbot.keyClick(panel.steps, Qt.Key.Key_Down)
    assert panel.loop.state.step == 4 and panel.slider.value() == 4
    assert panel.rows.model().rowCount() == 1
    panel.slider.setValue(9)
    assert panel.status.text().startswith("Signed by Dra. Julia Ferreyra")
    with qtbot.waitActive(chart):
        chart.activateWindow()
    panel.rows.setFocus()
    qtbot.waitUntil(panel.rows.hasFocus)
    qtbot.keyClick(panel.rows, Qt.Key.Key_Left)
    assert panel.loop.state.step == 8
    qtbot.keyClick(panel.rows, Qt.Key.Key_End)
    assert panel.loop.state.step == 11 and not panel.after.isEnabled()
    QApplication.processEvents()
    assert audit(chart) == []
    qtbot.keyClick(panel.slider, Qt.Key.Key_Escape)
    assert chart.tabs.isVisible() and not panel.isVisible()


def test_a_visit_that_is_not_here_is_said(qtbot: QtBot, chart: ChartView) -> None:
    chart.replay.show()
    chart.replay.open(EncounterId("e.none"))
    qtbot.waitUntil(lambda: "not on this computer" in chart.replay.loop.state.sentence)
    assert not chart.replay.body.isVisible()


def test_another_persons_chart_ends_the_replay(qtbot: QtBot, chart: ChartView) -> None:
    qtbot.mouseClick(chart.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(chart.replay.isVisible)
    chart.open(JUAN)
    qtbot.waitUntil(lambda: chart.tabs.isVisible() and not chart.replay.isVisible())
