# SPDX-License-Identifier: GPL-3.0-or-later
"""Something is drawn over a document: with pen, arrow and note, rubbed out, undone, hidden, saved and printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import DocumentMark, MarkKind
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.strokes import packed, places
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from desktop.kit import leaves, theme
from desktop.kit.audit import audit
from desktop.kit.strokes import stroke
from desktop.screens.documents import logic as d
from desktop.screens.documents import marking as m
from desktop.screens.documents.ink import over_image
from desktop.screens.documents.panel import DocumentPanel
from desktop.screens.room import Room
from tests.desktop.screens.standin import JUAN, NOW, ROSA, Clinic
from tests.desktop.screens.test_documents import document, opened, pdf, picture

ME, OTHER = UserId("u.me"), UserId("u.other")
PAPER = Attachment(id="a1", key=b"", content_type="application/pdf", size=1)
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def mark(id: str, author: UserId = ME, at: tuple[float, float] = (0.5, 0.5), page: int = 0) -> DocumentMark:
    line = packed([at, (at[0] + 0.1, at[1])])
    return DocumentMark(
        id=FactId(id), patient=ROSA, attachment="a1", page=page, kind=MarkKind.PEN, points=line, author=author,
        author_name=f"Dra. {author[2:]}", drawn_at=NOW,
    )  # fmt: skip


def over(*marks: DocumentMark) -> m.State:
    state, effects = m.update(m.State(), m.Shown(ROSA, PAPER, ME))
    assert effects == (m.Look(ROSA, PAPER),)
    return m.update(state, m.MarksCame("a1", marks))[0]


def told(state: m.State, *events: m.Event) -> tuple[m.State, list[m.Effect]]:
    found: list[m.Effect] = []
    for event in events:
        state, effects = m.update(state, event)
        found += effects
    return state, found


# the hand


def test_a_line_is_written_when_the_pen_is_lifted_and_shows_before() -> None:
    state, effects = told(
        over(), m.ToolChosen("pen"), m.Pressed(2, (0.1, 0.1)), m.Moved((0.2, 0.1)), m.Lifted()
    )
    (put,) = effects
    assert isinstance(put, m.Put) and (put.patient, put.attachment) == (ROSA, PAPER)
    assert put.draft == m.Draft(1, 2, MarkKind.PEN, ((0.1, 0.1), (0.2, 0.1)), "red")
    assert state.coming == (put.draft,) and state.tool == "pen"
    state, _ = told(state, m.Written("a1", 1, mark("m1")))
    assert (state.coming, [one.id for one in state.marks]) == ((), ["m1"])


def test_an_arrow_has_two_ends_and_a_slip_is_none() -> None:
    state, effects = told(
        over(), m.ToolChosen("arrow"), m.Pressed(0, (0.1, 0.1)), m.Moved((0.2, 0.1)), m.Moved((0.4, 0.3)), m.Lifted()
    )  # fmt: skip
    assert [one.draft.line for one in effects if isinstance(one, m.Put)] == [((0.1, 0.1), (0.4, 0.3))]
    assert told(state, m.Pressed(0, (0.1, 0.1)), m.Moved((0.101, 0.1)), m.Lifted())[1] == []


def test_what_was_begun_with_one_finger_is_not_meant_once_a_second_comes() -> None:
    begun, _ = told(over(), m.ToolChosen("pen"), m.Pressed(0, (0.1, 0.1)), m.Moved((0.2, 0.1)))
    assert told(begun, m.LetGo(), m.Lifted())[1] == []


def test_a_note_stays_on_the_document_and_the_person_it_was_typed_over() -> None:
    typed, none = told(over(), m.ToolChosen("note"), m.Pressed(1, (0.3, 0.3)), m.NoteTyped("Repetir"))
    assert none == []
    other = Attachment(id="a2", key=b"", content_type="image/png", size=1)
    state, effects = told(typed, m.Shown(JUAN, other, ME))
    put = effects[0]
    assert isinstance(put, m.Put) and (put.patient, put.attachment, put.draft.text) == (
        ROSA,
        PAPER,
        "Repetir",
    )
    assert (state.patient, state.words, state.note, state.done) == (JUAN, "", None, ())
    assert told(state, m.Written("a1", put.draft.number, mark("m1")))[0].marks == ()
    assert told(over(), m.ToolChosen("note"), m.Pressed(1, (0.3, 0.3)), m.NotePut())[1] == []


def test_the_eraser_takes_ones_newest_that_passes_there_and_names_whose_the_other_is() -> None:
    state, effects = told(
        over(mark("m1"), mark("m2"), mark("m3", OTHER)), m.ToolChosen("eraser"), m.Pressed(0, (0.55, 0.51))
    )
    assert effects == [m.RubOut(ROSA, FactId("m2"))] and [one.id for one in state.marks] == ["m1", "m3"]
    state, effects = told(
        state, m.Turned(), m.Pressed(0, (0.55, 0.51)), m.Turned(), m.Pressed(0, (0.55, 0.51))
    )
    assert effects == [m.RubOut(ROSA, FactId("m1"))] and state.whose == "Dra. other"
    assert told(state, m.Pressed(1, (0.55, 0.51)))[1] == []


def test_each_step_is_undone_and_done_again_in_turn() -> None:
    state, _ = told(over(mark("m1")), m.ToolChosen("eraser"), m.Pressed(0, (0.55, 0.5)), m.Turned())
    state, _ = told(state, m.ToolChosen("pen"), m.Pressed(0, (0.1, 0.1)), m.Lifted())
    assert told(state, m.UndoPressed()) == (state, []), "not before it is written"
    state, _ = told(state, m.Written("a1", 1, mark("m2", at=(0.1, 0.1))))
    state, effects = told(state, m.UndoPressed(), m.UndoPressed(), m.UndoPressed())
    assert effects == [m.RubOut(ROSA, FactId("m2")), m.PutBack(ROSA, FactId("m1"))]
    assert [one.id for one in state.marks] == ["m1"]
    state, effects = told(state, m.RedoPressed(), m.RedoPressed(), m.RedoPressed())
    assert effects == [m.RubOut(ROSA, FactId("m1")), m.PutBack(ROSA, FactId("m2"))]
    assert [one.id for one in state.marks] == ["m2"]


def test_after_something_new_nothing_old_is_done_again() -> None:
    state, _ = told(over(mark("m1")), m.ToolChosen("eraser"), m.Pressed(0, (0.55, 0.5)), m.UndoPressed())
    state, _ = told(
        state, m.ToolChosen("pen"), m.Pressed(0, (0.1, 0.1)), m.Lifted(), m.Written("a1", 1, mark("m2"))
    )
    assert state.undone == ()


def test_what_was_read_before_a_write_was_done_does_not_bring_back_what_was_rubbed_out() -> None:
    state, _ = told(over(mark("m1")), m.ToolChosen("eraser"), m.Pressed(0, (0.55, 0.5)))
    state, effects = told(state, m.Changed(), m.MarksCame("a1", (mark("m1"),)))
    assert (state.marks, effects) == ((), [])
    assert told(state, m.Turned())[1] == [m.Look(ROSA, PAPER)]


def test_what_was_not_written_is_gone_again_and_said() -> None:
    state, _ = told(over(), m.ToolChosen("pen"), m.Pressed(0, (0.1, 0.1)), m.Lifted())
    state, effects = told(state, m.NotWritten(1, "The disk is full."))
    assert (state.coming, state.sentence, effects) == ((), "The disk is full.", [m.Look(ROSA, PAPER)])


def test_layers_are_told_with_ones_own_first_and_hidden_one_by_one() -> None:
    state = over(mark("m1", OTHER), mark("m2"), mark("m3", OTHER))
    assert [(who, count) for who, _name, count in state.authors] == [(ME, 1), (OTHER, 2)]
    state, _ = told(state, m.LayerShown(OTHER, on=False))
    assert [one.id for one in state.seen] == ["m2"]
    state, _ = told(
        state, m.LayerShown(ME, on=False), m.ToolChosen("pen"), m.Pressed(0, (0.1, 0.1)), m.Lifted()
    )
    assert state.hidden == {OTHER}, "what one draws one sees"


def test_a_name_stands_once_where_one_persons_marks_lie_together() -> None:
    marks = (mark("m1"), mark("m2", at=(0.55, 0.52)), mark("m3", at=(0.1, 0.9)), mark("m4", OTHER))
    assert m.tagged(marks) == {"m1", "m3", "m4"}


@pytest.mark.parametrize("turned", range(4))
def test_a_place_of_the_page_is_the_same_whichever_way_it_is_turned(turned: int) -> None:
    state, _ = d.update(opened(), d.Turned(turned))
    at = d.point_of(state, (0.25, 0.75))
    assert d.place_at(state, at) == pytest.approx((0.25, 0.75))
    left, top, wide, high = state.box
    share = ((at[0] - left) / wide, (at[1] - top) / high)
    assert share == pytest.approx([(0.25, 0.75), (0.25, 0.25), (0.75, 0.25), (0.75, 0.75)][turned])


def test_with_marks_it_is_asked_first_and_nothing_leaves_without_an_answer() -> None:
    state, effects = d.update(opened(), d.SavePressed(marked=True))
    assert (state.asking, effects) == ("save", ())
    assert d.update(state, d.MarksAnswered(None))[1] == ()
    assert d.update(state, d.MarksAnswered(marked=True))[1] == (d.Save(marked=True),)
    printing, _ = d.update(state, d.PrintPressed(marked=True))
    assert d.update(printing, d.MarksAnswered(marked=False))[1] == (d.Print(marked=False),)
    assert d.update(state, d.Chosen("d2"))[0].asking == ""


# on the screen


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, room: Room, clinic: Clinic, tmp_path: Path) -> DocumentPanel:
    theme.apply(qapp, "light", "desktop")
    panel = DocumentPanel(room, "doc", tmp_path)
    qtbot.addWidget(panel)
    panel.resize(820, 620)
    panel.show()
    qtbot.waitExposed(panel)
    clinic.photo = pdf(2)
    return panel


def lay(qtbot: QtBot, panel: DocumentPanel, clinic: Clinic) -> None:
    one = document(kind="application/pdf", title="Informe")
    panel.show_document(ROSA, "Rosa Quispe", one.attachment, clinic.photo, "", "Informe")
    qtbot.waitUntil(lambda: panel.loop.state.drawn > 0)
    QApplication.processEvents()


def drawn(panel: DocumentPanel, line: list[tuple[float, float]], by: str = "mouse") -> None:
    """Along these places of the page."""
    page, state = panel.page, panel.loop.state
    points = [d.point_of(state, at) for at in line]
    shares = [
        ((x + 8) / (page.width() - 1), (y + 8) / (page.height() - 1), n * 5.0)
        for n, (x, y) in enumerate(points)
    ]
    for _pause in stroke(page, shares, by):
        QApplication.processEvents()


def red_on(panel: DocumentPanel, x: float, y: float) -> bool:
    """Whether the ink of the pen lies at that place of the page."""
    at = d.point_of(panel.loop.state, (x, y))
    shot = panel.page.grab().toImage()
    around = [
        shot.pixelColor(round(at[0]) + 8 + dx, round(at[1]) + 8 + dy)
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    return any(one.red() > 140 and one.red() > max(one.green(), one.blue()) + 60 for one in around)


@pytest.mark.parametrize("by", ["mouse", "touch"])
def test_a_line_lies_where_it_was_drawn_and_the_keys_take_it_back(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic, by: str
) -> None:
    lay(qtbot, panel, clinic)
    drawn(panel, [(0.2, 0.1), (0.4, 0.1)], by)
    assert clinic.marking.held == [], "without a tool the hand moves the page"
    QTest.mouseClick(panel.marks.tools["pen"], Qt.MouseButton.LeftButton)
    drawn(panel, [(0.2, 0.1), (0.4, 0.1)], by)
    (made,) = clinic.marking.held
    assert places(made.points)[0] == pytest.approx((0.2, 0.1), abs=0.01) and made.patient == ROSA
    assert red_on(panel, 0.3, 0.1)
    panel.page.setFocus()
    qtbot.keyClick(panel.page, Qt.Key.Key_Z, CTRL)
    assert clinic.marking.held[0].status == "entered-in-error" and not red_on(panel, 0.3, 0.1)
    qtbot.keyClick(panel.page, Qt.Key.Key_Z, CTRL | SHIFT)
    assert clinic.marking.held[0].status == "active" and red_on(panel, 0.3, 0.1)
    panel.loop.send(d.Turned(1))
    qtbot.waitUntil(lambda: panel.loop.state.drawing == 0)
    assert red_on(panel, 0.3, 0.1)
    panel.loop.send(d.PageTurned(1))
    qtbot.waitUntil(lambda: panel.loop.state.drawn > 0)
    assert not red_on(panel, 0.3, 0.1)


def test_a_note_is_written_by_keyboard_alone(qtbot: QtBot, panel: DocumentPanel, clinic: Clinic) -> None:
    lay(qtbot, panel, clinic)
    qtbot.keyClick(panel.marks.tools["note"], Qt.Key.Key_Space)
    panel.page.setFocus()
    qtbot.keyClick(panel.page, Qt.Key.Key_Return)
    assert panel.marks.words.hasFocus()
    qtbot.keyClicks(panel.marks.words, "Repetir en marzo")
    qtbot.keyClick(panel.marks.words, Qt.Key.Key_Return)
    (made,) = clinic.marking.held
    assert (made.kind, made.text, made.page) == (MarkKind.NOTE, "Repetir en marzo", 0)
    assert not panel.marks.noting.isVisible()
    panel.page.setFocus()
    qtbot.keyClick(panel.page, Qt.Key.Key_Escape)
    assert panel.marks.loop.state.tool == ""


def test_a_colleagues_marks_come_are_hidden_and_are_not_rubbed_out(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic
) -> None:
    lay(qtbot, panel, clinic)
    assert not panel.marks.layers.isVisible()
    clinic.marking.held.append(clinic.marking.theirs("ad100000000"))
    panel.told(frozenset({"DocumentMark"}))
    qtbot.waitUntil(panel.marks.layers.isVisible)
    QTest.mouseClick(panel.marks.tools["eraser"], Qt.MouseButton.LeftButton)
    drawn(panel, [(0.2, 0.8), (0.2, 0.8)])
    assert "Paz Colque" in panel.notice.accessibleName()
    assert clinic.marking.held[0].status == "active"
    (line,) = panel.marks.menu().actions()
    assert "Paz Colque" in line.text() and line.isChecked()
    line.setChecked(False)
    assert panel.marks.on_page(0) == () and "1 hidden" in panel.marks.layers.text()


def test_saved_and_printed_with_the_marks_or_as_it_is(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic, tmp_path: Path
) -> None:
    clinic.marking.held.append(clinic.marking.theirs("ad100000000"))
    lay(qtbot, panel, clinic)
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    assert panel.question.isVisible() and "Paz Colque" in panel.asked.text()
    QTest.mouseClick(panel.without, Qt.MouseButton.LeftButton)
    plain = tmp_path / "posta-document-ad100000.pdf"
    qtbot.waitUntil(lambda: plain.exists() and not panel.loop.state.busy)
    assert plain.read_bytes() == clinic.photo
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.with_marks, Qt.MouseButton.LeftButton)
    marked = tmp_path / "posta-document-ad100000-marked.pdf"
    qtbot.waitUntil(lambda: marked.exists() and not panel.loop.state.busy)
    assert not panel.question.isVisible()
    assert leaves.sizes(marked.read_bytes())[0] == pytest.approx(leaves.sizes(clinic.photo)[0], abs=2)
    assert len(leaves.sizes(marked.read_bytes())) == 2
    sheet = leaves.drawn(marked.read_bytes(), 0, 1.0)
    blue = {
        sheet.pixelColor(round(sheet.width() * x / 100), round(sheet.height() * 0.8) + dy).blue()
        > sheet.pixelColor(round(sheet.width() * x / 100), round(sheet.height() * 0.8) + dy).red() + 80
        for x in range(11, 29)
        for dy in (-1, 0, 1)
    }
    assert True in blue


def test_a_picture_of_a_wide_page_keeps_its_shape_with_its_marks() -> None:
    data = leaves.as_pdf(leaves.sheets(picture(300, 200), over_image([mark("m1")])))
    (size,) = leaves.sizes(data)
    assert size[0] / size[1] == pytest.approx(1.5, abs=0.02)


def test_what_cannot_be_written_is_said_and_nothing_of_it_stays(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic
) -> None:
    lay(qtbot, panel, clinic)
    clinic.marking.trouble = "The disk is full."
    QTest.mouseClick(panel.marks.tools["pen"], Qt.MouseButton.LeftButton)
    drawn(panel, [(0.2, 0.1), (0.4, 0.1)])
    assert "disk is full" in panel.notice.accessibleName()
    assert not red_on(panel, 0.3, 0.1)


def test_who_writes_no_notes_sees_the_marks_and_has_no_tools(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic
) -> None:
    clinic.may_not = frozenset({Action.WRITE_NOTE})
    clinic.marking.held.append(clinic.marking.theirs("ad100000000"))
    lay(qtbot, panel, clinic)
    assert not panel.marks.drawing.isVisible() and panel.marks.layers.isVisible()
    assert len(panel.marks.on_page(0)) == 1


def test_nothing_of_one_persons_marks_lies_on_the_next(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic
) -> None:
    clinic.marking.held.append(clinic.marking.theirs("ad100000000"))
    lay(qtbot, panel, clinic)
    assert panel.marks.on_page(0)
    panel.show_document(PatientId(JUAN), "Juan", document("d2").attachment, b"", "", "Foto")
    assert panel.marks.on_page(0) == () and panel.marks.loop.state.patient == JUAN


@pytest.mark.parametrize("look", ["light", "dark"])
def test_everybody_can_use_it(
    qtbot: QtBot, qapp: QApplication, panel: DocumentPanel, clinic: Clinic, look: str
) -> None:
    theme.apply(qapp, look, "desktop")
    clinic.marking.held.append(clinic.marking.theirs("ad100000000"))
    lay(qtbot, panel, clinic)
    panel.marks.loop.send(m.ToolChosen("note"))
    QTest.mouseClick(panel.page, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    assert audit(panel) == []
