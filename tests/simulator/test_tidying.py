# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole organisations whose charts get snapshots all the time, and whose centre tidies up between any two steps: nothing that was
shown as saved is ever missing, on the computers of the first day or on one that comes when everything is over."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from clinic.services import snapshots
from clinic.sync import snapshots as rules
from simulator import play
from simulator.cast import Templates
from simulator.computer import Computer
from simulator.first_day import FirstDays
from simulator.world import World
from sync_server import tidying
from sync_server.tidying import Tidied, tidy_up

LET_GO: list[Tidied] = []
_rest, _round = play._rest, play._round


def tidies(world: World, one: Computer) -> None:
    done = asyncio.run(tidy_up(world.centre.desk))
    LET_GO.append(done)
    world.say(str(done.told()))


def round_after_round(world: World) -> object:
    """A snapshot is made with one exchange and leaves with the next, and colleagues attest it with theirs."""
    return [_round(world) for _ in range(4)][-1]


def met_and_tidied(world: World) -> None:
    """Everybody meets, then the centre tidies up before the newcomer comes, if she is not here yet."""
    world.network.trouble.clear()
    for _ in range(6):
        world.clock.advance(3600)
        for one in world.computers.values():
            one.sync()
    tidies(world, one)
    _rest(world)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> FirstDays:
    return FirstDays(Templates(tmp_path_factory.mktemp("templates")))


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """A snapshot is due after four envelopes, however young; nothing has to lie anywhere first."""
    ever: Mapping[str, timedelta] = {"OLD": timedelta(0), "STANDS": timedelta(0)}
    long_ago, before = timedelta(days=-10_000), logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with (
        patch.dict(play.EVENTS, {tidies: 12}), patch.object(play, "_rest", met_and_tidied),
        patch.object(play, "_round", round_after_round),
        patch.multiple(tidying, **ever), patch.object(tidying, "BEGINNING", 0),
        patch.object(snapshots, "MANY", 4), patch.object(rules, "MANY", 4), patch.object(rules, "SETTLED", long_ago),
        patch.object(rules, "TURN", timedelta(0)), patch.object(snapshots, "LOOKS", timedelta(0)),
    ):  # fmt: skip
        yield
    logging.disable(before)


def test_nothing_is_missing(days: FirstDays, tmp_path: Path) -> None:
    for seed in range(100, 112):
        outcome = play.run(seed, days, tmp_path / "world")
        assert not outcome.broken, "\n".join((*outcome.broken, *outcome.trace))
    assert sum(one.envelopes for one in LET_GO) > 30
