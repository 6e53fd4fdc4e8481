# SPDX-License-Identifier: GPL-3.0-or-later
"""Open alerts: whose, answered with a note, taken over, undone; and what people touch of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import IssueStatus
from clinic.domain.ids import FactId, UserId
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.alerts import logic as a
from desktop.screens.alerts import words
from desktop.screens.alerts.rows import alert_line
from desktop.screens.chart.view import ChartView
from desktop.screens.room import Room
from desktop.screens.today import logic as t
from desktop.screens.today.view import TodayView
from tests.desktop.screens.standin import JUAN, MARTA, NOW, ROSA, Clinic, issue

NEWS2 = FactId("i.news2")
ME = UserId("u.me")


def loaded(clinic: Clinic | None = None) -> a.State:
    state = a.update(a.State(NOW), a.PatientShown(ROSA, NOW))[0]
    return a.update(state, a.AlertsLoaded(ROSA, (clinic or Clinic()).open_alerts(ROSA), NOW))[0]


def typed(state: a.State, alert: FactId, text: str) -> a.State:
    return a.update(a.update(state, a.AnswerOpened(alert))[0], a.NoteTyped(text))[0]


def test_an_answer_needs_words_and_goes_once() -> None:
    state = typed(loaded(), NEWS2, "  ")
    state, effects = a.update(state, a.AnswerSent("  "))
    assert (effects, state.sentence) == ((), "Write what you did or why nothing is needed.")
    state, effects = a.update(state, a.AnswerSent(" oxygen "))
    assert effects == (a.Acknowledge(NEWS2, "oxygen", ROSA),)
    assert a.update(state, a.AnswerSent("oxygen"))[1] == ()
    state, effects = a.update(state, a.Answered(NEWS2, ROSA))
    assert effects == (a.OfferReopen(NEWS2, ROSA), a.Load(ROSA))
    assert (state.answering, state.busy, dict(state.drafts)) == ("", "", {})


def test_what_was_typed_is_kept_for_its_alert_until_it_is_sent() -> None:
    state = typed(loaded(), NEWS2, "oxygen")
    state = typed(a.update(state, a.AnswerLeft())[0], FactId("i.bp"), "next week")
    state = a.update(state, a.PatientShown(JUAN, NOW))[0]
    assert dict(state.drafts) == {NEWS2: "oxygen", FactId("i.bp"): "next week"}
    state = a.update(replace(loaded(), drafts=state.drafts), a.AnswerOpened(NEWS2))[0]
    state = a.update(state, a.AnswerSent("oxygen"))[0]
    state = a.update(state, a.Failed(ROSA, "The disk is full."))[0]
    assert (state.drafts[NEWS2], state.answering, state.busy) == ("oxygen", NEWS2, "")


def test_a_colleague_who_answers_first_is_told_and_the_words_stay() -> None:
    state = typed(loaded(), NEWS2, "oxygen")
    state = a.update(state, a.AlertsLoaded(ROSA, state.alerts[1:], NOW))[0]
    assert state.answering == "" and "meanwhile" in state.sentence and state.drafts[NEWS2] == "oxygen"


def test_a_note_stays_with_its_alert_when_another_one_of_the_rule_comes() -> None:
    clinic = Clinic()
    state = typed(loaded(clinic), NEWS2, "oxygen")
    clinic.issues += (issue("i.news2.later", ROSA, "news2-high", "high", "NEWS2 10", 1),)
    state = a.update(state, a.AlertsLoaded(ROSA, clinic.open_alerts(ROSA), NOW))[0]
    assert state.answering == NEWS2 and state.answered is not None
    assert state.answered.standing.alert.text == "NEWS2 10"


def test_alerts_of_another_chart_are_not_shown_here() -> None:
    state = loaded()
    assert a.update(state, a.AlertsLoaded(JUAN, (), NOW))[0] == state
    fresh = a.update(state, a.PatientShown(MARTA, NOW))[0]
    assert fresh.alerts == () and a.update(fresh, a.AnswerOpened(NEWS2))[0].answering == ""


def test_what_fails_on_a_chart_is_not_said_on_the_next_one() -> None:
    state = a.update(typed(loaded(), NEWS2, "Oxygen"), a.AnswerSent("Oxygen"))[0]
    here = a.update(state, a.Failed(ROSA, "The disk is full."))[0]
    assert here.sentence == "The disk is full." and not here.busy
    other = a.update(state, a.PatientShown(MARTA, NOW))[0]
    assert a.update(other, a.Failed(ROSA, "The disk is full.")) == (other, (a.Warn("The disk is full."),))


def test_taking_over_can_be_handed_back_to_whom_it_was() -> None:
    state, effects = a.update(loaded(), a.TakePressed(FactId("i.bp")))
    assert effects == (a.TakeOver(FactId("i.bp"), UserId("u.old"), ROSA),)
    state, effects = a.update(state, a.Taken(FactId("i.bp"), UserId("u.old"), ROSA))
    assert effects[0] == a.OfferHandBack(FactId("i.bp"), UserId("u.old"), ROSA) and not state.busy


def test_only_a_few_are_shown_until_all_are_asked_for() -> None:
    clinic = Clinic()
    clinic.issues += (issue("i.o2", ROSA, "spo2-drop", "high", "SpO2 97 % → 91 %", 20),)
    state = loaded(clinic)
    assert [one.standing.alert.id for one in state.shown] == ["i.news2", "i.o2"]
    assert len(a.update(state, a.Unfolded())[0].shown) == 3


def test_severity_is_a_word_a_sign_and_a_tone_and_time_makes_it_everybodys() -> None:
    urgent, trend = loaded().alerts
    assert words.severity(urgent) == ("Urgent", "danger", "alert-triangle")
    assert words.detail(trend, NOW).startswith("\u2066132 → 148 mmHg, +5 / 30 d\u2069 · since ")
    assert words.owner_flag(urgent, ME, NOW).text == "nobody has taken it yet"
    assert words.owner_flag(trend, ME, NOW).text == "with Dra. Julia Ferreyra"
    later = words.owner_flag(urgent, ME, NOW + timedelta(minutes=4))
    assert later == ("nobody answered in time: nobody has taken it yet", "danger", "clock")


def test_what_a_rule_found_names_vitals_in_the_readers_language() -> None:
    single = issue("x", JUAN, "news2-single", "moderate", "NEWS2 4: 3 × respiratory_rate, spo2", 1)
    set_language("es")
    assert words.found(single) == "\u2066NEWS2 4: 3 × frecuencia respiratoria, saturación de oxígeno\u2069"


def test_a_line_says_when_its_readings_were_taken_back() -> None:
    alert = replace(loaded().alerts[0], gone=True)
    assert "taken back" in alert_line(alert, NOW).detail


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication, room: Room) -> ChartView:
    theme.apply(qapp, "light", "desktop")
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    page.open(ROSA)
    qtbot.waitUntil(lambda: page.band.isVisible() and len(page.band.loop.state.alerts) == 2)
    return page


def test_an_alert_is_answered_on_the_chart_and_it_can_be_undone(
    qtbot: QtBot, room: Room, clinic: Clinic, chart: ChartView
) -> None:
    undo: list[object] = []
    room.ways.undoable.connect(lambda _tone, _text, act: undo.append(act))
    band = chart.band
    qtbot.mouseClick(band.rows[0].answer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(band.answer.isVisible)
    qtbot.keyClicks(band.answer.note, "Oxygen 2 L/min")
    assert audit(chart) == []
    qtbot.mouseClick(band.answer.done, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(band.loop.state.alerts) == 1)
    assert ("acknowledge", NEWS2, "Oxygen 2 L/min", ROSA) in clinic.calls
    assert not band.answer.isVisible()
    qtbot.waitUntil(lambda: len(undo) == 1)
    undo[0]()  # type: ignore[operator]
    qtbot.waitUntil(lambda: len(band.loop.state.alerts) == 2)
    assert clinic.issues[0].status == IssueStatus.REGISTERED


def test_a_full_disk_keeps_the_note_of_an_alert(qtbot: QtBot, clinic: Clinic, chart: ChartView) -> None:
    band, clinic.full = chart.band, True
    qtbot.mouseClick(band.rows[0].answer, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(band.answer.note, "Oxygen")
    qtbot.mouseClick(band.answer.done, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(band.notice.isVisible)
    assert band.answer.note.toPlainText() == "Oxygen" and band.answer.done.isEnabled()


def test_an_alert_is_taken_over_on_the_chart(qtbot: QtBot, clinic: Clinic, chart: ChartView) -> None:
    row = chart.band.rows[1]
    assert row.owner.text() == "with Dra. Julia Ferreyra"
    qtbot.mouseClick(row.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.owner.text() == "yours")
    assert not row.take.isVisible()


def test_a_chart_without_alerts_has_no_band(qtbot: QtBot, clinic: Clinic, chart: ChartView) -> None:
    chart.open(MARTA)
    qtbot.waitUntil(lambda: not chart.band.isVisible())


def test_time_alone_makes_an_alert_of_a_colleague_everybodys() -> None:
    """`i.bp` is with a colleague for a day; nothing is read anew for it."""
    state = t.update(t.State(NOW, me=ME), t.AlertsLoaded(Clinic().alerts()))[0]
    due = next(one.standing.answer_by for one in state.alerts if one.standing.alert.id == "i.bp")
    before, effects = t.update(state, t.MinutePassed(due - timedelta(seconds=1)))
    after, more = t.update(state, t.MinutePassed(due))
    assert [one.standing.alert.id for one in before.to_answer] == ["i.news2", "i.single"]
    assert [one.standing.alert.id for one in after.to_answer] == ["i.news2", "i.single", "i.bp"]
    assert effects == more == ()


def test_today_lists_my_alerts_worst_first_and_a_click_opens_the_chart(
    qtbot: QtBot, qapp: QApplication, room: Room
) -> None:
    theme.apply(qapp, "light", "desktop")
    page = TodayView(room, lambda _k: True)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    qtbot.waitUntil(lambda: page.alerts.model().rowCount() == 2)
    assert page.alerts_card.accessibleName() == "2 open alerts to answer"
    lines = page.alerts.model().lines()  # type: ignore[attr-defined]
    assert [line.key for line in lines] == ["i.single", "i.news2"]
    with qtbot.waitSignal(room.ways.chart) as seen:
        spot = page.alerts.visualRect(page.alerts.model().index(1, 0)).center()
        qtbot.mouseClick(page.alerts.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert seen.args == [ROSA, "summary"]
