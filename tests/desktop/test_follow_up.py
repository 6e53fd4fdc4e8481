# SPDX-License-Identifier: GPL-3.0-or-later
"""A follow-up visit by keys alone: find her, blood pressure, repeat the prescription, next appointment, sign; counted key by key.

Seconds are those of the keystroke-level model (Card, Moran and Newell, 1980): 0.2 s a key for an average typist; a key that
is held counts as one.
"""

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinic.domain.facts import (
    Appointment,
    Composition,
    Encounter,
    EncounterStatus,
    MedicationRequest,
    RequestStatus,
)
from clinic.domain.ids import EncounterId
from clinic.domain.values import ATC, Coding
from clinic.services import people, prescribing, visits
from clinic.services.charts import chart
from desktop.app import Window
from desktop.seat import Seat
from tests.desktop.at_work import hands, in_front, registered, until, written
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window

KEY_S, MOST_S = 0.2, 13.0
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ENALAPRIL = Coding(system=ATC, code="C09AA02", display="Enalapril")


class Keyboard:
    """Presses keys wherever the keyboard is, and counts them."""

    def __init__(self, window: Window) -> None:
        self.keys, self.window = 0, window

    def type(self, text: str) -> None:
        self.keys += len(text) + sum(letter.isupper() or letter == "/" for letter in text)
        QTest.keyClicks(hands(), text)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self.keys += 1
            QTest.keyClick(hands(), key)

    def ctrl(self, key: Qt.Key) -> None:
        self.keys += 2
        in_front(self.window)
        QTest.keyClick(QApplication.focusWidget() or self.window, key, CTRL)

    @property
    def seconds(self) -> float:
        return self.keys * KEY_S


def seen_before(seat: Seat) -> None:
    """She was here a month ago and takes enalapril."""
    desk = seat.desk
    her = registered(desk, "Zalazar", "Irma")
    first = EncounterId(visits.begin_here(desk, her).id)
    visits.autosave(desk, first, next(iter(visits.Section)), "Hipertensión", her)
    prescribing.prescribe(desk, first, ENALAPRIL, "10 mg", "oral", 12, 30, "", her)
    visits.sign(desk, first, her)


def test_a_follow_up_visit_takes_less_than_thirteen_seconds_of_keys(seat: Seat, window: Window) -> None:
    seen_before(seat)
    desk, hand = seat.desk, Keyboard(window)
    hand.ctrl(Qt.Key.Key_K)
    hand.type("zalazar")
    hand.press(Qt.Key.Key_Return)
    until(lambda: seat.chart.isVisible() and seat.chart.loop.state.chart is not None)
    her = seat.chart.loop.state.patient
    assert people.person(desk, her).name.family == "Zalazar"
    hand.ctrl(Qt.Key.Key_N)
    until(lambda: seat.visit.loop.state.loaded and seat.visit.loop.state.chart is not None)
    until(lambda: hands().objectName() == "visit.note.subjective")
    visit = seat.visit.loop.state.encounter
    hand.type("control, bien")
    hand.ctrl(Qt.Key.Key_2)
    hand.type("130/85")
    hand.press(Qt.Key.Key_Return)
    until(lambda: [face.value for face in chart(desk, her).readings.get("systolic", ())] == [130])
    hand.ctrl(Qt.Key.Key_4)
    hand.press(Qt.Key.Key_Return)
    until(lambda: seat.visit.loop.state.rx.cautions is not None)
    assert seat.visit.rx.sentence.text().startswith("Enalapril 10 mg")
    hand.press(Qt.Key.Key_Return)
    until(lambda: seat.visit.loop.state.prescriptions)
    hand.ctrl(Qt.Key.Key_6)
    hand.press(Qt.Key.Key_Tab, Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Return)
    until(lambda: chart(desk, her).appointments)
    hand.ctrl(Qt.Key.Key_Return)
    until(lambda: seat.visit.note.confirm.isVisible())
    hand.ctrl(Qt.Key.Key_Return)
    until(lambda: seat.visit.loop.state.signed is not None)
    assert hand.seconds <= MOST_S, f"{hand.keys} keys"
    assert_kept(seat, visit)
    print(f"{hand.keys} keys, {hand.seconds:.1f} s")


def assert_kept(seat: Seat, visit: EncounterId) -> None:
    """All of it stands on the disk, with her."""
    desk, her = seat.desk, seat.visit.loop.state.patient
    page = desk.book.read
    notes = page(lambda p: p.facts_of_encounter(Composition, visit))
    assert [note.subjective for note in notes] == ["control, bien"] and notes[0].patient == her
    old, new = sorted(page(lambda p: p.facts(MedicationRequest, her)), key=lambda one: one.authored_at)
    assert (old.status, new.status) == (RequestStatus.COMPLETED, RequestStatus.ACTIVE)
    assert (new.dose, new.every_hours, new.days, new.encounter) == ("10 mg", 12, 30, visit)
    coming = page(lambda p: p.facts(Appointment, her))
    assert len(coming) == 1 and coming[0].start > desk.clock.now() + timedelta(days=27)
    over = page(lambda p: p.fact(Encounter, visit))
    assert over is not None and (over.status, over.patient, over.kiosk) == (EncounterStatus.FINISHED, her, "")
    assert written(desk, visit)
