# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching everything written: as typed and on Enter, narrowed, and honest about texts that are being read in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.services.searching import KINDS
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.layouts import Page
from desktop.screens.room import Room
from desktop.screens.search import logic as s
from desktop.screens.search import rows
from desktop.screens.search.view import SearchView
from desktop.screens.shell.view import ShellView
from tests.desktop.screens.standin import BY_ID, JUAN, NOW, ROSA, Clinic


def came(state: s.State, clinic: Clinic | None = None) -> s.State:
    query = state.asked
    assert query is not None
    found, unread = (clinic or Clinic()).look_for(
        query.text, query.kind, query.since, query.patient, query.best, False
    )
    return s.update(state, s.Came(query, found, unread))[0]


def test_typing_leaves_no_entry_and_enter_writes_the_search_down() -> None:
    state, effects = s.update(s.State(NOW), s.Typed("dia"))
    assert effects == (s.Ask(s.Query("dia")),)
    assert s.update(state, s.Typed("dia"))[1] == ()
    state, effects = s.update(state, s.Entered("diabetes"))
    assert effects == (s.Ask(s.Query("diabetes", best=True), written_down=True),)
    assert s.update(state, s.Typed(" "))[1] == ()


def test_it_is_narrowed_by_kind_time_and_the_chart_that_was_open() -> None:
    state = s.update(s.State(NOW), s.SearchOpened("dia", BY_ID[ROSA], NOW))[0]
    state = s.update(state, s.KindChosen("notes"))[0]
    state = s.update(state, s.SinceChosen("week"))[0]
    assert state.asked == s.Query("dia", "notes", NOW - timedelta(days=7))
    state = s.update(state, s.Entered("dia"))[0]
    state, effects = s.update(state, s.WhereChosen(True))
    assert effects == (
        s.Ask(s.Query("dia", "notes", NOW - timedelta(days=7), ROSA, True), written_down=True),
    )
    state = s.update(state, s.SearchOpened("", BY_ID[JUAN], NOW))[0]
    assert state.asked is not None and (state.asked.patient, state.asked.text) == ("", "dia")


def test_an_answer_to_something_else_is_not_shown() -> None:
    state = s.update(s.State(NOW), s.Typed("dia"))[0]
    late = s.Came(s.Query("di"), came(state).found, 0)
    assert s.update(state, late)[0].found == ()


def test_it_looks_again_once_the_texts_that_waited_are_read_in_and_only_then() -> None:
    clinic = Clinic()
    clinic.texts_waiting = 12_300
    state = came(s.update(s.State(NOW), s.Entered("dia"))[0], clinic)
    assert state.unread == 12_300
    state, effects = s.update(state, s.Counted(4_000))
    assert (state.unread, effects) == (4_000, ())
    state, effects = s.update(state, s.Counted(0))
    assert effects == (s.Ask(s.Query("dia", best=True)),)
    assert s.update(state, s.Counted(0))[1] == ()


def test_a_find_opens_the_chart_where_it_stands() -> None:
    state = came(s.update(s.State(NOW), s.Typed("diabetes"))[0])
    assert s.update(state, s.FindOpened(0))[1] == (s.OpenChart(ROSA, "notes"),)
    assert s.update(state, s.FindOpened(1))[1] == (s.OpenChart(JUAN, "problems"),)
    assert s.update(state, s.FindOpened(9))[1] == ()
    nobody = replace(state, found=(replace(state.found[0], person=None),))
    assert s.update(nobody, s.FindOpened(0))[1] == ()


def test_a_row_marks_what_was_found() -> None:
    (line, _other) = rows.lines(came(s.update(s.State(NOW), s.Typed("diab"))[0]).found)
    assert line.title == BY_ID[ROSA].name.full and line.marks[0].text == "Signed note"
    assert next(one.text for one in line.stretches if one.found) == "diabetes"
    assert "".join(one.text for one in line.stretches) == line.detail


def test_every_kind_that_can_be_searched_for_has_words() -> None:
    assert set(rows.KINDS) == {"", *KINDS} and set(rows.SINCE) == set(s.DAYS)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_page_says_that_texts_are_being_read_in_and_finds_the_rest_by_itself(
    qtbot: QtBot, qapp: QApplication, room: Room, clinic: Clinic, look: str
) -> None:
    theme.apply(qapp, look, "desktop")
    page = SearchView(room)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    assert page.ready.isVisible() and audit(page) == []
    clinic.texts_waiting = 12_300
    page.open("diabetes", BY_ID[ROSA])
    qtbot.waitUntil(page.reading.isVisible)
    assert page.reading.accessibleName().startswith("12,300 texts are still being read in")
    qtbot.waitUntil(lambda: page.finds.model().rowCount() == 2)
    QApplication.processEvents()
    assert audit(page) == [] and page._again.isActive()
    looked = len([call for call in clinic.calls if call[0] == "look"])
    clinic.texts_waiting = 0
    page._again.timeout.emit()
    qtbot.waitUntil(lambda: not page.reading.isVisible())
    assert len([call for call in clinic.calls if call[0] == "look"]) == looked + 1
    assert not page._again.isActive()


def test_enter_puts_the_best_first_and_a_click_opens_the_chart(
    qtbot: QtBot, qapp: QApplication, room: Room
) -> None:
    theme.apply(qapp, "light", "desktop")
    page = SearchView(room)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    qtbot.keyClicks(page.field, "diabetes")
    qtbot.keyClick(page.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.count.text() == "2 finds · the best first")
    with qtbot.waitSignal(room.ways.chart) as seen:
        spot = page.finds.visualRect(page.finds.model().index(1, 0)).center()
        qtbot.mouseClick(page.finds.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert seen.args == [JUAN, "problems"]
    qtbot.keyClicks(page.field, " zzz")
    qtbot.waitUntil(page.nothing.isVisible)


def test_what_was_typed_above_is_looked_for_in_everything(qtbot: QtBot, room: Room) -> None:
    pages = {key: Page(key, key) for key in ("today", "patients", "schedule", "messages", "chart", "visit")}
    shell = ShellView(room, pages)
    qtbot.addWidget(shell)
    shell.resize(1366, 768)
    shell.show()
    qtbot.keyClicks(shell.search, "zzz")
    qtbot.waitUntil(shell.texts.isVisible)
    with qtbot.waitSignal(room.ways.texts) as seen:
        qtbot.mouseClick(shell.texts, Qt.MouseButton.LeftButton)
    assert seen.args == ["zzz"] and not shell.found.isVisible() and shell.search.text() == ""
