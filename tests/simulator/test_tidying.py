# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole organisations whose charts get snapshots all the time, and whose centre tidies up between any two steps: nothing that was
shown as saved is ever missing, on the computers of the first day or on one that comes when everything is over."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from clinic.services import snapshots
from clinic.sync import snapshots as rules
from simulator import world
from simulator.cast import Templates
from simulator.computer import Computer
from simulator.world import World, run
from sync_server import tidying
from sync_server.tidying import Tidied, tidy_up

SEEDS = range(6)


class Tidy(World):
    """A world in which old means at once."""

    done: list[Tidied]

    def _what(self) -> dict[Callable[[Computer], None], int]:
        return {**super()._what(), self._tidies: 12}

    def _tidies(self, one: Computer) -> None:
        done = asyncio.run(tidy_up(self.centre.desk))
        LET_GO.append(done)
        self.trace.append(f"    {done.told()}")

    def _rest(self) -> None:
        """Everybody meets, then the centre tidies up before the newcomer comes."""
        self.network.trouble.clear()
        for _ in range(6):
            self.clock.advance(3600)
            for one in self.computers.values():
                one.sync()
        self._tidies(next(iter(self.computers.values())))
        super()._rest()


LET_GO: list[Tidied] = []


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """A snapshot is due after four envelopes, however young; nothing has to lie anywhere first."""
    ever: Mapping[str, timedelta] = {"OLD": timedelta(0), "STANDS": timedelta(0)}
    long_ago = timedelta(days=-10_000)
    with (
        patch.object(world, "World", Tidy), patch.multiple(tidying, **ever), patch.object(tidying, "BEGINNING", 0),
        patch.object(snapshots, "MANY", 4), patch.object(rules, "MANY", 4), patch.object(rules, "SETTLED", long_ago),
        patch.object(rules, "TURN", timedelta(0)), patch.object(snapshots, "LOOKS", timedelta(0)),
    ):  # fmt: skip
        yield


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_missing(seed: int, templates: Templates, tmp_path: Path) -> None:
    outcome = run(seed, templates, tmp_path / "world")
    assert not outcome.broken, "\n".join((*outcome.broken, *outcome.trace))
