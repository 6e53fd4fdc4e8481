# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic of two clinicians behind a link: real profiles, a real server process."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TypeVar

import psutil

from clinic.bench.syncing.link import Link as Wire
from clinic.domain.clock import CentreClock, SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Fact
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join
from clinic.services.first_look import due
from clinic.services.founding import found_organization
from clinic.services.link import Link, exchange, exchange_now, remote_of
from clinic.services.sitting import open_desk
from clinic.services.syncing import Taken
from clinic.sync.pace import Pace
from clinic.transport.http import Remote

_PASSWORD = "una clave larga para medir"
_WAIT_S = 60.0
_UNDER_WAY_S, _LONGEST_S = 20.0, 120.0
T = TypeVar("T")


@dataclass
class Client:
    """A desk and its standing connection; its pace follows the link as in the program."""

    desk: Desk
    pace: Pace = field(default_factory=Pace)
    exchanges: int = 0
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _remote: Remote | None = None

    def sync(self) -> None:
        """Exchange until nothing moves. Raises Unavailable."""
        self._runner.run(self._all_of_it())

    def sync_through_cuts(self, tries: int = 1_000) -> int:
        """The same, going on after each cut; gives how often it had to. Raises Unavailable after `tries`."""
        for lost in range(tries):
            try:
                self.sync()
            except Unavailable:
                self.pace = self.pace.broken()
            else:
                return lost
        raise Unavailable("The link was cut too often.")

    def look(self) -> None:
        """Exchange until this new computer has seen what it looks at first, one look."""
        begun = due(self.desk)
        while begun is not None and (now := due(self.desk)) is not None and now.no == begun.no:
            self._runner.run(self._once())

    async def _once(self) -> Taken:
        remote = self._remote = self._remote or remote_of(self.desk)

        async def here(act: Callable[[], T]) -> T:
            return act()

        taken = await exchange(self.desk, remote, self.pace.budget, here, CentreClock(self.desk.clock))
        self.exchanges += 1
        self.pace = self.pace.carried(taken.moved, taken.took_s)
        return taken

    async def _all_of_it(self) -> None:
        while (taken := await self._once()).more or taken.sent:
            pass

    def hang_up(self) -> None:
        """The next exchange connects and logs in anew."""
        remote, self._remote = self._remote, None
        if remote is not None:
            self._runner.run(remote.close())

    def close(self) -> None:
        self.hang_up()
        self._runner.close()
        self.desk.close()


class Server:
    """The process, which may be started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "sync_server", "--data", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()

    def restart(self, meanwhile: Callable[[Path], None]) -> None:
        """Stop, do something with the book, start again on the same port."""
        self.stop()
        meanwhile(self.folder / "server.db")
        self._start()


@dataclass
class Measured:
    """The clinic: `a` and `b` work in one team."""

    folder: Path
    link: Wire
    server: Server
    station: Desk
    a: Client
    b: Client

    def cpu_s(self) -> float:
        """Seconds of processor the server has used."""
        times = psutil.Process(self.server.process.pid).cpu_times()
        return float(times.user + times.system)

    def peak_mb(self) -> float:
        """The most memory the server has held (Linux; elsewhere what it holds)."""
        status = Path(f"/proc/{self.server.process.pid}/status")
        if status.exists():
            return (
                next(
                    int(line.split()[1])
                    for line in status.read_text().splitlines()
                    if line.startswith("VmHWM")
                )
                / 1024
            )
        return float(psutil.Process(self.server.process.pid).memory_info().rss) / 2**20

    def newcomer(self, name: str) -> Client:
        """A computer that has just been admitted and holds nothing."""
        return Client(_enrol(self.station, self.folder / name, name))

    def arrives(self, fact: Fact, priority: int) -> float:
        """Both programs' own links at work on what waits: seconds from writing this at `a` until `b` has it, `inf` after
        two minutes."""
        sides = [Link(client.desk) for client in (self.a, self.b)]
        for side in sides:
            side.start()
        try:
            time.sleep(_UNDER_WAY_S)
            self.a.desk.write(fact, priority=priority)
            began = time.perf_counter()
            while (waited := time.perf_counter() - began) < _LONGEST_S:
                if self.b.desk.book.read(lambda page: page.fact(type(fact), fact.id)) is not None:
                    return waited
                time.sleep(0.02)
            return inf
        finally:
            for side in sides:
                side.stop()


@contextmanager
def clinic(folder: Path) -> Iterator[Measured]:
    """Founded and enrolled through the link, which is not shaped yet."""
    server = Server(folder / "server")
    try:
        link = Wire(server.port)
        try:
            yield from _founded(folder, link, server)
        finally:
            link.close()
    finally:
        server.stop()


def _founded(folder: Path, link: Wire, server: Server) -> Iterator[Measured]:
    url = f"http://127.0.0.1:{link.port}"
    station = found_organization(
        folder / "station", url, "Bench", "Ana Ruiz", _PASSWORD, "Station", SystemClock(), os.urandom
    )
    clients = [Client(_enrol(station, folder / name, name)) for name in ("Lucía Paz", "Omar Sosa")]
    try:
        for desk in (station, *(one.desk for one in clients)):
            exchange_now(desk)
        yield Measured(folder, link, server, station, *clients)
    finally:
        for client in clients:
            client.close()
        station.close()


def _enrol(station: Desk, home: Path, name: str) -> Desk:
    code = invite(station, Role.CLINICIAN, DeviceKind.DESKTOP)
    joining = join(home, code, name, _PASSWORD, name, SystemClock(), os.urandom)
    waiter = threading.Thread(target=joining.wait, args=(_WAIT_S,))
    waiter.start()
    admit(station, lambda newcomer: newcomer.digits == joining.digits, _WAIT_S)
    waiter.join()
    return open_desk(home, _PASSWORD, SystemClock(), os.urandom)
