# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for at a kiosk, answered with one click on Today or the schedule, over a real book; with a way back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.asking import BOOK, CANCEL, MOVE, Wanted
from clinic.domain.facts import Appointment, AppointmentRequest, AskedStatus
from clinic.domain.ids import PatientId, UserId
from clinic.domain.values import Coding, HumanName
from clinic.protocol.letters import Answered
from clinic.services import bookings, intake, requesting
from clinic.services.intake import Known
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.screens.asked import logic as a
from desktop.screens.asked.view import AskedBand
from desktop.screens.room import Room
from desktop.screens.verbs import Clinic as Verbs
from tests.clinic.services.local import Local
from tests.clinic.services.local import clinic as two_desks
from tests.desktop.screens.standin import AtOnce

BEN = UserId("ben")
WHY = Coding(system="urn:posta:reason", code="check_up", display="Control")


@dataclass
class Front:
    """The band at Ben's desk, and what it told: toasts with their undo, letters to kiosks."""

    band: AskedBand
    local: Local
    said: list[str] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)
    letters: list[tuple[str, Answered]] = field(default_factory=list)

    def asks(
        self, patient: PatientId, hours: float = 24, wish: str = BOOK, about: Appointment | None = None
    ) -> AppointmentRequest:
        desk = self.local.ben
        visit = intake.arrive(desk, Known(patient, HumanName(family="x"), None, ""), "es")
        start = None if wish == CANCEL else desk.clock.now() + timedelta(hours=hours)
        wanted = Wanted(wish, start, 20, BEN, "ben", WHY, about)
        made = requesting.ask_for(desk, visit, wanted)
        self.band.told(frozenset({"AppointmentRequest"}))
        self.settle()
        return made

    def settle(self) -> None:
        """What the workers answered is shown."""
        for _turn in range(6):
            QApplication.processEvents()

    def click(self, button: QAbstractButton) -> None:
        button.click()
        self.settle()

    def take_back(self, which: int = -1) -> None:
        self.undo[which]()
        self.settle()

    def stands(self, one: AppointmentRequest) -> AppointmentRequest:
        found = self.local.ben.book.read(lambda page: page.fact(AppointmentRequest, one.id))
        assert found is not None
        return found

    def booked(self, patient: PatientId) -> list[Appointment]:
        found = self.local.ben.book.read(lambda page: page.facts(Appointment, patient))
        return [one for one in found if one.status == "booked"]


@pytest.fixture
def front(qtbot: QtBot, tmp_path: Path) -> Iterator[Front]:
    set_language("en")
    with two_desks(tmp_path) as local:
        room = Room(Verbs(local.ben), local.clock, AtOnce(), AtOnce(), AtOnce())
        band = AskedBand(room, "today")
        qtbot.addWidget(band)
        band.resize(1100, 160)
        here = Front(band, local)
        room.ways.undoable.connect(lambda _tone, said, undo: (here.said.append(said), here.undo.append(undo)))
        room.ways.answered.connect(lambda kiosk, letter: here.letters.append((kiosk, letter)))
        yield here


def test_nothing_asked_for_shows_nothing(front: Front) -> None:
    front.band.show()
    front.band.look()
    front.settle()
    assert front.band.isHidden()


def test_one_click_books_it_tells_the_kiosk_and_is_undone(front: Front) -> None:
    patient = front.local.person()
    request = front.asks(patient)
    band = front.band
    assert "Quispe" in band.who.text() and "Asks for an appointment" in band.wish.text()
    assert "nobody has confirmed" in band.about.text() and band.warning.isHidden()
    assert [button.isHidden() for button in band.grants] == [False, True, True]
    assert audit(band) == []
    front.click(band.grants[0])
    (made,) = front.booked(patient)
    assert made.start == request.start and band.isHidden()
    kiosk, letter = front.letters[0]
    assert (kiosk, letter.status, letter.start) == (
        front.local.ben.device,
        AskedStatus.ACCEPTED,
        request.start,
    )
    assert "is booked for" in front.said[0]
    front.take_back(0)
    assert front.booked(patient) == [] and front.letters[-1][1].status == AskedStatus.PROPOSED
    front.band.look()
    front.settle()
    assert not band.isHidden()


