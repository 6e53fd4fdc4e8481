# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways through a relay, opened beforehand where there is time: over UDP, and beside it over TCP and TLS where that takes long."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from clinic.calls.relays import NEXT_WAY_S, OPEN_S, Way, judged, ways
from clinic.domain.record import Record
from clinic.media.doors import NotLetIn, Relayed, allocate
from clinic.protocol.engine import IceServer, RelayTold, RelayWord

log = logging.getLogger(__name__)
FINAL = (RelayWord.REFUSED, RelayWord.FULL)
"""What a relay says is the same by every way."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An allocation and the way in which it was got."""

    protocol: Relayed
    way: str
    at: float


class Relays:
    """One per engine. What was opened belongs to whoever takes it; the rest is given back."""

    def __init__(self, tell: Callable[[Record], None]) -> None:
        self._tell, self._servers = tell, tuple[IceServer, ...]()
        self._opening: asyncio.Task[Opened | None] | None = None
        self._said: RelayWord | None = None

    def ready(self, servers: tuple[IceServer, ...]) -> None:
        """Open a way through one of these now, unless it is being done; of none, let go."""
        if servers != self._servers:
            self._let_go()
            self._servers, self._said = servers, None
        if self._opening is None and self._said is not RelayWord.REFUSED and ways(servers):
            self._opening = asyncio.create_task(self._open(ways(servers)))

    @property
    def reachable(self) -> bool:
        """False once a relay did not answer at all: then nobody waits for it."""
        return self._said is not RelayWord.UNREACHABLE

    async def take(self, servers: tuple[IceServer, ...], within_s: float, fresh_s: float) -> Opened | None:
        """One that is not older than `fresh_s`, if there is one within `within_s`; what comes later is for the next."""
        patience = within_s if self.reachable or servers != self._servers else 0.0
        oldest = asyncio.get_running_loop().time() - fresh_s
        found = self._opening.result() if self._opening is not None and self._opening.done() else None
        if found is not None and (found.at < oldest or not found.protocol.lives):
            self._let_go()
        self.ready(servers)
        if (opening := self._opening) is None:
            return None
        await asyncio.wait([opening], timeout=patience)
        if not opening.done() or opening is not self._opening:
            return None
        self._opening, taken = None, opening.result()
        if taken is None and not self.reachable:
            self.ready(servers)  # for the attempt after this one
        return taken

    async def close(self) -> None:
        """Give back what nobody took."""
        opening, self._opening = self._opening, None
        if opening is not None:
            await _give_back(opening)

    def _let_go(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            task = asyncio.create_task(_give_back(opening, NEXT_WAY_S))
            _LEAVING.add(task)
            task.add_done_callback(_LEAVING.discard)

    async def _open(self, known: tuple[Way, ...]) -> Opened | None:
        loop, tries = asyncio.get_running_loop(), dict[asyncio.Task[Relayed], Way]()
        until, left, said = loop.time() + OPEN_S, list(known), RelayWord.UNREACHABLE
        try:
            while (left or tries) and said not in FINAL and loop.time() < until:
                if left:
                    way = left.pop(0)
                    tries[asyncio.create_task(_through(way))] = way
                patience = NEXT_WAY_S if left else until - loop.time()
                done, _ = await asyncio.wait(tries, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=lambda one: known.index(tries[one])):
                    way = tries.pop(task)
                    if (error := task.exception()) is None:
                        self._settle(RelayWord.OPEN, way.kind)
                        return Opened(task.result(), way.kind, loop.time())
                    if isinstance(error, NotLetIn):
                        said = judged(error.code)
                    elif not isinstance(error, OSError | ValueError):
                        raise error
        finally:
            await _stop(tries)
        self._settle(said)
        return None

    def _settle(self, said: RelayWord, way: str = "") -> None:
        log.info("relay: %s %s", said, way)
        self._said = said
        self._tell(RelayTold(state=said, way=way))


_LEAVING: set[asyncio.Task[None]] = set()


async def _through(way: Way) -> Relayed:
    tls = _believing(way.authority) if way.kind == "tls" else None
    transport = "udp" if way.kind == "udp" else "tcp"
    return await allocate((way.host, way.port), way.username, way.credential, transport, tls)


def _believing(authority: bytes) -> ssl.SSLContext:
    """By the clinic's own authority alone where it has one. TLS 1.2 is good enough for what is sealed already, and all that
    coturn 4.6 speaks with our certificates. Raises ValueError or SSLError for what is none."""
    context = ssl.create_default_context() if not authority else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    if authority:
        context.load_verify_locations(cadata=authority.decode("ascii"))
    return context


async def _give_back(opening: "asyncio.Task[Opened | None]", patience_s: float = 0.0) -> None:
    """Whoever asked and does not hear the answer has an allocation all the same, for minutes: so it is waited for."""
    if not opening.done() and patience_s:
        await asyncio.wait([opening], timeout=patience_s)
    if not opening.done():
        await _stop([opening])
    if not opening.cancelled() and opening.exception() is None and (found := opening.result()) is not None:
        await found.protocol.close()


async def _stop(tasks: "list[asyncio.Task[Opened | None]] | dict[asyncio.Task[Relayed], Way]") -> None:
    """Those that came through in the same moment are given back."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and task.exception() is None and isinstance(task.result(), Relayed):
            await task.result().close()  # type: ignore[union-attr]
