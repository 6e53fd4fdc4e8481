# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in the note of a visit: put in by keys, taken back by one, filled from this patient's chart alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.facts import NoteTemplate, Section
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.templates import SECTIONS
from desktop.kit import theme
from desktop.screens.room import Room
from desktop.screens.templates import logic as t
from desktop.screens.visit import happenings as h
from desktop.screens.visit.errands import Line
from desktop.screens.visit.known import known
from desktop.screens.visit.view import VisitView
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, Clinic

S, OBJ, A, PLAN = SECTIONS
HERS, HIS = EncounterId(f"e.{ROSA}"), EncounterId(f"e.{JUAN}")
Page = Callable[[], VisitView]


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, room: Room) -> VisitView:
    theme.apply(qapp, "light", "desktop")
    made = VisitView(room, Line())
    qtbot.addWidget(made)
    made.resize(1166, 700)
    with qtbot.waitExposed(made):
        made.show()
    made.open(h.VisitOpened(HERS, ROSA, KIOSK, NOW))
    for field in made.note.fields.values():
        field.setPlainText("")
    made.note.fields[S].setFocus()
    return made


def key(widget: QWidget, which: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(widget, which, held)


def typed(page: VisitView, text: str, section: Section = S) -> None:
    QTest.keyClicks(page.note.fields[section], text)


def texts(page: VisitView) -> dict[Section, str]:
    return {section: field.toPlainText() for section, field in page.note.fields.items()}


def settle() -> None:
    """Answers come through Qt's own queue."""
    QApplication.processEvents()
    QApplication.processEvents()


def undo(page: VisitView, section: Section = S) -> None:
    key(page.note.fields[section], Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


# put in, taken back


def test_a_code_and_tab_fill_the_empty_note_from_the_chart_and_save_it(page: VisitView) -> None:
    typed(page, ".hta")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    filled = texts(page)
    assert filled[S].startswith("Rosa Elena Quispe Mamani, 65 years, control de presión.")
    assert "Alergias: Amoxicilina." in filled[S]
    assert "148/92" in filled[OBJ] and "___" in filled[A] and "___" in filled[PLAN]
    assert {section: part.text for section, part in page.loop.state.parts.items()} == filled


def test_one_ctrl_z_takes_all_of_it_back_and_the_code_stands_there_again(page: VisitView) -> None:
    typed(page, "Tos. .hta")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    undo(page, S)
    assert texts(page) == {S: "Tos. .hta", OBJ: "", A: "", PLAN: ""}


def test_ctrl_z_leaves_a_section_in_which_something_was_typed_since(page: VisitView) -> None:
    typed(page, ".hta")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    page.note.fields[PLAN].appendPlainText("Sal: poca")
    undo(page, S)
    after = texts(page)
    assert (after[S], after[OBJ]) == (".hta", "")
    assert after[PLAN].endswith("Sal: poca")


def test_what_is_typed_after_a_template_is_taken_back_first(page: VisitView) -> None:
    typed(page, ".alarma")
    key(page.note.fields[S], Qt.Key.Key_Space)
    whole = texts(page)[S]
    typed(page, "fiebre")
    assert "fiebre" in texts(page)[S]
    for _step in range(3):
        undo(page)
        if texts(page)[S] == whole:
            break
    assert texts(page)[S] == whole
    undo(page)
    assert texts(page)[S] == ".alarma"


def test_space_puts_one_in_too_and_an_unknown_code_is_just_words(page: VisitView) -> None:
    typed(page, "Con .ctrl")
    key(page.note.fields[S], Qt.Key.Key_Space)
    assert texts(page)[S] == "Con Control el ___, con Rosa Elena Quispe Mamani."
    page.note.fields[A].setFocus()
    typed(page, "vea .nada hoy", A)
    assert texts(page)[A] == "vea .nada hoy"


def test_what_is_written_is_never_written_over(page: VisitView, room: Room) -> None:
    said: list[str] = []
    room.ways.said.connect(lambda _tone, sentence: said.append(sentence))
    page.note.fields[OBJ].setPlainText("Examen normal")
    typed(page, ".hta")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    assert texts(page)[OBJ] == "Examen normal"
    assert texts(page)[PLAN]
    assert said == ["Something is written already and was left as it is: Objective."]


# open places


def test_tab_leads_from_one_open_place_to_the_next_through_the_sections_and_then_out(
    page: VisitView,
) -> None:
    typed(page, ".lumb")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    assert page.note.fields[S].textCursor().selectedText() == "___"
    typed(page, "ayer")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    assert page.note.fields[PLAN].hasFocus()
    assert page.note.fields[PLAN].textCursor().selectedText() == "___"
    typed(page, "empeora", PLAN)
    assert texts(page)[S] == "Dolor lumbar desde ayer."
    assert texts(page)[PLAN] == "Calor local. Volver si empeora."
    key(page.note.fields[PLAN], Qt.Key.Key_Tab)
    assert not page.note.fields[PLAN].hasFocus()


def test_shift_tab_goes_back_to_the_open_place_before(page: VisitView) -> None:
    typed(page, ".lumb")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    key(page.note.fields[S], Qt.Key.Key_Tab)
    assert page.note.fields[PLAN].hasFocus()
    key(page.note.fields[PLAN], Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert page.note.fields[S].hasFocus()
    assert page.note.fields[S].textCursor().selectedText() == "___"


def test_who_signs_with_open_places_is_told_where_they_are(page: VisitView) -> None:
    typed(page, ".lumb")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    page.note.sign.click()
    assert page.note.undone.isVisible()
    assert page.note.undone.text() == "Places are still open (___): Subjective (1), Plan (1)."


# two patients


def test_the_words_of_the_chart_are_those_of_the_patient_on_the_page(page: VisitView) -> None:
    page.open(h.VisitOpened(HIS, JUAN, KIOSK, NOW))
    settle()
    page.note.fields[S].setPlainText("")
    page.note.fields[S].setFocus()
    typed(page, ".ctrl")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    assert texts(page)[S] == "Control el ___, con Juan Carlos Barrionuevo."


def test_a_chart_of_somebody_else_fills_nothing_in(clinic: Clinic) -> None:
    chart = clinic.chart(ROSA)
    assert known(chart, ROSA, NOW)["name"] == "Rosa Elena Quispe Mamani"
    assert known(chart, JUAN, NOW) == {}
    assert known(None, ROSA, NOW) == {}


def test_ctrl_z_after_another_visit_was_opened_brings_nothing_of_the_first(page: VisitView) -> None:
    typed(page, ".ctrl")
    key(page.note.fields[S], Qt.Key.Key_Tab)
    page.open(h.VisitOpened(HIS, JUAN, KIOSK, NOW))
    settle()
    before = texts(page)
    undo(page)
    assert texts(page) == before


def test_an_empty_list_of_allergies_stays_open_and_never_says_none(clinic: Clinic) -> None:
    chart = replace(clinic.chart(ROSA), allergies=(), medication=(), conditions=())
    assert not {"allergies", "medication", "problems"} & known(chart, ROSA, NOW).keys()


def test_a_reading_of_another_day_says_which_day_and_is_no_sign_of_this_one(clinic: Clinic) -> None:
    later = NOW + timedelta(days=40)
    said = known(clinic.chart(ROSA), ROSA, later)
    assert said["blood_pressure"].startswith("148/92 mmHg (21")
    assert "vitals" not in said


# the list


def test_the_list_is_opened_searched_and_used_by_keys_alone(page: VisitView) -> None:
    page.note.fields[PLAN].setFocus()
    page.note._choose_template()
    panel = page.note.templates
    assert panel.isVisible() and not page.note.writing.isVisible() and panel.search.hasFocus()
    QTest.keyClicks(panel.search, "lumb")
    key(panel.search, Qt.Key.Key_Return)
    assert page.note.writing.isVisible() and not panel.isVisible()
    assert texts(page)[PLAN] == "Calor local. Volver si ___."
    assert texts(page)[S] == "Dolor lumbar desde ___."
    undo(page, S)
    assert texts(page) == dict.fromkeys(SECTIONS, "")


def test_arrows_move_the_mark_while_the_search_has_the_keyboard(page: VisitView) -> None:
    page.note._choose_template()
    panel = page.note.templates
    first = panel.loop.state.chosen
    key(panel.search, Qt.Key.Key_Down)
    assert panel.loop.state.chosen == panel.templates[1] != first
    assert panel.look.text().startswith("Subjective\nDolor lumbar")


@pytest.mark.parametrize("held", ["search", "list", "use"])
def test_esc_leads_back_to_the_section_it_came_from_with_nothing_changed(page: VisitView, held: str) -> None:
    page.note.fields[A].setFocus()
    page.note._choose_template()
    getattr(page.note.templates, held).setFocus()
    key(getattr(page.note.templates, held), Qt.Key.Key_Escape)
    assert page.note.fields[A].hasFocus()
    assert texts(page) == dict.fromkeys(SECTIONS, "")


def test_another_visit_closes_the_list(page: VisitView) -> None:
    page.note._choose_template()
    page.open(h.VisitOpened(HIS, JUAN, KIOSK, NOW))
    assert page.note.writing.isVisible() and not page.note.templates.isVisible()


def test_a_new_one_is_written_kept_and_usable_at_once_and_its_making_undone(
    page: VisitView, room: Room
) -> None:
    undos: list[Callable[[], None]] = []
    room.ways.undoable.connect(lambda _tone, _said, undo: undos.append(undo))
    page.note._choose_template()
    panel = page.note.templates
    panel._open_form(t.NewPressed())
    panel.code.setText(".mia")
    panel.called.setText("La mía")
    panel.texts[S].setPlainText("Hola ")
    panel.texts[S].setFocus()
    panel.texts[S].moveCursor(panel.texts[S].textCursor().MoveOperation.End)
    panel._put_place()
    assert panel.texts[S].toPlainText() == "Hola {name}"
    assert page.typed_and_unsent()
    panel.keep.click()
    settle()
    assert not panel.loop.state.editing and panel.loop.state.chosen is not None
    assert panel.loop.state.chosen.code == "mia"
    panel.used.emit(panel.loop.state.chosen)
    assert texts(page)[S] == "Hola Rosa Elena Quispe Mamani"
    undos[0]()
    panel.read()
    settle()
    assert "mia" not in [one.code for one in panel.templates]


def test_what_is_refused_stays_in_the_form_with_the_reason(page: VisitView) -> None:
    panel = page.note.templates
    page.note._choose_template()
    panel._open_form(t.NewPressed())
    panel.called.setText("Sin código")
    panel.keep.click()
    settle()
    assert panel.loop.state.editing and panel.called.text() == "Sin código"
    assert panel.notice.isVisible() and "short code" in panel.loop.state.sentence


def test_a_change_and_a_removal_are_undone(page: VisitView, room: Room) -> None:
    undos: list[Callable[[], None]] = []
    room.ways.undoable.connect(lambda _tone, _said, undo: undos.append(undo))
    page.note._choose_template()
    panel = page.note.templates
    panel.loop.send(t.Marked(FactId("n.mine")))
    panel._open_form(t.ChangePressed())
    panel.called.setText("Otro título")
    panel.keep.click()
    settle()
    undos.pop()()
    panel.read()
    settle()
    assert "Control breve" in [one.title for one in panel.templates]
    panel.loop.send(t.Marked(FactId("n.mine")))
    panel.drop.click()
    settle()
    assert "Control breve" not in [one.title for one in panel.templates]
    undos.pop()()
    panel.read()
    settle()
    assert "Control breve" in [one.title for one in panel.templates]


# without pixels


def one(name: str, code: str, author: str = "u.me", shared: bool = False, text: str = "x") -> NoteTemplate:
    return NoteTemplate(
        id=FactId(name),
        code=code,
        title=name,
        author=UserId(author),
        written_at=NOW,
        text=text,
        shared=shared,
    )


OWN, TEAM, STARTER = one("n.own", "ab"), one("n.team", "abc", "u.x", True), one("s/es/d", "d", "", True)
HERE = t.State(me=UserId("u.me"), clinician=True, templates=(OWN, TEAM, STARTER))


def test_the_search_finds_all_words_and_the_code_that_begins_so_comes_first() -> None:
    texted = one("n.text", "zz", text="abdomen blando")
    state = replace(HERE, templates=(texted, OWN, TEAM))
    found = t.update(state, t.Typed(".ab"))[0].shown
    assert [row.id for row in found] == ["n.own", "n.team", "n.text"]
    assert t.update(state, t.Typed("blando abd"))[0].shown == (texted,)


def test_a_clinician_changes_shared_ones_a_nurse_does_not_and_nobody_a_starter() -> None:
    nurse = replace(HERE, clinician=False)
    assert [HERE.mine(row) for row in HERE.templates] == [True, True, False]
    assert [nurse.mine(row) for row in nurse.templates] == [True, False, False]


def test_changing_a_starter_makes_one_of_ones_own() -> None:
    marked = t.update(HERE, t.Marked(FactId(STARTER.id)))[0]
    opened = t.update(marked, t.ChangePressed())[0]
    draft = t.Draft("d", "Mía")
    kept, effects = t.update(opened, t.KeepPressed(draft))
    assert effects == (t.Keep(draft, None),)
    assert kept.writing and t.update(kept, t.KeepPressed(draft)) == (kept, ())


def test_a_starter_is_never_removed() -> None:
    marked = t.update(HERE, t.Marked(FactId(STARTER.id)))[0]
    assert t.update(marked, t.RemovePressed()) == (marked, ())
