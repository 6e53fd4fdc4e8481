# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests at the desk: ordered several at once, answered from paper, marked when out of range, corrected with a reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import RequestStatus, ServiceRequest
from clinic.domain.ids import EncounterId, FactId
from clinic.domain.values import Coding
from clinic.keys.rights import Action
from clinic.protocol.trust import Role
from clinic.services import alerts, charts, visits
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.chart.view import ChartView
from desktop.screens.orders import asking as a
from desktop.screens.orders import logic as o
from desktop.screens.orders.paper import Found, Typed, read
from desktop.screens.orders.rows import lines
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic as Verbs
from desktop.screens.visit.errands import Line
from desktop.screens.visit.happenings import ToolChosen, VisitOpened
from desktop.screens.visit.view import VisitView
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import (
    CREATININE,
    HBA1C,
    JUAN,
    KIOSK,
    NOW,
    ORDERS,
    REPORTS,
    RESULTS,
    ROSA,
    AtOnce,
    Clinic,
)

HERE, THERE = EncounterId(f"e.{ROSA}"), EncounterId(f"e.{JUAN}")
TODAY = NOW.astimezone().date()
NOTHING = Typed("", "")


def asking(**more: object) -> a.State:
    return replace(a.update(a.State(), a.Opened(ROSA, "Rosa", HERE))[0], **more)  # type: ignore[arg-type]


def hers(**more: object) -> o.State:
    state = o.update(o.State(), o.Opened(ROSA, "Rosa", ORDERS, REPORTS, RESULTS))[0]
    return replace(state, **more)  # type: ignore[arg-type]


def words(text: str) -> Coding:
    return Coding(system="", code="", display=text)


def test_several_tests_go_out_together_found_or_as_they_are_said() -> None:
    state, effects = a.update(asking(), a.Typed("hba"))
    assert effects == (a.FindTests("hba"),)
    assert a.update(state, a.Found("hb", (CREATININE,)))[0].found == (), "of what was typed before"
    state = a.update(state, a.Found("hba", (HBA1C,)))[0]
    state = a.update(state, a.TestChosen(0))[0]
    state = a.update(a.update(state, a.Typed(" Orina "))[0], a.TestChosen())[0]
    assert a.update(replace(state, found=(HBA1C,)), a.TestChosen(0))[0].chosen == (HBA1C, words("Orina"))
    state = a.update(state, a.Typed("Fondo de ojo"))[0]
    _state, (order,) = a.update(state, a.OrderPressed("urgent", None, " ayunas "))
    both = (HBA1C, words("Orina"), words("Fondo de ojo"))
    assert order == a.Order(ROSA, "Rosa", HERE, both, "urgent", None, "ayunas")


def test_nothing_is_ordered_without_a_test_or_twice() -> None:
    state, effects = a.update(asking(), a.OrderPressed("routine", None, ""))
    assert effects == () and "test" in state.sentence
    state = a.update(asking(chosen=(HBA1C,)), a.OrderPressed("routine", None, ""))[0]
    assert a.update(state, a.OrderPressed("routine", None, ""))[1] == ()
    assert not a.update(state, a.Failed(ROSA, "No."))[0].writing, "it can be mended"


def test_tests_that_were_chosen_never_come_to_another_visit() -> None:
    away = a.update(asking(chosen=(HBA1C,)), a.Opened(JUAN, "Juan", THERE))[0]
    assert away.chosen == ()
    assert a.update(away, a.Opened(ROSA, "Rosa", HERE))[0].chosen == (HBA1C,), "it waits in its own"
    sent = a.update(away, a.Ordered(ROSA, HERE))[0]
    assert a.update(sent, a.Opened(ROSA, "Rosa", HERE))[0].chosen == (), "it was signed meanwhile"
    assert a.update(asking(chosen=(HBA1C,)), a.Opened(ROSA, "Rosa", HERE))[0].chosen == (HBA1C,)


def test_a_result_is_read_as_it_stands_on_paper() -> None:
    assert read(Typed("HbA1c", "7,9", "%", "4", "5,6", HBA1C)) == Found(
        HBA1C, Decimal("7.9"), "%", Decimal(4), Decimal("5.6")
    )
    assert read(Typed("Otra", "7.9", "%", code=HBA1C)) == Found(words("Otra"), Decimal("7.9"), "%")
    assert read(Typed("Orina", "sin gérmenes")) == Found(words("Orina"), text="sin gérmenes")


