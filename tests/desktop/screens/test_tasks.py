# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks at the desk: planned from the chart or the visit, taken, done, cancelled and opened again; due ones stand on Today."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import TaskStatus
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.keys.rights import Action
from clinic.services import plans, visits
from clinic.services.plans import Due
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.chart.view import ChartView
from desktop.screens.room import Room
from desktop.screens.tasks import logic as t
from desktop.screens.today import logic as today
from desktop.screens.today.view import TodayView
from desktop.screens.verbs import Clinic as Verbs
from desktop.screens.visit.errands import Line
from desktop.screens.visit.happenings import ToolChosen, VisitOpened
from desktop.screens.visit.view import VisitView
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import BY_ID, JUAN, KIOSK, NOW, ROSA, TASKS, AtOnce, Clinic, task

TODAY = NOW.date()
NO_VISIT = EncounterId("")
WOUND, OLD = FactId("t.wound"), FactId("t.old")


def hers(**more: object) -> t.State:
    found = tuple(one for one in TASKS if one.patient == ROSA)
    state = t.update(t.State(), t.Opened(ROSA, "Rosa", NO_VISIT, found))[0]
    return replace(state, **more)  # type: ignore[arg-type]


def test_a_day_is_counted_from_today_or_chosen() -> None:
    chosen = TODAY + timedelta(days=40)
    assert t.day_of("0", TODAY, chosen) == TODAY
    assert t.day_of("7", TODAY, chosen) == TODAY + timedelta(days=7)
    assert t.day_of("day", TODAY, chosen) == chosen
    assert t.day_of("", TODAY, chosen) is None


def test_the_latest_comes_first_and_what_has_no_day_last() -> None:
    assert [one.id for one in t.waiting(hers().tasks)] == ["t.lab", "t.wound", "t.diet"]
    assert [one.id for one in t.closed(hers().tasks)] == ["t.old"]


def test_a_task_is_planned_for_the_person_shown_and_once() -> None:
    state, (order,) = t.update(hers(), t.AddPressed(" Llamar ", TODAY, UserId("u.old")))
    assert order == t.Plan(ROSA, "Rosa", NO_VISIT, "Llamar", TODAY, UserId("u.old"))
    assert t.update(state, t.AddPressed("Llamar", TODAY, UserId("")))[1] == ()
    assert not t.update(state, t.Failed(ROSA, "No."))[0].writing, "it can be mended"


def test_what_is_closed_is_only_opened_again_and_what_is_open_only_closed() -> None:
    assert t.update(hers(chosen=OLD), t.ChangePressed("done"))[1] == ()
    assert t.update(hers(chosen=WOUND), t.ChangePressed("reopen"))[1] == ()
    assert t.update(hers(), t.ChangePressed("done"))[1] == (), "nothing is marked"
    _state, (order,) = t.update(hers(chosen=WOUND), t.ChangePressed("done", " seca "))
    assert isinstance(order, t.Change) and (order.patient, order.task.id, order.note) == (ROSA, WOUND, "seca")


def test_what_is_marked_never_comes_to_another_chart_or_another_visit() -> None:
    away = t.update(hers(chosen=WOUND), t.Opened(JUAN, "Juan", NO_VISIT, ()))[0]
    assert (away.chosen, away.patient) == ("", JUAN)
    assert t.update(away, t.Failed(ROSA, "late"))[0].sentence == ""
    again = hers(chosen=WOUND)
    assert t.update(again, t.Opened(ROSA, "Rosa", NO_VISIT, again.tasks))[0].chosen == WOUND
    assert t.update(again, t.Opened(ROSA, "Rosa", EncounterId("e"), again.tasks))[0].chosen == ""


def test_today_shows_the_late_ones_of_everybody_and_of_today_mine_and_nobodys() -> None:
    me, other = UserId("u.me"), UserId("u.other")
    rows = (
        Due(task("late", ROSA, "x", -1, owner=other), None, True),
        Due(task("mine", ROSA, "x", 0, owner=me), None, False),
        Due(task("free", ROSA, "x", 0), None, False),
        Due(task("theirs", ROSA, "x", 0, owner=other), None, False),
        Due(task("later", ROSA, "x", 1), None, False),
        Due(task("some day", ROSA, "x", None), None, False),
    )
    assert [one.task.id for one in t.pressing(rows, me, TODAY)] == ["late", "mine", "free"]


def test_a_due_task_opens_the_chart_it_is_on_and_no_chart_that_is_not_here() -> None:
    rows = (Due(TASKS[0], BY_ID[ROSA], False), Due(TASKS[4], None, False))
    state = today.State(now=NOW, due=rows)
    assert today.update(state, today.TaskOpened("t.wound"))[1] == (today.OpenChart(ROSA, "tasks"),)
    assert today.update(state, today.TaskOpened("t.juan"))[1] == ()


