# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said about backups: late, failed, not set up; and nothing when all is well."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.services.backups import Plan
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.backups import logic as b
from desktop.screens.room import Room
from desktop.screens.today.view import TodayView
from tests.desktop.screens.standin import NOW, Clinic

GONE = Unavailable(
    "The folder {path} cannot be written. Check the disk and its permissions.", path="/media/usb"
)


def plan(made: timedelta | None, tried: timedelta | None = None) -> Plan:
    def at(ago: timedelta | None) -> datetime | None:
        return None if ago is None else NOW - ago

    return Plan(
        Path("/media/usb"), b"p", b"s", made_at=at(made), tried_at=at(made if tried is None else tried)
    )


def known(found: Plan | None, owner: bool = False) -> b.State:
    return b.update(b.State(NOW), b.Looked(found, owner, NOW))[0]


def after(state: b.State, error: PostaError | None) -> b.State:
    state, effects = b.update(state, b.Ended(error, NOW))
    assert effects == (b.Look(),)
    return state


@pytest.mark.parametrize(
    "found",
    [
        plan(timedelta(hours=5)),
        plan(timedelta(days=2)),
        plan(None),
        plan(None, timedelta(minutes=3)),
        plan(timedelta(days=9), timedelta(minutes=3)),
    ],
    ids=["made today", "one missed", "the first is due", "the first is under way", "being made up for"],
)
def test_nothing_is_said_when_all_is_well(found: Plan) -> None:
    assert b.told(known(found)).text == "" == b.told(b.State(NOW)).text


def test_a_late_backup_is_said_with_the_date_of_the_last_good_one_and_the_next_step() -> None:
    says = b.told(known(plan(timedelta(days=9), timedelta(hours=2))))
    assert says.tone == "warn"
    assert says.text.startswith("The last good backup of this computer is of 12 Nov 2026")
    assert "/media/usb" in says.next_step and "plugged in" in says.next_step


def test_one_that_never_came_about_is_said_once_it_had_its_time() -> None:
    assert "come about yet" in b.told(known(plan(None, timedelta(hours=1)))).text


def test_a_failed_backup_is_said_with_why_until_a_good_one_comes() -> None:
    state = after(known(plan(timedelta(hours=25), timedelta(minutes=1))), GONE)
    assert b.told(state).next_step.startswith("The folder /media/usb cannot be written.")
    assert b.told(after(state, None)).text == ""
    other = Plan(Path("/media/usb"), b"p", b"s", made_at=NOW + timedelta(minutes=9))
    mended = b.update(state, b.Looked(other, False, NOW + timedelta(minutes=10)))[0]
    assert b.told(mended).text == ""


def test_a_backup_that_another_program_makes_is_no_failure() -> None:
    busy = Refusal("Another backup of this computer is under way. Wait until it is done.")
    assert b.told(after(known(plan(timedelta(hours=25))), busy)).text == ""


def test_where_nothing_is_set_up_only_the_owner_is_hinted_and_may_put_it_away() -> None:
    assert b.told(known(None)).text == ""
    hint = b.told(known(None, owner=True))
    assert hint.tone == "info" and "backup-setup" in hint.next_step
    assert b.told(b.update(known(None, owner=True), b.Hushed())[0]).text == ""


def test_today_shows_the_band_and_puts_the_hint_away(
    qtbot: QtBot, qapp: QApplication, room: Room, clinic: Clinic
) -> None:
    theme.apply(qapp, "light", "desktop")
    clinic.is_owner = True
    page = TodayView(room, lambda _k: True)
    qtbot.addWidget(page)
    page.resize(1170, 710)
    page.show()
    qtbot.waitUntil(page.backup.isVisible)
    QApplication.processEvents()
    assert audit(page) == []
    qtbot.mouseClick(page.backup._action, Qt.MouseButton.LeftButton)
    assert not page.backup.isVisible()
    clinic.plan = replace(plan(timedelta(hours=26)), tried_at=NOW)
    page.backup.ended(GONE)
    qtbot.waitUntil(page.backup.isVisible)
    clinic.plan = plan(timedelta(0))
    page.backup.ended(None)
    qtbot.waitUntil(lambda: not page.backup.isVisible())
