# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed: a world, so many things that happen in it, rest, and what must be so then."""

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from simulator.chance import Chance
from simulator.computer import EndlessSync
from simulator.events import EVENTS
from simulator.first_day import FirstDays
from simulator.invariants import broken
from simulator.network import Network, standing_in
from simulator.remembered import remembering
from simulator.world import World

LENGTHS = {20: 2, 40: 1}
"""Steps of a seed, and how often: most things that break need few, some need more."""
ROUNDS = 12


@dataclass(frozen=True)
class Outcome:
    """`broken`: what did not hold; `trace`: what happened, a line each."""

    seed: int
    broken: tuple[str, ...]
    trace: tuple[str, ...]


def run(seed: int, days: FirstDays, folder: Path, steps: int | None = None) -> Outcome:
    """Play a seed in an empty folder, which is taken away; so many steps of it, or as many as it says."""
    network = Network()
    with standing_in(network), remembering(), _uncollected():
        world = World(seed, days, folder, network)
        try:
            wrong = _played(world, steps or Chance(f"length {seed}").weighed(LENGTHS))
        finally:
            world.close()
            shutil.rmtree(folder, ignore_errors=True)
    return Outcome(seed, wrong, tuple(world.trace))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rings of objects wait for the end of a seed: looking for them all the time is a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _played(world: World, steps: int) -> tuple[str, ...]:
    try:
        for nth in range(steps):
            world.clock.advance(1 + world.chance.below(900))
            _step(world, nth)
        _rest(world)
    except EndlessSync as endless:
        return (f"END {endless} exchanges for ever",)
    return tuple(broken(world))


def _step(world: World, nth: int) -> None:
    what = world.chance.weighed(EVENTS)
    one = world.chance.one_of(list(world.computers.values()))
    world.trace.append(f"{nth:3} {what.__name__} {one.name}")
    try:
        what(world, one)
    except (Refusal, Unavailable) as no:
        world.say(f"{type(no).__name__}: {no}")


def _rest(world: World) -> None:
    """Nothing goes wrong any more: everybody exchanges until nothing new comes to lie at the centre, and once more moves
    nothing."""
    world.network.trouble.clear()
    world.newcomer_comes()
    if (
        world.network.lied
    ):  # whoever keeps the server has put it right, and says so: all is asked for once more
        world.centre_is_put_back(world.centre.renew_epoch)
    lies = None
    for _ in range(ROUNDS):
        before, lies = lies, _round(world)
        if lies == before:
            return _once_more(world, lies)
    raise EndlessSync("everybody")


def _round(world: World) -> object:
    """Everybody exchanges; what lies at the centre then."""
    world.clock.advance(3600)
    for one in world.computers.values():
        one.sync()
        world.heard(one)
    return _lies(world)


def _once_more(world: World, lies: object) -> None:
    one = world.chance.one_of(list(world.computers.values()))
    held = one.holds()
    one.sync()
    if (_lies(world), one.holds()) != (lies, held):
        raise EndlessSync("everybody")


def _lies(world: World) -> object:
    return world.centre.heads(), world.centre.desk.log.position
