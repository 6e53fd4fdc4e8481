# SPDX-License-Identifier: GPL-3.0-or-later
"""Two patients at one desk, by real keys over a real book: the note always ends with the patient shown where it was typed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from clinic.calls.call import Call, Phase
from clinic.domain.facts import Section
from clinic.domain.ids import EncounterId
from desktop.app import Window
from desktop.kit.surfaces import Toast
from desktop.seat import Seat
from tests.desktop.at_work import (
    arrived,
    hands,
    in_front,
    opened,
    pressed,
    registered,
    typed,
    until,
    written,
)
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window

S, OBJECTIVE, P = Section.SUBJECTIVE, Section.OBJECTIVE, Section.PLAN
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


class Two:
    """Ana's visit is in front, Berta waits."""

    def __init__(self, seat: Seat) -> None:
        self.seat, desk = seat, seat.desk
        self.ana, self.berta = registered(desk, "Alfaro"), registered(desk, "Bustos", "Berta")
        self.hers, self.bertas = arrived(desk, self.ana), arrived(desk, self.berta, "kioskbbbbbbbbbbb")
        self.show_ana()

    def show_ana(self) -> None:
        opened(self.seat, self.hers, self.ana)

    def show_berta(self) -> None:
        opened(self.seat, self.bertas, self.berta, "kioskbbbbbbbbbbb")

    def at(self, section: Section) -> None:
        """The keyboard goes into that section."""
        in_front(self.seat.shell.window())
        self.seat.visit.note.fields[section].setFocus(Qt.FocusReason.TabFocusReason)
        assert hands().objectName() == f"visit.note.{section}"

    def saved(self, visit: EncounterId, **texts: str) -> None:
        """The disk has exactly this note."""
        wanted = {Section(key): text for key, text in texts.items()}
        self.seat.visit.lock()  # as leaving the desk does: everything goes to the disk
        until(lambda: written(self.seat.desk, visit) == wanted)
        uncovered(self.seat)


def uncovered(seat: Seat) -> None:
    window = seat.parent()
    assert isinstance(window, Window)
    until(lambda: window.stack.currentWidget() is window._login)
    window._uncover(seat)


@pytest.fixture
def two(seat: Seat) -> Two:
    return Two(seat)


def said(seat: Seat) -> QPushButton:
    """The button of the message that says what was not pasted."""
    shown = [one for one in seat.shell.findChildren(Toast) if one.isVisible()]
    assert [one.accessibleName()[:10] for one in shown] == ["Not pasted"]
    return shown[0].undo


def test_words_copied_from_one_patient_are_not_pasted_into_the_note_of_the_next(two: Two) -> None:
    two.at(S)
    typed("Tos y fiebre")
    pressed(Qt.Key.Key_A, CTRL)
    pressed(Qt.Key.Key_C, CTRL)
    pressed(Qt.Key.Key_End, CTRL)
    pressed(Qt.Key.Key_V, CTRL)
    two.show_berta()
    two.at(S)
    typed("Mejor. ")
    pressed(Qt.Key.Key_V, CTRL)
    said(two.seat)
    two.saved(two.bertas, subjective="Mejor. ")
    assert written(two.seat.desk, two.hers) == {S: "Tos y fiebreTos y fiebre"}, "on her own page it is pasted"


def test_who_means_it_pastes_with_one_more_key(two: Two) -> None:
    two.at(S)
    typed("Viven juntas")
    pressed(Qt.Key.Key_A, CTRL)
    pressed(Qt.Key.Key_C, CTRL)
    two.show_berta()
    two.at(P)
    pressed(Qt.Key.Key_V, CTRL)
    assert said(two.seat).text() == "Paste them here anyway"
    QTest.keyClick(two.seat.shell.window(), Qt.Key.Key_Z, ALT)
    two.saved(two.bertas, plan="Viven juntas")


def test_a_line_holds_them_back_too_and_other_programs_paste_as_ever(two: Two) -> None:
    visit = two.seat.visit
    visit.rx.notes.setFocus()
    typed("con las comidas")
    pressed(Qt.Key.Key_A, CTRL)
    pressed(Qt.Key.Key_C, CTRL)
    two.show_berta()
    visit.next.reason.setText("Control ")
    visit.next.reason.setFocus()
    pressed(Qt.Key.Key_End)
    pressed(Qt.Key.Key_V, CTRL)
    assert visit.next.reason.text() == "Control "
    visit.next.reason.paste()  # as its menu does
    assert visit.next.reason.text() == "Control "
    two.seat.shell.setFocus()  # another program has the keyboard
    QApplication.clipboard().setText("de otro programa")
    visit.next.reason.setFocus()
    pressed(Qt.Key.Key_End)
    pressed(Qt.Key.Key_V, CTRL)
    assert visit.next.reason.text() == "Control de otro programa"


def test_undoing_in_the_next_note_never_brings_back_words_of_the_one_before(two: Two) -> None:
    two.at(S)
    typed("Tos y fiebre")
    two.show_berta()
    two.at(S)
    for _turn in range(3):
        pressed(Qt.Key.Key_Z, CTRL)
    two.saved(two.bertas)
    assert written(two.seat.desk, two.hers) == {S: "Tos y fiebre"}


def test_a_call_with_one_while_the_note_of_another_has_the_keyboard_takes_no_key(two: Two) -> None:
    two.show_berta()
    two.at(OBJECTIVE)
    kiosk = "kioskaaaaaaaaaaa"
    typed("sin ")
    for phase in (Phase.CALLING, Phase.CONNECTING, Phase.TALKING, Phase.RECONNECTING, Phase.ENDED):
        call = Call(me="desk", phase=phase, call_id="c", encounter_id=two.hers, peer=kiosk)
        two.seat.telephone.changed.emit(call)
        QApplication.processEvents()
        assert hands().objectName() == f"visit.note.{OBJECTIVE}", phase
        typed(f"{phase} ")
    two.seat.shell.say("info", "somebody has come in")
    typed("fin")
    two.saved(two.bertas, objective="sin calling connecting talking reconnecting ended fin")
    assert written(two.seat.desk, two.hers) == {}
