# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole organisations by seed. Each invariant is shown to fail once, by a bug planted in the engine."""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from clinic.domain.facts import Decision
from clinic.keys import consenting
from clinic.keys.packing import NEWEST_DICTIONARY, expand
from clinic.protocol.envelope import Envelope
from clinic.services import leaving
from clinic.store.writing import WritePage
from clinic.sync import merge
from simulator.__main__ import main
from simulator.cast import Templates
from simulator.world import Outcome, run
from sync_server.book import vectors

MEMORY = Path("/dev/shm")
KEPT = Path(__file__).with_name("seeds.txt")
Play = Callable[..., Outcome]


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Plays a seed."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        templates = Templates(Path(folder) / "templates")

        def one(seed: int, steps: int = 40) -> Outcome:
            before = logging.root.manager.disable
            logging.disable(logging.CRITICAL)
            try:
                return run(seed, templates, Path(folder) / f"seed-{seed}", steps)
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


@pytest.mark.parametrize("seed", kept())
def test_what_broke_once_breaks_no_more(play: Play, seed: int) -> None:
    assert play(seed).broken == ()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_in_many_organisations(play: Play) -> None:
    assert [outcome for seed in range(1, 151) if (outcome := play(seed)).broken] == []


def nothing(*_: object, **__: object) -> None:
    return None


def too_soon(real: Any) -> Any:
    def acknowledge(page: WritePage, up_to: int, *rest: Any) -> int:
        return int(real(page, up_to + 1_000, *rest))

    return acknowledge


def in_clear(real: Any) -> Any:
    def sealed(packed: bytes, *rest: Any) -> Envelope:
        return replace(real(packed, *rest), body=expand(packed, NEWEST_DICTIONARY))

    return sealed


def last_comes_last(ops: Any) -> Any:
    return tuple(ops)


PLANTED = [
    pytest.param(
        "I1", patch.object(vectors, "_were_others", lambda conn, named: False), [56], id="a cursor names no past"
    ),
    pytest.param("I3", patch.object(WritePage, "offer_again", nothing), [3], id="nothing is offered again"),
    pytest.param(
        "I11", patch.object(WritePage, "acknowledge", too_soon(WritePage.acknowledge)), [4],
        id="acknowledged before it is there",
    ),
    pytest.param("I5", patch.object(merge, "_to_choose", lambda current: False), [3], id="no conflict is flagged"),
    pytest.param("I2", patch.object(vectors, "_were_others", lambda conn, named: False), [56], id="it was hidden"),
    pytest.param(
        "I7", patch.object(consenting, "standing_decision", lambda *_: Decision.PERMIT), [3],
        id="a denial counts for nothing",
    ),
    pytest.param(
        "I9", patch.object(leaving, "seal_packed", in_clear(leaving.seal_packed)), [1], id="sealed with nothing"
    ),
    pytest.param("I12", patch.object(merge, "_replaced", lambda ops: set()), [7], id="nothing is replaced"),
    pytest.param("I4", patch.object(merge, "_ordered", last_comes_last), [3], id="order decides"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug", "seeds"), PLANTED)
def test_a_planted_bug_is_found(
    play: Play, name: str, bug: AbstractContextManager[Any], seeds: Iterable[int]
) -> None:
    with bug:
        assert any(line.startswith(name) for seed in seeds for line in play(seed).broken)


def test_the_command_says_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.manager.disable
    try:
        assert main(["--seed", "3", "--trace"]) == 0
    finally:
        logging.disable(before)
    said = capsys.readouterr().out
    assert "1 seeds, 0 broken" in said
    assert "exchanges" in said
