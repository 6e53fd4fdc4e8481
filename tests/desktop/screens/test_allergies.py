# SPDX-License-Identifier: GPL-3.0-or-later
"""Allergies at the desk: typed, chosen or said freely; on the right chart; taken off with a reason; known to the prescription."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.facts import AllergyIntolerance
from clinic.domain.ids import FactId
from clinic.domain.values import ATC, Coding
from clinic.keys.rights import Action
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.allergies import logic as a
from desktop.screens.chart.view import ChartView
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic as Verbs
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import JUAN, NOW, ROSA, AtOnce, Clinic

IBUPROFEN = Coding(system=ATC, code="M01AE01", display="Ibuprofeno")
AMOXICILLIN = Coding(system=ATC, code="J01CA04", display="Amoxicilina")
PEANUT = Coding(system="", code="", display="Mani")


def hers(**more: object) -> a.State:
    known = AllergyIntolerance(id=FactId("al1"), patient=ROSA, substance=IBUPROFEN, recorded_at=NOW)
    state = a.update(a.State(), a.Opened(ROSA, "Rosa", (known,)))[0]
    return replace(state, **more)  # type: ignore[arg-type]


def test_medicines_are_looked_up_and_what_else_there_is_stands_as_it_was_said() -> None:
    state, effects = a.update(hers(), a.Typed("ibu"))
    assert effects == (a.FindSubstances("ibu"),)
    assert a.update(state, a.Found("ib", (IBUPROFEN,)))[0].found == (), "of what was typed before"
    state = a.update(state, a.Found("ibu", (IBUPROFEN,)))[0]
    state = a.update(state, a.SubstanceChosen(0))[0]
    _state, (order,) = a.update(state, a.WritePressed(" asma ", True))
    assert order == a.WriteDown(ROSA, "Rosa", IBUPROFEN, "medication", "asma", True)
    food = a.update(hers(), a.CategoryChosen("food"))[0]
    food, effects = a.update(food, a.Typed(" Mani "))
    assert effects == ()
    _state, (order,) = a.update(food, a.WritePressed("", False))
    assert order == a.WriteDown(ROSA, "Rosa", PEANUT, "food", "", False)


def test_another_word_after_a_choice_is_another_substance() -> None:
    state = a.update(hers(found=(IBUPROFEN,), text="ibu"), a.SubstanceChosen(0))[0]
    assert a.update(state, a.Typed("Ibuprofeno"))[0].substance == IBUPROFEN
    assert a.update(state, a.Typed("Ibupirac"))[0].substance is None


def test_nothing_is_written_twice_or_without_a_word() -> None:
    assert a.update(hers(), a.WritePressed("asma", False))[1] == ()
    state = a.update(hers(text="x"), a.WritePressed("", False))[0]
    assert state.writing and a.update(state, a.WritePressed("", False))[1] == ()
    assert a.update(state, a.Failed(ROSA, "No."))[0].ready, "it can be mended"


def test_the_next_one_begins_anew_as_the_form_shows_it() -> None:
    state = a.update(hers(text="Mani", category="food"), a.WritePressed("", False))[0]
    state = a.update(state, a.Written(ROSA))[0]
    assert (state.text, state.category, state.writing) == ("", "medication", False)
    assert state.allergies and state.patient == ROSA


def test_what_was_typed_and_marked_never_comes_to_another_chart() -> None:
    state = a.update(hers(text="penicilina", chosen=FactId("al1")), a.Opened(JUAN, "Juan", ()))[0]
    assert (state.text, state.chosen, state.patient) == ("", "", JUAN)
    again = hers(text="penicilina", chosen=FactId("al1"))
    same = a.update(again, a.Opened(ROSA, "Rosa", again.allergies))[0]
    assert (same.text, same.chosen) == ("penicilina", "al1"), "read anew, she keeps both"
    late = a.update(state, a.Failed(ROSA, "of the chart before"))[0]
    assert not late.sentence


def test_only_an_allergy_is_taken_off_not_a_problem() -> None:
    assert a.update(hers(chosen=FactId("c1")), a.TakeOffPressed("error"))[1] == ()
    _state, (order,) = a.update(hers(chosen=FactId("al1")), a.TakeOffPressed("error"))
    assert isinstance(order, a.TakeOff) and (order.patient, order.allergy.id) == (ROSA, "al1")


@pytest.fixture
def page(qtbot: QtBot, room: Room) -> ChartView:
    theme.apply(QApplication.instance(), "light", "desktop")  # type: ignore[arg-type]
    page = ChartView(room)
    qtbot.addWidget(page)
    page.resize(1100, 720)
    page.show()
    page.open(ROSA, "problems")
    qtbot.waitUntil(page.allergies.isVisible)
    return page


def test_it_is_written_down_by_keys_and_the_way_back_is_offered(
    qtbot: QtBot, page: ChartView, clinic: Clinic, room: Room
) -> None:
    undone: list[object] = []
    room.ways.undoable.connect(lambda _tone, text, undo: undone.append((text, undo)))
    panel = page.allergies
    panel.category.choose("food")
    panel.category.chosen.emit("food")
    qtbot.keyClicks(panel.substance, "Mani")
    qtbot.keyClicks(panel.reaction, "hinchada")
    panel.severe.choose("severe")
    assert audit(page) == []
    qtbot.keyClick(panel.reaction, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("allergy", ROSA, PEANUT, "food", "hinchada", True) in clinic.calls)
    qtbot.waitUntil(lambda: bool(undone) and not panel.substance.text() and not panel.reaction.text())
    ((text, undo),) = undone  # type: ignore[misc]
    assert "Rosa" in text and "Mani" in text
    undo()
    qtbot.waitUntil(lambda: any(call[0] == "no allergy" and call[3] == ROSA for call in clinic.calls))


def test_one_that_was_marked_is_taken_off_with_a_reason(
    qtbot: QtBot, page: ChartView, clinic: Clinic
) -> None:
    panel = page.allergies
    assert not panel.taking.isVisible()
    panel.list.chosen.emit("al1")
    assert panel.taking.isVisible() and "moxicilin" in panel.what.text()
    qtbot.mouseClick(panel.off, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "why" in panel.refused.accessibleName().casefold())
    qtbot.keyClicks(panel.why, "tolerada")
    assert audit(page) == []
    qtbot.mouseClick(panel.off, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("no allergy", "al1", "tolerada", ROSA) in clinic.calls)


def test_who_may_not_write_sees_the_list_alone(
    qtbot: QtBot, room: Room, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "allowed", lambda action: action != Action.WRITE_NOTE)
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(ROSA, "problems")
    qtbot.waitUntil(page.allergies.isVisible)
    assert page.allergies.list.lines() and not page.allergies.side.isVisible()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        yield both


def test_the_prescription_knows_of_it_at_once_and_no_more_when_it_is_taken_off(
    qtbot: QtBot, local: Local
) -> None:
    """Real books: the page, the gate, the check of the medicine."""
    patient = local.person()
    room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
    page = ChartView(room)
    qtbot.addWidget(page)
    page.show()
    page.open(patient, "problems")
    qtbot.waitUntil(page.allergies.isVisible)
    panel = page.allergies
    qtbot.keyClicks(panel.substance, "penicilina")
    qtbot.mouseClick(panel.write, Qt.MouseButton.LeftButton)

    def severities() -> set[str]:
        return {one.severity for one in room.clinic.check(patient, AMOXICILLIN)}

    qtbot.waitUntil(lambda: "allergy" in severities())
    page.told(frozenset({"AllergyIntolerance"}), frozenset({patient}))
    qtbot.waitUntil(lambda: bool(panel.loop.state.allergies))
    panel.list.chosen.emit(panel.loop.state.allergies[0].id)
    qtbot.keyClicks(panel.why, "tolerada desde entonces")
    qtbot.mouseClick(panel.off, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "allergy" not in severities())
