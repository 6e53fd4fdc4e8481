# SPDX-License-Identifier: GPL-3.0-or-later
"""Patients of other teams: a reason first, a chart that goes with its time, reviews somebody else closes."""

from dataclasses import replace
from datetime import date, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.ids import FactId, PatientId
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.emergency import logic as e
from desktop.screens.emergency.band import ReviewBand, told
from desktop.screens.emergency.view import EmergencyView
from desktop.screens.room import Room
from tests.desktop.screens.standin import NOW, Clinic, Emergencies

MAMANI = PatientId("Mamani")
WHY = "Unconscious in the emergency room"
DUE = e.Review(
    FactId("glass.1.u.x"), MAMANI, "Quispe, Ana", "Dr. Sosa: no relatives", date(2026, 11, 24), False, False
)


def chosen() -> e.State:
    state = replace(e.State(NOW), text="ma", people=Emergencies().people)
    return e.update(state, e.Chosen(MAMANI))[0]


def test_nothing_is_asked_without_a_reason_that_says_something() -> None:
    state = chosen()
    assert e.update(state, e.SummaryPressed())[1] == ()
    state = e.update(state, e.ReasonTyped("  short   reason  "))[0]
    assert state.missing == 8 and e.update(state, e.WholePressed("x"))[1] == ()
    state = e.update(state, e.ReasonTyped(WHY))[0]
    asked, effects = e.update(state, e.WholePressed("pw"))
    assert effects == (e.AskWhole(MAMANI, WHY, "pw", False),)
    assert e.update(asked, e.WholePressed("pw"))[1] == ()  # one is under way


def test_what_was_said_stays_while_the_words_looked_for_stay() -> None:
    """The field says what stands in it once more when it has rested."""
    refused = e.update(e.update(e.State(NOW), e.Looked("mam", NOW))[0], e.Failed("Type your own."))[0]
    assert e.update(refused, e.Looked("mam", NOW))[0].sentence == "Type your own."
    assert e.update(refused, e.Looked("mama", NOW))[0].sentence == ""


def test_what_is_open_goes_with_the_person_and_with_its_time() -> None:
    until = NOW + timedelta(hours=4)
    reading = e.Reading(MAMANI, "Mamani", (), until, 0)
    state = e.update(chosen(), e.ChartCame(reading))[0]
    state = e.update(state, e.Stands((e.Open(MAMANI, until),), ()))[0]
    assert e.left_of(state) == timedelta(hours=4)
    assert e.update(state, e.Chosen(PatientId("Mansilla")))[0].reading is None
    assert e.update(state, e.Ticked(until - timedelta(seconds=1)))[0].reading == reading
    over = e.update(state, e.Ticked(until))[0]
    assert over.reading is None and over.open_until is None
    assert e.update(over, e.ReadPressed())[1] == ()


def test_the_page_from_a_name_to_a_chart(
    qapp: QApplication, room: Room, clinic: Clinic, qtbot: QtBot
) -> None:
    theme.apply(qapp, "light", "desktop")
    view = EmergencyView(room)
    qtbot.addWidget(view)
    view.resize(1100, 700)
    view.show()
    view.open("mam")
    qtbot.waitUntil(lambda: view.loop.state.chosen == MAMANI)
    assert not view.whole.isEnabled()
    view.reason.setPlainText(WHY)
    assert view.whole.isEnabled()
    view.password.setText("wrong")
    qtbot.mouseClick(view.whole, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "another person" in view.loop.state.sentence)
    assert view.password.text() == ""
    view.password.setText("right")
    qtbot.mouseClick(view.whole, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not view.band.isHidden())
    assert clinic.emergency.asked == [("whole", MAMANI, WHY)]
    assert "Penicilina" in view.text.text() and view.side.currentWidget() is view.read
    assert view.loop.state.reason == ""
    assert audit(view) == []


def test_a_review_is_closed_with_what_was_found(room: Room, clinic: Clinic, qtbot: QtBot) -> None:
    clinic.emergency.due = (DUE, replace(DUE, task=FactId("glass.2.u.me"), mine=True))
    view = EmergencyView(room)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: len(view.loop.state.reviews) == 2)
    view.loop.send(e.ReviewChosen(FactId("glass.2.u.me")))
    assert view.close_it.isHidden()  # one's own is somebody else's work
    view.loop.send(e.ReviewChosen(DUE.task))
    qtbot.mouseClick(view.close_it, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Write what you found" in view.loop.state.sentence)
    view.found.setPlainText("Asked the ward: right.")
    qtbot.mouseClick(view.close_it, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(view.reviews_card.isHidden)
    assert clinic.emergency.asked == [("close", DUE.task, "Asked the ward: right.")]


def test_today_says_what_waits_for_its_review(room: Room, clinic: Clinic, qtbot: QtBot) -> None:
    band = ReviewBand(room)
    qtbot.addWidget(band)
    band.look()
    assert band.isHidden() and told(()) == ("", "")
    clinic.emergency.due = (DUE,)
    band.look()
    qtbot.waitUntil(lambda: not band.isHidden())
    assert "Quispe, Ana" in told((DUE,))[1]
    with qtbot.waitSignal(room.ways.elsewhere):
        band.acted.emit()