@pytest.fixture
def page(qtbot: QtBot, room: Room) -> ChartView:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1100, 720)
    page.show()
    page.open(ROSA, "tasks")
    qtbot.waitUntil(page.tasks.isVisible)
    return page


def undoables(room: Room) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    room.ways.undoable.connect(lambda _tone, text, undo: found.append((text, undo)))
    return found


def test_it_is_planned_by_keys_and_the_way_back_is_offered(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    offered, panel = undoables(room), page.tasks
    panel.when.choose("1")
    panel.owner.choose("u.old")
    qtbot.keyClicks(panel.what, "Llamar")
    assert audit(page) == []
    qtbot.keyClick(panel.what, Qt.Key.Key_Return)
    tomorrow = NOW.astimezone().date() + timedelta(days=1)
    qtbot.waitUntil(lambda: ("plan", ROSA, "Llamar", tomorrow, "u.old", "") in clinic.calls)
    qtbot.waitUntil(lambda: bool(offered) and not panel.what.text())
    ((text, undo),) = offered
    assert "Rosa" in text and "Llamar" in text
    undo()  # type: ignore[operator]
    qtbot.waitUntil(lambda: any(call[:2] == ("no task", "t.new") for call in clinic.calls))


def test_a_marked_one_is_done_by_enter_and_opened_again_by_the_way_back(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    offered, panel = undoables(room), page.tasks
    panel.list.chosen.emit(WOUND)
    assert panel.changing.isVisible() and panel.take.isVisible() and not panel.again.isVisible()
    qtbot.keyClicks(panel.note, "seca")
    assert audit(page) == []
    qtbot.keyClick(panel.note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("done", WOUND, ROSA, "seca") in clinic.calls)
    qtbot.waitUntil(lambda: bool(offered))
    ((text, undo),) = offered
    assert "Rosa" in text and "herida" in text
    undo()  # type: ignore[operator]
    qtbot.waitUntil(lambda: ("task again", WOUND, ROSA) in clinic.calls)


def test_a_cancelled_one_asks_for_the_reason(qtbot: QtBot, page: ChartView, clinic: Clinic) -> None:
    panel = page.tasks
    panel.list.chosen.emit(WOUND)
    qtbot.mouseClick(panel.drop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "why" in panel.notice.accessibleName().casefold())
    qtbot.keyClicks(panel.note, "ya la vio el hospital")
    qtbot.mouseClick(panel.drop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("no task", WOUND, "ya la vio el hospital", ROSA) in clinic.calls)


def test_a_closed_one_is_opened_again(qtbot: QtBot, page: ChartView, clinic: Clinic) -> None:
    panel = page.tasks
    panel.list.chosen.emit(OLD)
    assert panel.again.isVisible() and not panel.finish.isVisible() and not panel.note.isVisible()
    assert audit(page) == []
    qtbot.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("task again", OLD, ROSA) in clinic.calls)


def test_a_chart_without_tasks_says_so(qtbot: QtBot, page: ChartView, clinic: Clinic) -> None:
    clinic.planning.tasks = ()
    page.open(JUAN, "tasks")
    qtbot.waitUntil(page.tasks.nothing.isVisible)
    assert not page.tasks.list.isVisible()


def test_what_was_typed_for_one_person_does_not_stand_there_for_the_next(
    qtbot: QtBot, page: ChartView
) -> None:
    qtbot.keyClicks(page.tasks.what, "Llamar")
    page.open(JUAN, "tasks")
    qtbot.waitUntil(lambda: page.tasks.loop.state.patient == JUAN)
    assert page.tasks.what.text() == ""


def test_who_may_not_write_sees_the_list_alone(
    qtbot: QtBot, room: Room, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "allowed", lambda action: action != Action.WRITE_NOTE)
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(ROSA, "tasks")
    qtbot.waitUntil(page.tasks.isVisible)
    page.tasks.list.chosen.emit(WOUND)
    assert page.tasks.list.lines() and not page.tasks.side.isVisible()


def test_the_keys_of_the_chart_turn_its_pages(qtbot: QtBot, page: ChartView) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    qtbot.keyClick(page, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert page.loop.state.tab == "summary"
    qtbot.keyClick(page, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert page.loop.state.tab == "tasks" and page.tasks.what.hasFocus()


def test_on_today_a_due_task_is_one_touch_from_its_chart(qtbot: QtBot, room: Room) -> None:
    opened: list[tuple[str, str]] = []
    room.ways.chart.connect(lambda patient, tab: opened.append((patient, tab)))
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = TodayView(room, lambda _kiosk: True)
    qtbot.addWidget(page)
    page.resize(1180, 720)
    page.show()
    qtbot.waitUntil(page.tasks_card.isVisible)
    assert [line.key for line in page.tasks.lines()] == ["t.lab", "t.wound"]
    assert "late" in page.tasks.lines()[0].spoken() and "Rosa" in page.tasks.lines()[0].spoken()
    assert audit(page) == []
    page.tasks.chosen.emit("t.wound")
    assert opened == [(ROSA, "tasks")]


def test_in_the_visit_it_belongs_to_the_visit_and_stays_typed_while_another_one_is_shown(
    qtbot: QtBot, room: Room, clinic: Clinic
) -> None:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = VisitView(room, Line())
    qtbot.addWidget(page)
    page.resize(1180, 720)
    page.show()
    here, there = EncounterId(f"e.{ROSA}"), EncounterId(f"e.{JUAN}")
    page.open(VisitOpened(here, ROSA, KIOSK, NOW))
    page._send(ToolChosen("tasks"))
    qtbot.waitUntil(page.tasks.isVisible)
    qtbot.keyClicks(page.tasks.what, "Llamar a Rosa")
    assert audit(page) == []
    page.open(VisitOpened(there, JUAN, KIOSK, NOW))
    qtbot.waitUntil(lambda: page.tasks.loop.state.patient == JUAN)
    assert page.tasks.what.text() == ""
    page.open(VisitOpened(here, ROSA, KIOSK, NOW))
    qtbot.waitUntil(lambda: page.tasks.loop.state.patient == ROSA)
    assert page.tasks.what.text() == "Llamar a Rosa"
    page._send(ToolChosen("tasks"))
    qtbot.keyClick(page.tasks.what, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: any(call[0] == "plan" and call[1:3] == (ROSA, "Llamar a Rosa") for call in clinic.calls)
    )
    assert next(call[5] for call in clinic.calls if call[0] == "plan") == here


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        yield both


def test_from_the_visit_to_done_and_back_on_real_books(qtbot: QtBot, local: Local) -> None:
    """The page, the gate, the book: planned in a visit, due on Today, done with a note, opened again."""
    patient = local.person()
    visit = visits.begin_here(local.ben, patient)
    room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
    offered = undoables(room)
    page = VisitView(room, Line())
    qtbot.addWidget(page)
    page.show()
    page.open(VisitOpened(EncounterId(visit.id), patient, KIOSK, local.clock.now()))
    page._send(ToolChosen("tasks"))
    qtbot.waitUntil(lambda: page.tasks.isVisible() and page.tasks.add.isEnabled())
    page.tasks.when.choose("0")
    qtbot.keyClicks(page.tasks.what, "Mirar la herida")
    qtbot.keyClick(page.tasks.what, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(plans.due_tasks(local.ben)) == 1)
    (due,) = plans.due_tasks(local.ben)
    assert (due.task.encounter, due.task.due) == (visit.id, local.clock.now().astimezone().date())
    waiting = TodayView(room, lambda _kiosk: False)
    qtbot.addWidget(waiting)
    waiting.show()
    qtbot.waitUntil(waiting.tasks_card.isVisible)

    chart = ChartView(room)
    qtbot.addWidget(chart)
    chart.show()
    chart.open(patient, "tasks")
    qtbot.waitUntil(lambda: bool(chart.tasks.list.lines()))
    chart.tasks.list.chosen.emit(due.task.id)
    qtbot.mouseClick(chart.tasks.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: plans.due_tasks(local.ben)[0].task.owner == local.ben.someone.user)
    qtbot.waitUntil(lambda: not chart.tasks.loop.state.writing)
    chart.tasks.list.chosen.emit(due.task.id)
    qtbot.keyClicks(chart.tasks.note, "seca")
    qtbot.mouseClick(chart.tasks.finish, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: plans.due_tasks(local.ben) == ())
    waiting.told(frozenset({"Task"}))
    qtbot.waitUntil(lambda: not waiting.tasks_card.isVisible())
    chart.told(frozenset({"Task"}), frozenset({patient}))
    qtbot.waitUntil(lambda: chart.tasks.loop.state.tasks[0].status == TaskStatus.COMPLETED)
    assert chart.tasks.loop.state.tasks[0].note == "seca"
    offered[-1][1]()  # type: ignore[operator]
    qtbot.waitUntil(lambda: len(plans.due_tasks(local.ben)) == 1)


def test_a_task_for_this_evening_is_not_of_the_past_where_it_is_tomorrow_in_greenwich(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "America/Argentina/Salta")
    time.tzset()
    try:
        patient = local.person()
        local.clock.advance(13 * 3600)
        evening = date(2026, 11, 21)
        assert local.clock.now().date() > evening
        plans.plan(local.ben, "Llamar", patient, due=evening)
        assert not plans.due_tasks(local.ben)[0].late
    finally:
        monkeypatch.undo()
        time.tzset()
