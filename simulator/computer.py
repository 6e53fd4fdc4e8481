# SPDX-License-Identifier: GPL-3.0-or-later
"""One computer of a simulated organisation: the real desk, the real machine that says when to exchange, and its edge."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from clinic.domain.clock import CentreClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import OpId
from clinic.protocol.codec import encode
from clinic.protocol.op import Op
from clinic.services.desks import Desk, Written
from clinic.services.link import exchange, remote_of, sync_status
from clinic.services.restores import begin_anew
from clinic.services.streaming import Stream
from clinic.services.tending import tend
from clinic.store.book import Book
from clinic.store.home import Home
from clinic.sync.machine import (
    Connected,
    Event,
    Exchange,
    ExchangeDone,
    ExchangeFailed,
    Failure,
    State,
    WaitUntil,
    start,
    step,
)
from clinic.sync.status import SyncStatus
from simulator.cast import Player
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.disk import image, lives_on

T = TypeVar("T")
MOST_EXCHANGES = 200
"""In one go: whoever makes more goes on for ever."""


class EndlessSync(Exception):
    """A computer that goes on exchanging though nothing changes."""


@dataclass
class Books:
    """What all computers together ever wrote. `made`: op -> its bytes; `saved`: op -> computer, once it was shown as saved."""

    made: dict[OpId, bytes] = field(default_factory=dict)
    ops: dict[OpId, Op] = field(default_factory=dict)
    saved: dict[OpId, str] = field(default_factory=dict)
    let_go: set[OpId] = field(default_factory=set)
    """Lost with a disk before anybody else had them."""
    never: set[OpId] = field(default_factory=set)
    """Made by a program that errs: nobody may hold them."""


class Computer:
    """Started when made."""

    def __init__(
        self, player: Player, home: Home, clock: WrongClock, chance: Chance, books: Books, name: str = ""
    ) -> None:
        self.player, self.home, self.clock, self.chance, self._books = player, home, clock, chance, books
        self.name = name or player.name
        self.status = SyncStatus()
        self.machine: State = start()
        self.wakes_at: float | None = None
        self._start()

    def _start(self) -> None:
        self.book = Book.open(self.home.book, self.player.store_key)
        self.desk = Desk(self.home, self.book, self.player.opened, self.clock, self.chance)
        _witness(self.desk, self.name, self._books)
        self.remote = remote_of(self.desk)
        self.centre_clock, self.stream = CentreClock(self.clock), Stream(self.clock)
        self.machine, self.wakes_at = start(sync_status(self.desk)), None

    def close(self) -> None:
        self.desk.close()

    def dies(self, to: Path) -> None:
        """The process is gone, the disk is not: it starts again from what lies there."""
        if not to.exists():
            image(self.home, to)
        self._leave()
        self.home = Home(to)
        self._start()

    def comes_back(self, copy: Path, why: str = "simulated") -> None:
        """From an earlier copy of its disk, as `posta station restore` does it."""
        self._leave()
        self.home = Home(copy)
        begin_anew(self.home, self.player.store_key, self.clock, self.chance, why)
        self._start()

    def logs_out(self) -> None:
        """The next exchange begins with a session of its own."""
        self.remote = remote_of(self.desk)

    def _leave(self) -> None:
        lives_on(self.book)
        self.book.__dict__.pop("write", None)
        self.book.__dict__.pop("read", None)
        self.desk.close()

    @property
    def dead(self) -> bool:
        return "write" in self.book.__dict__

    # exchanging

    def sync(self, event: Event | None = None) -> int:
        """What the machine makes of an event, until it rests; how many exchanges that were."""
        event = event or Connected(self.clock.monotonic())
        done = 0
        while event is not None:
            self.machine, effects = step(self.machine, event, self.chance.fraction())
            event = None
            for effect in effects:
                match effect:
                    case Exchange(budget):
                        done += 1
                        event = self._exchanged(budget)
                    case WaitUntil(at):
                        self.wakes_at = at
            if done > MOST_EXCHANGES:
                raise EndlessSync(self.name)
        return done

    def _exchanged(self, budget: int) -> Event:
        """As `clinic.services.link.Link` does it."""
        now = self.clock.monotonic()
        try:
            taken = asyncio.run(
                exchange(self.desk, self.remote, budget, _on_store, self.centre_clock, self.stream)
            )
            if self.desk.person is not None:
                tend(self.desk)
            self.status = sync_status(self.desk, online=True)
        except Unavailable:
            self.stream.broken()
            return ExchangeFailed(now, Failure.UNREACHABLE)
        except Refusal:
            return ExchangeFailed(now, Failure.REFUSED)
        more = taken.more or (self.status.waiting > 0 and taken.sent)
        return ExchangeDone(
            now, replace(self.status, ahead_s=self.centre_clock.ahead_s), more, taken.moved, 1.0
        )

    # what it holds

    def bodies(self) -> dict[OpId, tuple[bytes, int, int]]:
        """Op -> (bytes, what it is to its fact, whether that is in conflict)."""
        rows = self.book.read(lambda page: page._all("SELECT id, body, state, conflict FROM op"))
        return {OpId(row[0]): (bytes(row[1]), int(row[2]), int(row[3])) for row in rows}

    def holds(self) -> int:
        """How many ops."""
        return int(self.book.read(lambda page: page._all("SELECT count(*) FROM op"))[0][0])


async def _on_store(act: Callable[[], T]) -> T:
    return act()


def _witness(desk: Desk, name: str, books: Books) -> None:
    """Note every op that is made, and those whose writing was told to be done."""
    make, write = desk._op, desk.write_within

    def made(*args: Any, **named: Any) -> Op:
        op = make(*args, **named)
        books.made[op.id], books.ops[op.id] = encode(op), op
        return op

    def written(*args: Any, **named: Any) -> Written:
        done = write(*args, **named)
        books.saved.update(dict.fromkeys(done.ops, name))
        return done

    desk._op, desk.write_within = made, written  # type: ignore[method-assign]
