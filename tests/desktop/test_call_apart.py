# SPDX-License-Identifier: GPL-3.0-or-later
"""The call in a window of its own and in the corner of other pages, by real keys over a real book."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinic.calls.call import Call, Phase
from clinic.domain.facts import Section
from clinic.domain.ids import EncounterId, PatientId
from desktop.kit.audit import audit
from desktop.kit.words import set_language
from desktop.seat import Seat
from tests.desktop.at_work import arrived, hands, in_front, opened, pressed, registered, typed, until
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KIOSK = "kioskaaaaaaaaaaa"
Visit = tuple[EncounterId, PatientId]


def in_phase(seat: Seat, visit: EncounterId, phase: Phase) -> None:
    call = Call(me="desk", phase=phase, call_id="c", encounter_id=visit, peer=KIOSK)
    seat.telephone.changed.emit(call)
    QApplication.processEvents()


@pytest.fixture
def talking(seat: Seat) -> Iterator[Visit]:
    """Ana's visit is in front and she is on the line."""
    patient = registered(seat.desk, "Alfaro")
    visit = arrived(seat.desk, patient)
    opened(seat, visit, patient)
    in_phase(seat, visit, Phase.TALKING)
    yield visit, patient
    seat.visit.call_beside()
    in_phase(seat, visit, Phase.ENDED)
    seat.shell.go("today")


def apart(seat: Seat) -> None:
    QTest.keyClick(seat.visit, Qt.Key.Key_D, CTRL | SHIFT)
    until(lambda: seat.visit.window_of_call is not None)


def test_the_call_goes_to_its_window_and_comes_back_when_that_is_closed(seat: Seat, talking: Visit) -> None:
    visit, tools = seat.visit, seat.visit.right._below
    before = tools.height()
    apart(seat)
    window = visit.window_of_call
    assert window is not None and window.isVisible() and visit.call.window() is window
    assert window.windowTitle() == "The call · Ana Alfaro — Posta"
    assert tools.height() > before and tools.height() == visit.right.height()
    assert audit(window) == []
    in_front(window)
    QTest.keyClick(window, Qt.Key.Key_W, CTRL)
    until(lambda: visit.window_of_call is None)
    assert visit.call.window() is seat.shell.window() and visit.call.isVisible()
    assert tools.height() == before


def test_its_keys_work_while_the_note_is_written(seat: Seat, talking: Visit) -> None:
    apart(seat)
    in_front(seat.shell.window())
    seat.visit.note.fields[Section.SUBJECTIVE].setFocus()
    typed("Tos ")
    pressed(Qt.Key.Key_M, CTRL)
    until(lambda: seat.visit.loop.state.call.muted)
    assert hands().objectName() == "visit.note.subjective"
    pressed(Qt.Key.Key_D, CTRL, SHIFT)
    until(lambda: seat.visit.window_of_call is None)
    pressed(Qt.Key.Key_M, CTRL)
    until(lambda: not seat.visit.loop.state.call.muted)


def test_another_language_leaves_it_where_it_is(seat: Seat, talking: Visit) -> None:
    apart(seat)
    seat._program = SimpleNamespace(speak=set_language)  # type: ignore[assignment]
    seat._speak("es")
    window = seat.visit.window_of_call
    assert window is not None and window.windowTitle() == "La llamada · Ana Alfaro — Posta"
    seat._speak("en")


def test_on_another_page_the_call_is_in_the_corner_with_the_name_of_its_patient(
    seat: Seat, talking: Visit
) -> None:
    corner = seat.shell.corner
    assert not corner.isVisible()
    other = registered(seat.desk, "Bustos", "Berta")
    seat.room.ways.chart.emit(other, "results")
    assert corner.isVisible() and corner.who.text() == "Ana Alfaro" and corner.video.is_live
    assert audit(corner) == []
    seat.telephone.engine.frame.emit("remote", QImage(64, 48, QImage.Format.Format_RGB32))
    assert corner.video.has_picture
    seat.telephone.calls.holding.changed.emit(True, False)
    assert not corner.video.is_live and not corner.video.has_picture
    seat.telephone.calls.holding.changed.emit(False, False)
    QTest.mouseClick(corner, Qt.MouseButton.LeftButton, pos=corner.video.geometry().center())
    assert seat.shell.loop.state.page == "visit" and not corner.isVisible()


def test_the_corner_is_put_away_for_this_call_and_there_at_the_next(seat: Seat, talking: Visit) -> None:
    corner = seat.shell.corner
    seat.shell.go("patients")
    corner.cross.click()
    seat.shell.go("schedule")
    assert not corner.isVisible()
    in_phase(seat, talking[0], Phase.ENDED)
    in_phase(seat, talking[0], Phase.TALKING)
    assert corner.isVisible()


def test_a_call_in_a_window_of_its_own_needs_no_corner(seat: Seat, talking: Visit) -> None:
    apart(seat)
    seat.shell.go("patients")
    assert not seat.shell.corner.isVisible()


def test_a_visit_of_somebody_else_does_not_take_its_name(seat: Seat, talking: Visit) -> None:
    apart(seat)
    other = registered(seat.desk, "Bustos", "Berta")
    opened(seat, arrived(seat.desk, other, "kioskbbbbbbbbbbb"), other, "kioskbbbbbbbbbbb")
    window = seat.visit.window_of_call
    assert window is not None and window.windowTitle() == "The call · Ana Alfaro — Posta"
    assert not seat.visit.call.video.is_live and seat.visit.call.other.isVisible()


def test_another_language_leaves_the_corner_with_the_name_and_the_picture(seat: Seat, talking: Visit) -> None:
    seat.shell.go("patients")
    seat._program = SimpleNamespace(speak=set_language)  # type: ignore[assignment]
    seat._speak("es")
    corner = seat.shell.corner
    assert corner.isVisible() and corner.who.text() == "Ana Alfaro" and corner.video.is_live
    seat._speak("en")


def test_another_language_leaves_what_a_kiosk_needs_and_hears_when_all_is_well(seat: Seat) -> None:
    seat.telephone.kiosk_stands.emit("kiosk1", "Entrance", ("clock",))
    seat._program = SimpleNamespace(speak=set_language)  # type: ignore[assignment]
    seat._speak("es")
    assert "Entrance" in seat.today.kiosks.accessibleName() and not seat.today.kiosks.isHidden()
    seat.telephone.kiosk_stands.emit("kiosk1", "Entrance", ())
    assert seat.today.kiosks.isHidden()
    seat._speak("en")
