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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeVar

from clinic.bench.syncing.link import Link as Wire
from clinic.bench.syncing.lossy import LossyLink
from clinic.bench.syncing.processes import end, family_peak_mb, family_s
from clinic.domain.clock import CentreClock, SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Fact
from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join
from clinic.services.first_look import due
from clinic.services.founding import found_organization
from clinic.services.link import Link, authority_of, authority_text, exchange, exchange_now, remote_of
from clinic.services.sitting import open_desk
from clinic.services.streaming import Stream
from clinic.services.syncing import Taken
from clinic.sync.pace import Pace
from clinic.transport.http import Remote
from clinic.transport.loop import NetLoop
from clinic.transport.socket import Doorbell

_PASSWORD = "una clave larga para medir"
_WAIT_S = 60.0
_UNDER_WAY_S, _LONGEST_S = 20.0, 120.0
T = TypeVar("T")


class Client:
    """A desk and its standing connection, with its doorbell once it listens; its pace follows the link as in the program."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.pace, self.exchanges = desk, Pace(), 0
        self._stream, self._loop = Stream(desk.clock), NetLoop()
        self._store = ThreadPoolExecutor(1)
        self._remote: Remote | None = None
        self._bell: Doorbell | None = None
        self._up = threading.Event()
        self._loop.start()

    def listen(self) -> None:
        """As the program does all the time: from now on the centre says what it has. Raises Unavailable."""
        self._loop.submit(self._listen()).result()
        if not self._up.wait(_WAIT_S):
            raise Unavailable("The doorbell was not answered.")

    async def _listen(self) -> None:
        remote = self._remote = self._remote or remote_of(self.desk)
        self._bell = Doorbell(remote.url, remote.token, self, authority_of(self.desk))
        await self._bell.start()

    def sync(self) -> None:
        """Exchange until nothing moves. Raises Unavailable."""
        self._loop.submit(self._all_of_it()).result()

    def sync_through_cuts(self, tries: int = 1_000) -> int:
        """The same, going on after each cut; gives how often it had to. Raises Unavailable after `tries`."""
        for lost in range(tries):
            try:
                self.sync()
            except Unavailable:
                self.pace = self.pace.broken()
                self._stream.broken()
            else:
                return lost
            if self._bell is not None:
                self._up.wait(_WAIT_S)
        raise Unavailable("The link was cut too often.")

    def look(self) -> None:
        """Exchange until this new computer has seen what it looks at first, one look."""
        begun = due(self.desk)
        while begun is not None and (now := due(self.desk)) is not None and now.no == begun.no:
            self._loop.submit(self._once()).result()

    async def _once(self) -> Taken:
        remote = self._remote = self._remote or remote_of(self.desk)

        async def on_store(act: Callable[[], T]) -> T:
            return await asyncio.get_running_loop().run_in_executor(self._store, act)

        clock = CentreClock(self.desk.clock)
        taken = await exchange(self.desk, remote, self.pace.budget, on_store, clock, self._stream)
        self.exchanges += 1
        self.pace = self.pace.carried(taken.moved, taken.took_s)
        return taken

    async def _all_of_it(self) -> None:
        while (taken := await self._once()).more or taken.sent:
            pass

    def hang_up(self) -> None:
        """The next exchange connects and logs in anew."""
        self._loop.submit(self._hang_up()).result()

    async def _hang_up(self) -> None:
        remote, self._remote = self._remote, None
        bell, self._bell = self._bell, None
        if bell is not None:
            await bell.stop()
        if remote is not None:
            await remote.close()

    def close(self) -> None:
        self.hang_up()
        self._loop.stop()
        self._store.shutdown()
        self.desk.close()

    # the doorbell's listener: an exchange that is under way has no use for the others

    def on_state(self, online: bool) -> None:
        self._stream.heard_by(online)
        (self._up.set if online else self._up.clear)()

    def on_had(self, env_no: int) -> None:
        self._stream.had(env_no)

    def on_letter(self, sender: DeviceId, blob: bytes) -> None: ...
    def on_bell(self, scope: ScopeId, seq: int, urgent: tuple[bytes, ...]) -> None: ...
    def on_trust(self, position: int) -> None: ...
    def on_presence(self, device: DeviceId, online: bool) -> None: ...


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
        end(self.process)

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
    air: LossyLink | None = None

    def cpu_s(self) -> float:
        """Seconds of processor the server has used."""
        return family_s(self.server.process.pid)

    def peak_mb(self) -> float:
        """The most memory the server has held."""
        return family_peak_mb(self.server.process.pid)

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
def clinic(folder: Path, lossy: bool = False, tls: bool = False) -> Iterator[Measured]:
    """Founded and enrolled through the link, which is not shaped yet. `lossy`: real TCP over a link that can lose packets lies
    behind it (raises Unavailable where that cannot be had); `tls`: the centre has a certificate of the clinic's own authority."""
    home = folder / "server"
    code, authority = _set_up(home) if tls else ("", b"")
    with ExitStack() as ending:
        server = Server(home)
        ending.callback(server.stop)
        air = LossyLink(server.port) if lossy else None
        if air:
            ending.callback(air.close)
        link = Wire(air.port if air else server.port)
        ending.callback(link.close)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{link.port}"
        with _founded(folder, url, code, authority) as (station, clients):
            yield Measured(folder, link, server, station, *clients, air)


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
