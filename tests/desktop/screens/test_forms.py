# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of a chart: what is typed is that person's, is saved when typing rests, completed once, and never lost on the way."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.rights import Action
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.chart.view import ChartView
from desktop.screens.forms import logic as f
from desktop.screens.forms.panel import FormsPanel
from desktop.screens.room import Room
from tests.desktop.screens.standin import JUAN, ROSA, Clinic, Filling

NO_VISIT = EncounterId("")
FORMS = tuple(form for form in shipped() if form.purpose)
PRENATAL = next(form for form in FORMS if form.name == "prenatal")
ITEMS = {item.key: item for item in PRENATAL.items}


def opened(patient: PatientId = ROSA, state: f.State | None = None) -> f.State:
    shown = f.update(state or f.State(forms=FORMS), f.Opened(patient, "Rosa", NO_VISIT, ()))[0]
    return replace(shown, forms=FORMS)


def begun(**given: str) -> f.State:
    """Rosa's prenatal form is open, with these answers typed and not saved."""
    state, (order,) = f.update(opened(), f.Chosen(f"{f.BEGIN}{PRENATAL.url}"))
    assert order == f.Begin(ROSA, PRENATAL.url, 1, NO_VISIT)
    asked = Filling(Clinic()).begin(PRENATAL.url, 1, ROSA, NO_VISIT)
    state = f.update(state, f.SheetCame(ROSA, asked, False))[0]
    for key, text in given.items():
        state = f.update(state, f.Answered(FactId("q1"), key, f.typed(ITEMS[key], text)))[0]
    return state