def test_thousands_are_not_read_as_decimals() -> None:
    assert isinstance(read(Typed("Plaquetas", "150,000", "/uL")), str)
    set_language("es")
    assert isinstance(read(Typed("Plaquetas", "150.000", "/uL")), str)
    assert read(Typed("Plaquetas", "150000", "/uL")) == Found(words("Plaquetas"), Decimal(150000), "/uL")
    assert read(Typed("Densidad", "1,025")) == Found(words("Densidad"), Decimal("1.025"))


@pytest.mark.parametrize(
    "typed",
    [Typed("", "7"), Typed("HbA1c", " "), Typed("HbA1c", "7o", "%"), Typed("HbA1c", "7", "%", "a", "5")],
)
def test_what_cannot_be_meant_is_said_and_not_written(typed: Typed) -> None:
    assert isinstance(read(typed), str)
    state, effects = o.update(hers(), o.ReportPressed(typed, TODAY, ""))
    assert effects == () and state.sentence


def test_what_came_answers_the_order_that_is_marked() -> None:
    state = o.update(hers(), o.Chosen(FactId("r.1")))[0]
    state = o.update(state, o.LinePressed(Typed("HbA1c", "7", "%", code=HBA1C)))[0]
    _state, (report,) = o.update(state, o.ReportPressed(Typed("Creatinina", "1", "mg/dL"), TODAY, " bien "))
    assert isinstance(report, o.Report)
    assert (report.patient, report.based_on, report.code, report.conclusion) == (ROSA, "r.1", HBA1C, "bien")
    assert [one.code.display for one in report.lines] == ["HbA1c", "Creatinina"]


def test_words_alone_are_a_report_too() -> None:
    marked = hers(chosen=FactId("r.1"))
    _state, (report,) = o.update(marked, o.ReportPressed(NOTHING, TODAY, "Normal"))
    assert isinstance(report, o.Report) and report.lines == () and report.conclusion == "Normal"
    state, effects = o.update(hers(), o.ReportPressed(NOTHING, TODAY, "Normal"))
    assert effects == () and state.sentence, "of which test it is nobody knows"


def test_nothing_is_corrected_without_a_reason() -> None:
    assert o.update(hers(chosen=FactId("dr.1")), o.AmendPressed("Bien", " "))[1] == ()
    _state, (amend,) = o.update(hers(chosen=FactId("dr.1")), o.AmendPressed("Bien", "otra muestra"))
    assert isinstance(amend, o.Amend) and amend.conclusion == "Bien (corrected: otra muestra)"
    assert o.update(hers(chosen=FactId("l.2")), o.TakeBackPressed(""))[1] == ()
    assert o.update(hers(chosen=FactId("r.1")), o.TakeBackPressed("x"))[1] == (), "an order is no result"


def test_what_is_marked_never_comes_to_another_chart() -> None:
    state = o.update(hers(chosen=FactId("r.1")), o.Opened(JUAN, "Juan", (), (), ()))[0]
    assert (state.chosen, state.patient) == ("", JUAN)
    assert o.update(state, o.Failed(ROSA, "late"))[0].sentence == ""
    gone = o.update(hers(chosen=FactId("r.1")), o.Opened(ROSA, "Rosa", (), REPORTS, RESULTS))[0]
    assert gone.chosen == "", "somebody else answered the order meanwhile"


def test_the_course_is_of_one_test_in_one_unit() -> None:
    assert [one.id for one in hers().course(HBA1C, "%")] == ["l.1", "l.2"]
    assert hers().course(HBA1C, "mmol/mol") == ()
    assert o.same_test(words("Orina "), words("orina")) and not o.same_test(words("Orina"), HBA1C)


def test_a_row_says_in_a_word_what_is_outside_of_its_range(room: Room) -> None:
    said = {line.key: line.spoken() for line in lines(hers())}
    assert "high" in said["l.2"] and "7.9" in said["l.2"] and "5.6" in said["l.2"]
    assert not any(word in said["l.3"] for word in ("high", "low"))
    assert "urgent" in said["r.1"]
    assert [line.key for line in lines(hers()) if line.key] == ["r.1", "dr.1", "l.2", "l.3", "l.1"]


