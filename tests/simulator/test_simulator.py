# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole organisations by seed. Each invariant is shown to fail once, by a bug planted in the engine."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.facts import Decision
from clinic.domain.ids import UserId
from clinic.keys import consenting, tending
from clinic.keys.packing import NEWEST_DICTIONARY, expand
from clinic.keys.roster import TrustLog
from clinic.keys.tending import BEACON_EVERY
from clinic.protocol.envelope import Envelope
from clinic.protocol.trust import Role
from clinic.services import desks, leaving, syncing
from clinic.store.home import Home
from clinic.store.writing import WritePage
from clinic.sync import merge
from clinic.sync.status import SyncStatus
from simulator.__main__ import main
from simulator.cast import BEGAN, Templates, player
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.computer import Books, Computer
from simulator.first_day import FirstDays
from simulator.play import Outcome, run
from sync_server.book import ingest, vectors

MEMORY = Path("/dev/shm")
KEPT = Path(__file__).with_name("seeds.txt")
Play = Callable[..., Outcome]


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Plays a seed."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        days = FirstDays(Templates(Path(folder) / "templates"))

        def one(seed: int, steps: int | None = None) -> Outcome:
            before = logging.root.manager.disable
            logging.disable(logging.CRITICAL)
            try:
                return run(seed, days, Path(folder) / f"seed-{seed}", steps)
            finally:
                logging.disable(before)

        yield one


def kept() -> list[int]:
    lines = [line.partition("#")[0].strip() for line in KEPT.read_text().splitlines()]
    return [int(line) for line in lines if line]


def test_a_seed_replays_exactly(play: Play) -> None:
    first = play(7)
    assert first == play(7)
    assert first.trace != play(8).trace


def test_a_copy_that_starts_beside_its_original_names_nothing_alike(tmp_path: Path) -> None:
    """Both count their starts from the same number: what one names must not be what a reader has of the other already."""
    home = tmp_path / "eva"
    Templates(tmp_path / "templates").profile("eva", 3, home)
    twin = shutil.copytree(home, tmp_path / "copy")
    named: list[set[str]] = []
    for nth, place in enumerate((home, twin)):
        one = Computer(player("eva"), Home(place), WrongClock(FrozenClock(BEGAN)), Chance(f"{nth}"), Books())
        named.append({one.desk.new_id() for _ in range(1_000)})
        one.close()
    assert not named[0] & named[1]


@pytest.mark.parametrize("seed", kept())
def test_what_broke_once_breaks_no_more(play: Play, seed: int) -> None:
    assert play(seed).broken == ()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_in_many_organisations(play: Play) -> None:
    assert [outcome for seed in range(1, 501) if (outcome := play(seed)).broken] == []


def nothing(*_: object, **__: object) -> None:
    return None


def too_soon(real: Any) -> Any:
    def acknowledge(page: WritePage, up_to: int, *rest: Any) -> int:
        return int(real(page, up_to + 1_000, *rest))

    return acknowledge


def exchanged(status: SyncStatus) -> bool:
    return status.last_exchange_at is not None


def in_clear(real: Any) -> Any:
    def sealed(packed: bytes, *rest: Any) -> Envelope:
        return replace(real(packed, *rest), body=expand(packed, NEWEST_DICTIONARY))

    return sealed


def last_comes_last(ops: Any) -> Any:
    return tuple(ops)


def back_to_one(real: Any) -> Any:
    """From the third envelope on: a head that is one from the beginning does not go back."""

    def lay(conn: Any, table: Any, *rows: Any, **named: Any) -> None:
        real(conn, table, *({**row, "head": 1} if row.get("head", 0) > 2 else row for row in rows), **named)

    return lay


def newest_decides(log: TrustLog, user: UserId, now: datetime) -> bool:
    return Role.ADMINISTRATOR in log.roles_of(user) and (
        log.heard is None or abs(now - log.heard) >= BEACON_EVERY
    )


PLANTED = [
    pytest.param(
        "I1", patch.object(vectors, "_were_others", lambda conn, named: False), 31, id="a cursor names no past"
    ),
    pytest.param("I1", patch.object(syncing, "notice_copy", nothing), 1, id="a copy is not noticed"),
    pytest.param("I3", patch.object(WritePage, "offer_again", nothing), 13, id="nothing is offered again"),
    pytest.param(
        "I11", patch.object(SyncStatus, "all_acknowledged", property(exchanged)), 1, id="what waits is not counted",
    ),
    pytest.param(
        "END", patch.object(WritePage, "acknowledge", too_soon(WritePage.acknowledge)), 1,
        id="acknowledged before it is there",
    ),
    pytest.param("I5", patch.object(merge, "_to_choose", lambda current: False), 4, id="no conflict is flagged"),
    pytest.param("I2", patch.object(vectors, "_were_others", lambda conn, named: False), 31, id="it was hidden"),
    pytest.param(
        "I7", patch.object(consenting, "standing_decision", lambda *_: Decision.PERMIT), 1,
        id="a denial counts for nothing",
    ),
    pytest.param(
        "I9", patch.object(leaving, "seal_packed", in_clear(leaving.seal_packed)), 1, id="sealed with nothing"
    ),
    pytest.param("I12", patch.object(merge, "_replaced", lambda ops: set()), 4, id="nothing is replaced"),
    pytest.param("I4", patch.object(merge, "_ordered", last_comes_last), 4, id="order decides"),
    pytest.param(
        "I6", patch.object(syncing, "_check_stay", nothing), 2, id="a fact goes to whoever names it",
    ),
    pytest.param("I6", patch.object(desks, "_check_window", nothing), 2, id="a window shows anybody"),
    pytest.param("I8", patch.object(TrustLog, "is_revoked", lambda *_: False), 1, id="nobody is revoked"),
    pytest.param("I10", patch.object(ingest, "lay", back_to_one(ingest.lay)), 1, id="a head goes back"),
    pytest.param("END", patch.object(tending, "_beacon_due", newest_decides), 1, id="signs answer each other"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(play: Play) -> set[int]:
    """The seeds, played without a bug first: what a process remembers of the first day is none of a bug's."""
    return {seed for seed in {param.values[2] for param in PLANTED} if not play(seed, 40).broken}  # type: ignore[misc]


@pytest.mark.parametrize(("name", "bug", "seed"), PLANTED)
def test_a_planted_bug_is_found(
    play: Play, sound: set[int], name: str, bug: AbstractContextManager[Any], seed: int
) -> None:
    assert seed in sound
    with bug:
        assert any(line.startswith(f"{name} ") for line in play(seed, 40).broken)


def test_the_command_says_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.manager.disable
    try:
        assert main(["--seed", "3", "--trace"]) == 0
    finally:
        logging.disable(before)
    said = capsys.readouterr().out
    assert "1 seeds, 0 broken" in said
    assert "exchanges" in said
