# SPDX-License-Identifier: GPL-3.0-or-later
"""Two desks write the same apart; whoever opens the page chooses, joins, takes back, by keys alone too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic.domain.clock import SystemClock
from clinic.domain.facts import Appointment, Encounter, EncounterStatus, Patient, Section
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.protocol.trust import Role
from clinic.services import people, visits
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.inbox.doing import Choosing
from desktop.screens.inbox.marking import pieces
from desktop.screens.inbox.view import InboxView
from desktop.screens.room import Room
from tests.clinic.services import conftest
from tests.clinic.services.conftest import Town
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import AtOnce

town = conftest.town


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with two_desks(tmp_path) as both:
        both.as_role(both.eva, Role.CLINICIAN)
        yield both


def page_of(qtbot: QtBot, desk: Desk, qapp: QApplication) -> InboxView:
    theme.apply(qapp, "light", "desktop")
    clinic = SimpleNamespace(choosing=Choosing(desk), me=desk.someone)
    view = InboxView(Room(clinic, desk.clock, AtOnce(), AtOnce(), AtOnce()))  # type: ignore[arg-type]
    view.counted, view.undo_last = [], []  # type: ignore[attr-defined]
    view._room.ways.to_choose.connect(view.counted.append)  # type: ignore[attr-defined]
    view._room.ways.undoable.connect(lambda *said: view.undo_last.append(said[2]))  # type: ignore[attr-defined]
    qtbot.addWidget(view)
    view.resize(1180, 700)
    view.show()
    qtbot.waitUntil(lambda: view.loop.state.found is not None)
    return view


def press(page: InboxView, name: str) -> None:
    (button,) = [one for one in page.findChildren(QPushButton, f"inbox.{name}") if one.isVisibleTo(page)]
    assert button.isEnabled()
    button.click()


def settled(qtbot: QtBot, page: InboxView, waiting: int) -> None:
    """The page has read the book again, and so many wait."""
    qtbot.waitUntil(
        lambda: (
            not page.loop.state.busy
            and page.loop.state.found is not None
            and page.loop.state.found.waiting == waiting
        )
    )


def open_first(qtbot: QtBot, page: InboxView) -> None:
    page.list.setCurrentIndex(page.list.model().index(0, 0))
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.loop.state.opened is not None or page.loop.state.clash is not None)


def shown(desk: Desk, patient: PatientId) -> Patient:
    fact = desk.book.read(lambda page: page.fact(Patient, patient))
    assert fact is not None
    return fact


def change(desk: Desk, patient: PatientId, **fields: object) -> None:
    desk.write(replace(shown(desk, patient), **fields), window=patient)  # type: ignore[arg-type]


def visit(desk: Desk, patient: PatientId) -> EncounterId:
    fact = Encounter(
        id=FactId(desk.new_id()), patient=patient, status=EncounterStatus.IN_PROGRESS, arrived_at=desk.clock.now()
    )  # fmt: skip
    desk.write(fact, window=patient)
    return EncounterId(fact.id)


def test_an_empty_page_says_what_it_is_for(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    page = page_of(qtbot, local.ben, qapp)
    assert page.empty.isVisibleTo(page) and not page.list.isVisibleTo(page)
    assert page.counted[-1] == 0 and not audit(page)  # type: ignore[attr-defined]


def test_demographics_are_chosen_line_by_line_and_taken_back(
    qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    patient = local.person()
    change(local.ben, patient, address="Mitre 12", language="qu")
    local.clock.advance(60)
    change(local.eva, patient, address="Belgrano 7", language="pt")
    local.carry(patient)
    page = page_of(qtbot, local.ben, qapp)
    assert page.counted[-1] == 1  # type: ignore[attr-defined]
    open_first(qtbot, page)
    assert not page.settle.isEnabled() and not audit(page)
    press(page, "take.address.2")
    press(page, "take.language.1")
    press(page, "settle")
    settled(qtbot, page, 0)
    local.carry(patient)
    for desk in (local.ben, local.eva):
        assert (shown(desk, patient).address, shown(desk, patient).language) == ("Belgrano 7", "qu")
    page.undo_last[-1]()  # type: ignore[attr-defined]
    settled(qtbot, page, 1)


def test_a_draft_is_joined_by_keys_alone(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    patient = local.person()
    encounter = visit(local.ben, patient)
    local.carry(patient)
    visits.autosave(local.ben, encounter, Section.PLAN, "Reposo. Control en 48 h.", patient)
    visits.autosave(local.eva, encounter, Section.PLAN, "Reposo. Amoxicilina no.", patient)
    local.carry(patient)
    page = page_of(qtbot, local.eva, qapp)
    open_first(qtbot, page)
    qtbot.keyClick(page, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert page.text.toPlainText() == "Reposo. Control en 48 h.\nAmoxicilina no." and page.text.hasFocus()
    page.text.setPlainText("Reposo. Control en 48 h. Amoxicilina no.")
    qtbot.keyClick(page.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(qtbot, page, 0)
    local.carry(patient)
    for desk in (local.ben, local.eva):
        assert visits.draft(desk, encounter).texts[Section.PLAN] == "Reposo. Control en 48 h. Amoxicilina no."


def test_one_version_is_taken_whole_by_a_key(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    patient = local.person()
    change(local.ben, patient, address="Mitre 12")
    local.clock.advance(60)
    change(local.eva, patient, address="Belgrano 7")
    local.carry(patient)
    page = page_of(qtbot, local.ben, qapp)
    open_first(qtbot, page)
    qtbot.keyClick(page, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(qtbot, page, 0)
    assert shown(local.ben, patient).address == "Belgrano 7"
    page.tabs.chosen.emit("done")
    qtbot.waitUntil(lambda: page.list.model().rowCount() == 1)
    page.list.setCurrentIndex(page.list.model().index(0, 0))
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    press(page, "undo")
    settled(qtbot, page, 1)


def test_another_version_that_comes_meanwhile_is_shown_and_typed_words_stay(
    qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    patient = local.person()
    change(local.ben, patient, address="Mitre 12")
    change(local.eva, patient, address="Belgrano 7")
    local.carry(patient)
    page = page_of(qtbot, local.ben, qapp)
    open_first(qtbot, page)
    press(page, "join")
    page.text.setPlainText("Mitre 12, fondo")
    change(local.eva, patient, address="Salta 1")  # it replaces both
    local.carry(patient)
    page.told(frozenset({"Patient"}))
    assert (
        page.loop.state.tone == "info" and not page.loop.state.opened
    ) or page.text.toPlainText() == "Mitre 12, fondo"
    assert shown(local.ben, patient).address == "Salta 1"


def test_words_that_were_typed_are_there_when_one_comes_back(
    qtbot: QtBot, qapp: QApplication, local: Local
) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    for patient in (first, second):
        change(local.ben, patient, address="Mitre 12")
        change(local.eva, patient, address="Belgrano 7")
    local.carry(first, second)
    page = page_of(qtbot, local.ben, qapp)
    open_first(qtbot, page)
    press(page, "join")
    page.text.setPlainText("Mitre 12, fondo")
    key = page.loop.state.chosen
    other = next(one.key for one in page.loop.state.found.disputes if one.key != key)  # type: ignore[union-attr]
    page.list.chosen.emit(other)
    qtbot.waitUntil(lambda: page.loop.state.opened is not None and page.loop.state.opened.key == other)
    assert not page.text.isVisibleTo(page) and page.loop.state.unwritten
    page.list.chosen.emit(key)
    qtbot.waitUntil(lambda: page.loop.state.opened is not None and page.loop.state.opened.key == key)
    assert page.loop.state.joined == "Mitre 12, fondo", (page.loop.state.drafts, key)
    assert page.text.isVisibleTo(page) and page.text.toPlainText() == "Mitre 12, fondo"
    press(page, "settle")
    settled(qtbot, page, 1)
    assert not page.loop.state.unwritten


def test_two_signed_notes_both_stand(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    patient = local.person()
    encounter = visit(local.ben, patient)
    local.carry(patient)
    for desk, text in ((local.ben, "Asma leve"), (local.eva, "Bronquitis aguda")):
        visits.autosave(desk, encounter, Section.ASSESSMENT, text, patient)
        visits.sign(desk, encounter, patient)
        local.clock.advance(60)
    local.carry(patient)
    page = page_of(qtbot, local.ben, qapp)
    keys = [one.key for one in page.loop.state.found.disputes]  # type: ignore[union-attr]
    closed = keys.index(f"Encounter {encounter}")
    page.list.setCurrentIndex(page.list.model().index(closed, 0))
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.loop.state.opened is not None)
    assert not audit(page)
    press(page, "settle")
    qtbot.waitUntil(
        lambda: f"Encounter {encounter}" not in [one.key for one in page.loop.state.found.disputes]  # type: ignore[union-attr]
    )


def test_who_lost_the_time_is_moved_to_a_free_one(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    first, second = local.person(), local.person("Sosa", dni="123")
    start = local.clock.now() + timedelta(days=2)
    for desk, patient in ((local.ben, first), (local.eva, second)):
        fact = Appointment(
            id=FactId(desk.new_id()), patient=patient, start=start, practitioner=local.ben.someone.user
        )
        desk.write(fact, window=patient)
        local.clock.advance(60)
    local.carry(first, second)
    page = page_of(qtbot, local.eva, qapp)
    open_first(qtbot, page)
    assert not audit(page)
    press(page, "time.1")
    settled(qtbot, page, 0)
    page.undo_last[-1]()  # type: ignore[attr-defined]
    settled(qtbot, page, 1)


@given(st.text(alphabet="ab \n.", max_size=40), st.text(alphabet="ab \n.", max_size=40))
def test_marking_changes_no_text(text: str, other: str) -> None:
    found = pieces(text, other)
    assert "".join(one.text for one in found) == text
    assert any(one.marked for one in found) <= (text != other)
    assert not any(one.marked for one in pieces(text, text))


@pytest.mark.slow
def test_both_desks_converge_through_a_real_centre(qtbot: QtBot, qapp: QApplication, town: Town) -> None:
    from datetime import date

    from clinic.domain.facts import Gender
    from clinic.domain.values import HumanName

    other = town.enrol("Dr. Martín Sosa")
    ours = town.desk
    patient = people.register(
        ours, HumanName(family="Quispe", given=("Rosa",)), date(1961, 3, 3), Gender.FEMALE, ""
    )
    encounter = visit(ours, patient)
    exchange_now(ours), exchange_now(other)
    change(ours, patient, address="Mitre 12")
    visits.autosave(ours, encounter, Section.PLAN, "Reposo", patient)
    change(other, patient, address="Belgrano 7")
    visits.autosave(other, encounter, Section.PLAN, "Control", patient)
    for desk in (ours, other, ours):
        exchange_now(desk)
    page = page_of(qtbot, ours, qapp)
    theirs = page_of(qtbot, other, qapp)
    assert page.loop.state.found.waiting == theirs.loop.state.found.waiting == 2  # type: ignore[union-attr]
    for left in (1, 0):
        open_first(qtbot, page)
        press(page, "take.whole.2")
        press(page, "settle")
        settled(qtbot, page, left)
    for desk in (ours, other):
        exchange_now(desk)
    theirs.refresh()
    settled(qtbot, theirs, 0)
    assert shown(ours, patient) == shown(other, patient)
    assert visits.draft(ours, encounter) == visits.draft(other, encounter)
    page.undo_last[-1]()  # type: ignore[attr-defined]
    settled(qtbot, page, 1)
    for desk in (ours, other):
        exchange_now(desk)
    theirs.refresh()
    settled(qtbot, theirs, 1)
    mine, hers = page.loop.state.found, theirs.loop.state.found
    assert mine is not None and hers is not None
    assert mine.disputes[0].sides == hers.disputes[0].sides
    assert SystemClock().now() >= max(side.at for side in mine.disputes[0].sides)
