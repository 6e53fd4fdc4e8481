# SPDX-License-Identifier: GPL-3.0-or-later
"""The dose is checked while it is typed; what is said names the figures, what to do, and the source."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.cautions import Caution
from clinic.domain.ids import EncounterId
from desktop.kit import theme
from desktop.screens.room import Room
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.dose_words import by_the_list
from desktop.screens.visit.errands import Line
from desktop.screens.visit.view import VisitView
from desktop.screens.visit.words import caution_line, cautions_words, needs_reason
from tests.desktop.screens.standin import JUAN, KIOSK, NOW, ROSA, coding

DRUG = coding("atc", "C08CA01", "Amlodipina")
FIVE, FIFTY = h.DoseTyped("5 mg", "oral", 24), h.DoseTyped("50 mg", "oral", 24)


def caution(severity: str, mechanism: str) -> Caution:
    return Caution(severity, "Amlodipina", "", "FDA label, Norvasc", "", mechanism)


TENFOLD = caution("tenfold", "50 5")


@pytest.mark.parametrize(
    ("severity", "mechanism", "said"),
    [
        ("tenfold", "50 5", "May be ten times too much: 50 mg; 5 mg is usual. Check the decimal point."),
        ("tenfold", "3000 900 12 2026-11-20", "3,000 mg a day; at most 900 mg for 12 kg (20 Nov 2026)"),
        ("overdose", "6000 4000", "Too much: 6,000 mg a day; at most 4,000 mg."),
        ("overdose", "once 1500 1000", "Too much at once: 1,500 mg; at most 1,000 mg a dose."),
        ("too-often", "4", "at least 4 hours between two doses"),
        ("too-little", "0.0125 0.125", "12.5 mcg; 0.12 mg is usual"),
        ("pregnancy", "stop", "Choose another medicine."),
        ("pregnancy-care", "late", "not from 20 weeks on"),
        ("pregnancy-care", "care", "only if nothing safer will do"),
        ("ask-pregnancy", "stop", "Could she be pregnant?"),
        ("ask-pregnancy", "late", "from 20 weeks"),
        ("kidney", "28 30 2026-11-02", "eGFR 28 on 2 Nov 2026, not below 30. Choose another."),
        ("kidney-care", "44 45 2026-11-02", "Lower the dose or choose another."),
        ("unchecked", "kidney-unknown", "Kidneys not checked"),
        ("unchecked", "dose-weight", "no recent weight"),
        ("unchecked", "dose-dose", "not an amount"),
    ],
)
def test_each_caution_says_what_and_what_to_do_and_where_it_is_from(
    severity: str, mechanism: str, said: str
) -> None:
    one = caution(severity, mechanism)
    assert by_the_list(one)
    assert said in caution_line(one)
    assert caution_line(one).endswith("Source: FDA label, Norvasc; unsigned list")


def prescribing() -> v.State:
    state = v.State(now=NOW, encounter=EncounterId("e"), patient=ROSA, loaded=True)
    return v.update(v.update(state, h.DrugResumed(DRUG))[0], h.CautionsCame(ROSA, DRUG, ()))[0]


def test_what_is_said_of_a_dose_goes_when_another_is_typed() -> None:
    state, effects = v.update(prescribing(), FIFTY)
    assert effects == (h.CheckDose(ROSA, DRUG, FIFTY),)
    state = v.update(state, h.DoseChecked(ROSA, DRUG, FIFTY, (TENFOLD,)))[0]
    assert needs_reason(state.rx) and cautions_words(state.rx).tone == "danger"
    state = v.update(state, FIVE)[0]
    assert not needs_reason(state.rx)


def test_an_answer_about_another_dose_or_another_patient_changes_nothing() -> None:
    state = v.update(prescribing(), FIVE)[0]
    assert v.update(state, h.DoseChecked(ROSA, DRUG, FIFTY, (TENFOLD,)))[0] == state
    assert v.update(state, h.DoseChecked(JUAN, DRUG, FIVE, (TENFOLD,)))[0] == state


def test_without_a_medicine_or_a_dose_nothing_is_asked() -> None:
    empty = h.DoseTyped("", "oral", 8)
    assert v.update(v.State(now=NOW), FIVE)[1] == ()
    assert v.update(prescribing(), empty)[1] == ()


def test_typing_ten_times_a_dose_shows_why_and_asks_for_the_reason(
    qtbot: QtBot, qapp: QApplication, room: Room
) -> None:
    theme.apply(qapp, "light", "desktop")
    page = VisitView(room, Line())
    qtbot.addWidget(page)
    page.resize(1166, 700)
    with qtbot.waitExposed(page):
        page.show()
    page.open(h.VisitOpened(EncounterId(f"e.{ROSA}"), ROSA, KIOSK, NOW))
    page._send(h.ToolChosen("prescription"))
    page._send(h.DrugResumed(DRUG))
    page.rx.dose.setText("5000 mg")
    qtbot.waitUntil(page.rx.reason.isVisible)
    assert "ten times too much" in page.rx.cautions.accessibleName()
    page.rx.dose.setText("500 mg")
    qtbot.waitUntil(lambda: not page.rx.reason.isVisible())