@pytest.fixture
def page(qtbot: QtBot, room: Room) -> ChartView:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1180, 760)
    page.show()
    page.open(ROSA, "results")
    qtbot.waitUntil(page.results.isVisible)
    return page


def test_a_result_from_paper_is_typed_by_keys_for_its_order(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    said: list[str] = []
    room.ways.said.connect(lambda _tone, text: said.append(text))
    panel = page.results
    panel.list.chosen.emit("r.1")
    assert (panel.test.text(), panel.unit.text(), panel.high.text()) == ("HbA1c", "%", "5.6"), "as last time"
    assert audit(page) == []
    qtbot.keyClicks(panel.value, "6,1")
    qtbot.keyClick(panel.value, Qt.Key.Key_Return)
    line = Found(HBA1C, Decimal("6.1"), "%", Decimal("4.0"), Decimal("5.6"))
    qtbot.waitUntil(lambda: ("report", ROSA, HBA1C, (line,), TODAY, "r.1", "") in clinic.calls)
    qtbot.waitUntil(lambda: any("Rosa" in text and "HbA1c" in text for text in said))
    assert panel.value.text() == ""


def test_an_order_is_cancelled_and_the_way_back_orders_it_again(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    offered: list[tuple[str, object]] = []
    room.ways.undoable.connect(lambda _tone, text, undo: offered.append((text, undo)))
    page.results.list.chosen.emit("r.1")
    qtbot.mouseClick(page.results.drop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("no order", ("r.1",), ROSA) in clinic.calls and bool(offered))
    ((text, undo),) = offered
    assert "Rosa" in text and "HbA1c" in text
    undo()  # type: ignore[operator]
    qtbot.waitUntil(lambda: ("order", ROSA, (HBA1C,), "urgent", None, "ayunas", "") in clinic.calls)


def test_a_marked_result_shows_its_course_and_is_taken_back_with_a_reason(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    panel = page.results
    panel.list.chosen.emit("l.2")
    assert panel.curve.isVisible() and "7.9" in panel.curve.text() and not panel.amend.isVisible()
    assert audit(page) == []
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert panel.notice.isVisible()
    qtbot.keyClicks(panel.why, "otra muestra")
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("no result", "l.2", "otra muestra", ROSA) in clinic.calls)


def test_a_conclusion_is_corrected_with_a_reason(qtbot: QtBot, page: ChartView, clinic: Clinic) -> None:
    panel = page.results
    panel.list.chosen.emit("dr.1")
    assert panel.corrected.text() == "Control insuficiente"
    panel.corrected.setText("Control regular")
    qtbot.keyClicks(panel.why, "mal copiado")
    qtbot.mouseClick(panel.amend, Qt.MouseButton.LeftButton)
    said = "Control regular (corrected: mal copiado)"
    qtbot.waitUntil(lambda: ("amend", "dr.1", said, ROSA) in clinic.calls)


def test_what_was_typed_for_one_person_does_not_stand_there_for_the_next(
    qtbot: QtBot, page: ChartView
) -> None:
    qtbot.keyClicks(page.results.test, "HbA1c")
    page.open(JUAN, "results")
    qtbot.waitUntil(lambda: page.results.loop.state.patient == JUAN)
    assert page.results.test.text() == "" and page.results.nothing.isVisible()


def test_who_may_not_prescribe_orders_nothing_and_cancels_nothing(
    qtbot: QtBot, room: Room, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "allowed", lambda action: action != Action.PRESCRIBE)
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(ROSA, "results")
    qtbot.waitUntil(page.results.isVisible)
    page.results.list.chosen.emit("r.1")
    assert page.results.write.isVisible() and not page.results.drop.isVisible()
    assert "orders" not in VisitView(room, Line()).tools


def test_who_may_not_write_sees_the_list_alone(
    qtbot: QtBot, room: Room, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "allowed", lambda action: action == Action.OPEN_CHART)
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(ROSA, "results")
    qtbot.waitUntil(page.results.isVisible)
    assert page.results.list.lines() and not page.results.side.isVisible()
    page.results.list.chosen.emit("l.2")
    assert page.results.curve.isVisible() and not page.results.back.isVisible()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        yield both


def test_from_the_order_to_the_abnormal_result_on_real_books(qtbot: QtBot, local: Local) -> None:
    """The visit's tool, the gate, the book, the chart: ordered, undone, ordered again, answered, taken back."""
    patient = local.person()
    visit = EncounterId(visits.begin_here(local.ben, patient).id)
    room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
    offered: list[object] = []
    room.ways.undoable.connect(lambda _tone, _text, undo: offered.append(undo))

    def orders() -> tuple[ServiceRequest, ...]:
        return charts.chart(local.ben, patient).orders

    page = VisitView(room, Line())
    qtbot.addWidget(page)
    page.show()
    page.open(VisitOpened(visit, patient, KIOSK, local.clock.now()))
    page._send(ToolChosen("orders"))
    qtbot.waitUntil(lambda: page.orders.isVisible() and page.orders.order.isEnabled())
    for name in ("Glucosa", "Creatinina"):
        qtbot.keyClicks(page.orders.search, name)
        qtbot.keyClick(page.orders.search, Qt.Key.Key_Return)
    page.orders.priority.choose("urgent")
    qtbot.mouseClick(page.orders.order, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(orders()) == 2 and len(offered) == 1)
    assert {(one.code.display, one.priority, one.encounter) for one in orders()} == {
        ("Glucosa", "urgent", visit),
        ("Creatinina", "urgent", visit),
    }
    offered[0]()  # type: ignore[operator]
    qtbot.waitUntil(lambda: orders() == ())
    qtbot.keyClicks(page.orders.search, "Glucosa")
    qtbot.mouseClick(page.orders.order, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(orders()) == 1)

    chart = ChartView(room)
    qtbot.addWidget(chart)
    chart.show()
    chart.open(patient, "results")
    panel = chart.results
    qtbot.waitUntil(lambda: bool(panel.loop.state.orders))
    panel.list.chosen.emit(orders()[0].id)
    for field, text in ((panel.value, "180"), (panel.unit, "mg/dL"), (panel.low, "70"), (panel.high, "99")):
        qtbot.keyClicks(field, text)
    qtbot.keyClick(panel.high, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: orders() == ())
    chart.told(frozenset({"Observation"}), frozenset({patient}))
    qtbot.waitUntil(lambda: bool(panel.loop.state.results))
    assert panel.loop.state.results[0].side == "high"
    assert any("high" in line.spoken() for line in panel.list.lines())
    answered = local.ben.book.read(lambda page: page.facts(ServiceRequest, patient))
    assert {one.status for one in answered} == {RequestStatus.COMPLETED, RequestStatus.STOPPED}
    alerts.raise_alerts(local.ben, patient)
    (alert,) = alerts.open_alerts(local.ben, patient)
    assert "Glucosa 180" in alert.standing.alert.text
    alerts.acknowledge(local.ben, FactId(alert.standing.alert.id), "La llamo hoy", patient)
    alerts.raise_alerts(local.ben, patient)
    assert alerts.open_alerts(local.ben, patient) == (), "it was seen"
    panel.list.chosen.emit(panel.loop.state.results[0].id)
    qtbot.keyClicks(panel.why, "otra persona")
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: charts.chart(local.ben, patient).results == ())


def test_a_nurse_types_what_came_and_orders_nothing(qtbot: QtBot, local: Local) -> None:
    patient = local.person()
    local.as_nurse(local.ben)
    assert local.ben.someone.role == Role.NURSE
    room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
    assert "orders" not in VisitView(room, Line()).tools
    chart = ChartView(room)
    qtbot.addWidget(chart)
    chart.show()
    chart.open(patient, "results")
    panel = chart.results
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    panel.day.setDate(panel.day.date().addDays(-1))
    for field, text in ((panel.test, "Orina"), (panel.value, "limpia")):
        qtbot.keyClicks(field, text)
    qtbot.mouseClick(panel.write, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(charts.chart(local.ben, patient).reports))
    (report,) = charts.chart(local.ben, patient).reports
    day = report.effective_at.astimezone().date()
    assert (report.code.display, local.clock.now().astimezone().date() - day) == ("Orina", timedelta(days=1))
