# SPDX-License-Identifier: GPL-3.0-or-later
"""The band on Today: silent, a warning from the seventh day, a plain request from the fourteenth."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.screens.lease import LeaseBand
from desktop.screens.room import Room
from tests.desktop.screens.standin import AtOnce, Clinic, clock


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
