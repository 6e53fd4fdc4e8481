# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic of two clinicians behind a link: real profiles, a real server process."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TypeVar

import psutil

from clinic.bench.syncing.link import Link as Wire
from clinic.bench.syncing.lossy import LossyLink
from clinic.domain.clock import CentreClock, SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Fact
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join
from clinic.services.founding import found_organization
from clinic.services.link import Link, authority_text, exchange, exchange_now, remote_of
from clinic.services.sitting import open_desk
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

    async def _all_of_it(self) -> None:
        remote = self._remote = self._remote or remote_of(self.desk)

        async def here(act: Callable[[], T]) -> T:
            return act()

        while True:
            taken = await exchange(self.desk, remote, self.pace.budget, here, CentreClock(self.desk.clock))
            self.exchanges += 1
            self.pace = self.pace.carried(taken.moved, taken.took_s)
            if not (taken.more or taken.sent):
                return

    def hang_up(self) -> None:
        """The next exchange connects and logs in anew."""
        remote, self._remote = self._remote, None
        if remote is not None:
            self._runner.run(remote.close())

    def close(self) -> None:
        self.hang_up()
        self._runner.close()
        self.desk.close()


@dataclass
class Measured:
    """The clinic: `a` and `b` work in one team."""

    folder: Path
    link: Wire
    server: psutil.Process
    station: Desk
    a: Client
    b: Client
    air: LossyLink | None = None

    def cpu_s(self) -> float:
        """Seconds of processor the server has used."""
        times = self.server.cpu_times()
        return float(times.user + times.system)

    def peak_mb(self) -> float:
        """The most memory the server has held (Linux; elsewhere what it holds)."""
        status = Path(f"/proc/{self.server.pid}/status")
        if status.exists():
            return (
                next(
                    int(line.split()[1])
                    for line in status.read_text().splitlines()
                    if line.startswith("VmHWM")
                )
                / 1024
            )
        return float(self.server.memory_info().rss) / 2**20

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
def clinic(folder: Path, lossy: bool = False, tls: bool = False) -> Iterator[Measured]:
    """Founded and enrolled through the link, which is not shaped yet. `lossy`: real TCP over a link that can lose packets lies
    behind it (raises Unavailable where that cannot be had); `tls`: the centre has a certificate of the clinic's own authority."""
    home = folder / "server"
    code, authority = _set_up(home) if tls else ("", b"")
    command = [sys.executable, "-m", "sync_server", "--data", str(home), "--port", "0"]
    with ExitStack() as ending:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ending.callback(server.communicate)
        ending.callback(server.terminate)
        assert server.stdout is not None
        port = int(server.stdout.readline().rsplit(":", 1)[1])
        air = LossyLink(port) if lossy else None
        if air:
            ending.callback(air.close)
        link = Wire(air.port if air else port)
        ending.callback(link.close)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{link.port}"
        with _founded(folder, url, code, authority) as (station, clients):
            yield Measured(folder, link, psutil.Process(server.pid), station, *clients, air)


def _set_up(home: Path) -> tuple[str, bytes]:
    """The founding code, and the authority in PEM form."""
    command = [sys.executable, "-m", "sync_server", "init", "--data", str(home), "--own-certificate"]
    done = subprocess.run([*command, "--name", "127.0.0.1"], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    return said["founding_code"], Path(said["authority"]).read_bytes()


@contextmanager
def _founded(
    folder: Path, url: str, code: str, authority: bytes
) -> Iterator[tuple[Desk, tuple[Client, Client]]]:
    station = found_organization(
        folder / "station", url, "Bench", "Ana Ruiz", _PASSWORD, "Station", SystemClock(), os.urandom,
        authority=authority, code=code,
    )  # fmt: skip
    with ExitStack() as ending:
        ending.callback(station.close)
        clients = [Client(_enrol(station, folder / name, name)) for name in ("Lucía Paz", "Omar Sosa")]
        for client in clients:
            ending.callback(client.close)
        for desk in (station, *(one.desk for one in clients)):
            exchange_now(desk)
        yield station, (clients[0], clients[1])


def _enrol(station: Desk, home: Path, name: str) -> Desk:
    code = invite(station, Role.CLINICIAN, DeviceKind.DESKTOP)
    joining = join(home, code, name, _PASSWORD, name, SystemClock(), os.urandom, authority_text(station))
    waiter = threading.Thread(target=joining.wait, args=(_WAIT_S,))
    waiter.start()
    admit(station, lambda newcomer: newcomer.digits == joining.digits, _WAIT_S)
    waiter.join()
    return open_desk(home, _PASSWORD, SystemClock(), os.urandom)