def test_a_conflict_is_told_and_a_time_near_it_is_one_click_too(front: Front) -> None:
    patient, other = front.local.person(), front.local.person("Sosa", dni="123")
    start = front.local.clock.now() + timedelta(hours=24)
    bookings.book(front.local.ben, other, start, 20, BEN, "")
    front.asks(patient)
    band = front.band
    assert "ben has another patient then: Sosa" in band.warning.accessibleName()
    assert [button.isHidden() for button in band.grants] == [False] * 3
    front.click(band.grants[1])
    (made,) = front.booked(patient)
    assert made.start != start and front.letters[0][1].start == made.start


def test_two_who_ask_for_one_time_are_named_to_each_other(front: Front) -> None:
    first, second = front.local.person(), front.local.person("Sosa", dni="123")
    for patient in (first, second):
        front.asks(patient)
    band = front.band
    assert (
        band.count.text() == "1 of 2"
        and "Sosa, María asked for this time too" in band.warning.accessibleName()
    )
    front.click(band.after)
    assert (
        band.count.text() == "2 of 2"
        and "Quispe, María asked for this time before" in band.warning.accessibleName()
    )


def test_what_was_taken_while_she_looked_is_refused_in_words(front: Front) -> None:
    patient, other = front.local.person(), front.local.person("Sosa", dni="123")
    request = front.asks(patient)
    assert request.start is not None
    bookings.book(front.local.ben, other, request.start, 20, BEN, "")
    front.click(front.band.grants[0])
    assert "taken meanwhile" in front.band.warning.accessibleName() and front.booked(patient) == []


def test_a_no_needs_a_reason_and_she_reads_it(front: Front, qtbot: QtBot) -> None:
    request = front.asks(front.local.person())
    band = front.band
    front.click(band.no)
    front.click(band.send)
    assert "Say why not" in band.warning.accessibleName()
    QTest.keyClicks(band.why, "No hay consultas ese dia")
    QTest.keyClick(band.why, Qt.Key.Key_Return)
    front.settle()
    assert front.stands(request).status == AskedStatus.DECLINED
    assert front.letters[0][1].answer == "No hay consultas ese dia" and band.isHidden()
    front.take_back(0)
    assert front.stands(request).status == AskedStatus.PROPOSED


def test_it_is_moved_and_called_off_by_one_click(front: Front) -> None:
    patient = front.local.person()
    before = bookings.book(
        front.local.ben, patient, front.local.clock.now() + timedelta(hours=30), 20, BEN, ""
    )
    front.asks(patient, 48, MOVE, before)
    assert "instead of" in front.band.wish.text() and front.band.grants[0].text().startswith("Move to")
    front.click(front.band.grants[0])
    (moved,) = front.booked(patient)
    assert moved.id == before.id and moved.start > before.start
    front.asks(patient, wish=CANCEL, about=moved)
    assert front.band.grants[0].text() == "Call it off"
    front.click(front.band.grants[0])
    assert front.booked(patient) == [] and "was cancelled" in front.said[-1]


def test_a_click_under_way_never_answers_another_request() -> None:
    from types import SimpleNamespace

    one, two = (SimpleNamespace(request=SimpleNamespace(id=key)) for key in "ab")
    state, _ = a.update(a.State(), a.Loaded((one, two)))  # type: ignore[arg-type]
    state, _ = a.update(state, a.Stepped(1))
    state, _ = a.update(state, a.Loaded((two, one)))  # type: ignore[arg-type]
    assert state.shown == "b" and state.place == 1
    state, _ = a.update(state, a.Granted())
    again, effects = a.update(state, a.Granted())
    assert again.busy and effects == ()