@pytest.mark.parametrize(
    ("key", "text", "answer"),
    [
        ("weight", " 61,50 ", ("61.50",)), ("weeks", "07", ("7",)), ("weeks", "x", ("x",)), ("weeks", " ", ()),
        ("tdap", "7/3/2026", ("2026-03-07",)), ("tdap", "31.2.2026", ("31.2.2026",)), ("plan", " a ", (" a ",)),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_an_answer_or_stays_as_it_is(
    key: str, text: str, answer: tuple[str, ...]
) -> None:
    assert f.typed(ITEMS[key], text) == answer
    if answer and answer[0].startswith("2026"):
        assert f.shown(ITEMS[key], answer[0]) == "07/03/2026"


def test_one_save_runs_at_a_time_and_what_was_typed_meanwhile_follows() -> None:
    state, (save,) = f.update(begun(weeks="2"), f.Rested())
    assert isinstance(save, f.Save) and save.sheet.given == {"weeks": ("2",)} and save.sheet.window == ROSA
    state = f.update(state, f.Answered(FactId("q1"), "weeks", ("24",)))[0]
    state, effects = f.update(state, f.Rested())
    assert effects == ()
    state, (again,) = f.update(state, f.Saved(FactId("q1"), save.sheet.given, ""))
    assert isinstance(again, f.Save) and again.sheet.given == {"weeks": ("24",)}
    assert not f.update(state, f.Saved(FactId("q1"), again.sheet.given, ""))[0].unsaved


def test_a_form_that_is_left_for_another_chart_is_saved_for_the_one_it_was_begun_for() -> None:
    away, effects = f.update(begun(weeks="24"), f.Opened(JUAN, "Juan", NO_VISIT, ()))
    save = next(one for one in effects if isinstance(one, f.Save))
    assert save.sheet.window == ROSA and away.sheet is None and away.unsaved
    late = f.update(away, f.Answered(FactId("q1"), "weeks", ("30",)))[0]
    assert late == away, "a field that is gone writes nowhere"
    assert not f.update(away, f.Saved(FactId("q1"), save.sheet.given, ""))[0].unsaved


def test_what_the_disk_refused_stays_in_hand_and_is_said_with_her_name() -> None:
    away, _effects = f.update(begun(weeks="24"), f.Opened(JUAN, "Juan", NO_VISIT, ()))
    kept, (said,) = f.update(away, f.SaveFailed(FactId("q1"), "The disk is full."))
    assert said == f.Say("danger", "The disk is full.", "Rosa") and kept.unsaved
    _again, effects = f.update(kept, f.Rested())
    assert [type(one) for one in effects] == [f.Save]


def test_a_form_that_comes_late_is_not_shown_on_another_chart() -> None:
    asked = Filling(Clinic()).begin(PRENATAL.url, 1, ROSA, NO_VISIT)
    elsewhere = opened(JUAN, begun())
    assert f.update(elsewhere, f.SheetCame(ROSA, asked, False))[0].sheet is None


def test_it_is_completed_once_and_only_when_nothing_lacks() -> None:
    state, effects = f.update(begun(weeks="24"), f.CompletePressed())
    assert state.tried and [type(one) for one in effects] == [f.Save]
    whole = {"weight": "61", "systolic": "118", "diastolic": "76"}
    state = begun(weeks="10", **whole)
    for key in ("bleeding", "headache"):
        state = f.update(state, f.Answered(FactId("q1"), key, ("false",)))[0]
    state, (order,) = f.update(state, f.CompletePressed())
    assert isinstance(order, f.Complete)
    assert f.update(state, f.CompletePressed())[1] == ()
    assert f.update(state, f.Answered(FactId("q1"), "weeks", ("11",)))[0] == state
    assert f.update(state, f.Completed(FactId("q1")))[0].reading == "q1"


def test_an_empty_one_that_nobody_filed_is_let_go_without_a_word() -> None:
    state, effects = f.update(begun(), f.ThrowPressed())
    assert state.sheet is None and effects == ()
    assert f.update(begun(), f.SheetLeft())[1] == (), "and leaves nothing behind when it is left"


def test_a_page_made_anew_goes_on_with_what_was_typed_and_saves_it_again() -> None:
    saving, _effects = f.update(begun(weeks="24"), f.Rested())
    again, (save,) = f.update(saving.carried(), f.Rested())
    assert isinstance(save, f.Save) and save.sheet.given == {"weeks": ("24",)} and again.sheet is not None


def test_one_that_the_disk_refuses_can_be_let_go() -> None:
    refused = f.update(begun(weeks="24"), f.SaveFailed(FactId("q1"), "It was completed meanwhile."))[0]
    gone, effects = f.update(refused, f.ThrowPressed())
    assert effects == () and not gone.unsaved


# on the page


@pytest.fixture
def page(qtbot: QtBot, room: Room) -> ChartView:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1180, 740)
    page.show()
    page.open(ROSA, "forms")
    qtbot.waitUntil(lambda: page.forms.isVisible() and bool(page.forms.loop.state.forms))
    return page


def laid(qtbot: QtBot, page: ChartView) -> FormsPanel:
    page.forms.list.chosen.emit(f"{f.BEGIN}{PRENATAL.url}")
    qtbot.waitUntil(page.forms.filling.isVisible)
    return page.forms


def field(panel: FormsPanel, key: str) -> Any:
    assert panel._fields is not None
    return panel._fields.inputs[key]


def test_questions_come_and_go_with_the_answers_before_them(qtbot: QtBot, page: ChartView) -> None:
    panel = laid(qtbot, page)
    assert panel._fields is not None and panel._fields.rows["fundal_height"].isHidden()
    qtbot.keyClicks(field(panel, "weeks"), "24")
    assert not panel._fields.rows["fundal_height"].isHidden()
    assert audit(page) == []
    panel.save()


def test_a_draft_is_saved_when_typing_rests(qtbot: QtBot, page: ChartView, clinic: Clinic) -> None:
    panel = laid(qtbot, page)
    qtbot.keyClicks(field(panel, "weeks"), "24")
    qtbot.waitUntil(lambda: ("in-progress", "q1", ROSA, {"weeks": ("24",)}) in clinic.calls)
    assert not page.unfinished()


def test_what_is_not_on_the_disk_is_said_before_its_window_goes(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    clinic.filling.fails = "The disk is full."
    panel = laid(qtbot, page)
    qtbot.keyClicks(field(panel, "weeks"), "24")
    panel.save()
    qtbot.waitUntil(lambda: "full" in panel.notice.accessibleName())
    assert page.unfinished()
    clinic.filling.fails = ""
    panel.save()
    qtbot.waitUntil(lambda: not page.unfinished())


def test_pressing_complete_names_what_lacks_and_goes_there(qtbot: QtBot, page: ChartView) -> None:
    panel = laid(qtbot, page)
    qtbot.keyClicks(field(panel, "weeks"), "99")
    panel.done.click()
    assert panel._fields is not None
    assert panel._fields._troubles["weeks"].text() == "Write a number: \u20664\u2069 to \u206643\u2069."
    assert panel._fields._troubles["weight"].text() == "This has to be answered."
    assert field(panel, "weeks").hasFocus()
    assert audit(page) == []
    panel.save()


def test_a_completed_one_is_read_with_who_and_when_and_amended(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    filling = clinic.filling
    one = filling.begin(PRENATAL.url, 1, ROSA, NO_VISIT).response
    filling.complete(one, {"weeks": ("24",), "weight": ("61.50",)}, ROSA, "")
    page.told(frozenset({"QuestionnaireResponse"}), frozenset({ROSA}))
    panel = page.forms
    qtbot.waitUntil(lambda: bool(panel.loop.state.completed))
    panel.list.chosen.emit(one.id)
    assert panel.reading.isVisible() and "version 1" in panel.by.text()
    rows = [line.key for line in panel.said.lines()]
    panel.said.setCurrentIndex(panel.said.model().index(rows.index("weight"), 0))
    assert panel.curve.isVisible() and "61.5" in panel.curve.text()
    assert audit(page) == []
    panel.amend.click()
    qtbot.waitUntil(panel.filling.isVisible)
    assert field(panel, "weight").text() == "61.50" and panel.amending.isVisible()
    assert audit(page) == []


def test_who_may_not_write_reads_and_begins_nothing(
    qtbot: QtBot, room: Room, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = clinic.filling.begin(PRENATAL.url, 1, ROSA, NO_VISIT).response
    clinic.filling.complete(one, {"weeks": ("24",)}, ROSA, "")
    monkeypatch.setattr(clinic, "allowed", lambda action: action != Action.WRITE_NOTE)
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(ROSA, "forms")
    qtbot.waitUntil(page.forms.isVisible)
    assert [line.key for line in page.forms.list.lines() if not line.heading] == ["q1"]
    page.forms.list.chosen.emit("q1")
    assert page.forms.reading.isVisible() and not page.forms.amend.isVisible()


def test_the_keyboard_goes_to_the_list_by_one_chord(qtbot: QtBot, page: ChartView) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    qtbot.keyClick(page, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    chord = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(page, Qt.Key.Key_F, chord)
    assert page.loop.state.tab == "forms" and page.forms.list.hasFocus() and page.forms.list.key()
