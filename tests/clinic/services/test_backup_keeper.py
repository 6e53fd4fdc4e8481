# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups beside an open program: when they are due, one at a time, never in a call, ended with the program."""

import os
import queue
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import PostaError, Unavailable
from clinic.keys.backups import BackupKey
from clinic.services import backup_keeper
from clinic.services.backup_keeper import BackupKeeper
from clinic.services.backups import Backed, plan_of, set_up
from clinic.services.desks import Desk
from tests.clinic.services.conftest import Town


@pytest.fixture
def desk(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(town.station, "clock", FrozenClock(datetime.now(UTC)))
    set_up(town.station, tmp_path / "usb", BackupKey.make(os.urandom).public)
    town.station.book.keep(
        lambda page: [page.drop_meta(key) for key in ("backup made", "backup tried")] and None
    )
    return town.station


def test_one_is_made_when_it_is_due_and_the_next_a_day_later(desk: Desk) -> None:
    ended: queue.Queue[Backed | PostaError] = queue.Queue()
    keeper = BackupKeeper(desk, told=ended.put)
    keeper.look()
    first = ended.get(timeout=30)
    assert isinstance(first, Backed)
    for hours in (0, 12, 13):
        desk.clock.advance(hours * 3600)  # type: ignore[attr-defined]
        keeper.look()
        keeper._busy.acquire()  # it has looked
        keeper._busy.release()
    second = ended.get(timeout=30)
    assert isinstance(second, Backed) and second.no == first.no + 1 and ended.empty()
    keeper.stop()
    keeper.stop()


def test_none_begins_in_a_call_nor_after_the_end(desk: Desk) -> None:
    keeper = BackupKeeper(desk, may=lambda: False)
    keeper.look()
    keeper.stop()
    BackupKeeper.look(keeper)
    assert plan_of(desk) is not None and plan_of(desk).made_at is None  # type: ignore[union-attr]


def test_the_end_of_the_program_stops_one_that_is_under_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), []
    real = backup_keeper.back_up

    def slow(desk: Desk, progress: object) -> Backed:
        begun.set()
        keeper._stop.wait(30)
        return real(desk, progress=progress)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_keeper, "back_up", slow)
    keeper = BackupKeeper(desk, told=ended.append)
    keeper.look()
    assert begun.wait(30)
    keeper.look()  # nothing more begins
    keeper.stop()
    assert ended == [] and plan_of(desk).made_at is None  # type: ignore[union-attr]
    assert not (desk.home.path / ".backup").exists()


def test_a_disk_that_is_away_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "usb").write_text("no folder")
    ended: queue.Queue[Backed | PostaError] = queue.Queue()
    keeper = BackupKeeper(desk, told=ended.put)
    keeper.look()
    assert isinstance(ended.get(timeout=30), Unavailable)
    keeper.stop()
