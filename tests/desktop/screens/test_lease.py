# SPDX-License-Identifier: GPL-3.0-or-later
"""The band on Today: silent, a warning from the seventh day, a plain request from the fourteenth."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from clinic.domain.facts import Composition
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from desktop.screens.lease import LeaseBand
from desktop.screens.room import Room
from desktop.screens.visit.state import State
from tests.desktop.screens.standin import NOW, AtOnce, Clinic, clock


@pytest.mark.parametrize(
    ("days", "shown", "says"), [(6, False, ""), (7, True, "In 7 days"), (14, True, "administrator")]
)
def test_what_the_band_says(qtbot: QtBot, days: int, shown: bool, says: str) -> None:
    clinic = Clinic()
    clinic.days_without = days
    band = LeaseBand(Room(clinic, clock(), AtOnce(), AtOnce(), AtOnce()))  # type: ignore[arg-type]
    qtbot.addWidget(band)
    assert band.isHidden() != shown
    assert says in band._next.text()


def test_in_the_middle_of_care_nothing_is_asked_for_until_the_visit_is_over(qtbot: QtBot) -> None:
    clinic = Clinic()
    clinic.days_without = 20
    room, caring = Room(clinic, clock(), AtOnce(), AtOnce(), AtOnce()), [True]  # type: ignore[arg-type]
    room.in_care = lambda: caring[0]
    band = LeaseBand(room)
    qtbot.addWidget(band)
    assert "After this visit" in band._next.text() and "20 days" in band._text.text()
    caring.clear()
    caring.append(False)
    band.look()
    assert "Connect it to the centre now" in band._next.text()


def test_a_visit_is_care_until_it_is_signed_or_over() -> None:
    state = State(now=NOW)
    assert not state.in_care
    opened = replace(state, encounter=EncounterId("e"))
    assert opened.in_care
    note = Composition(
        id=FactId("n"),
        patient=PatientId("p"),
        encounter=EncounterId("e"),
        status="final",
        author=UserId("u"),
        signed_at=NOW,
    )
    assert not replace(opened, signed=note).in_care
