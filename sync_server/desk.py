# SPDX-License-Identifier: GPL-3.0-or-later
"""What every route has at hand: the book, the trust log as folded so far, clock, chance, sessions and
limits."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from starlette.requests import Request

from clinic.domain.clock import Clock, Random
from clinic.domain.ids import DeviceId
from clinic.keys.roster import TrustLog
from clinic.keys.trust import EMPTY, follow
from clinic.protocol.island import IslandPaper
from clinic.protocol.sync import FaultNumber
from sync_server.access import Rights, Standing
from sync_server.attachments import OnDisk, Place
from sync_server.book.port import Rung
from sync_server.book.thread import BookThread
from sync_server.limits import Bucket, kind_of_address, neighbourhood
from sync_server.relay import Relay
from sync_server.routes.answers import Denied
from sync_server.tally import Tally

SESSION_HOURS = 12
TOKEN_BYTES = 24
"""Of chance in a session's token: 32 letters that every request carries."""
NONCE_SECONDS = 60
_MOST_NONCES = 10_000
_TOO_MANY = "Too many requests at once. Wait a moment."


class Bells(Protocol):
    """Who rings: `sync_server.realtime`, or nobody."""

    async def ring(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        """Something new in these scopes, for everybody who may read them but the writer."""
        ...

    async def had(self, device: DeviceId, env_no: int) -> None:
        """Of what it is just sending, everything up to that number is durable."""
        ...

    async def trust(self, position: int) -> None:
        """The trust log has grown."""
        ...

    async def hang_up(self, device: DeviceId) -> None:
        """Its session is over."""
        ...

    async def stopping(self) -> None:
        """This server is about to stop."""
        ...

    def links(self) -> int:
        """How many links of devices there are."""
        ...


class Silence:
    """Rings for nobody."""

    async def ring(self, rung: tuple[Rung, ...], writer: DeviceId) -> None:
        """Nothing."""

    async def had(self, device: DeviceId, env_no: int) -> None:
        """Nothing."""

    async def trust(self, position: int) -> None:
        """Nothing."""

    async def hang_up(self, device: DeviceId) -> None:
        """Nothing."""

    async def stopping(self) -> None:
        """Nothing."""

    def links(self) -> int:
        """None."""
        return 0


@dataclass(slots=True)
class Desk:
    """The server's state between two requests; everything that must last is in the book."""

    book: BookThread
    clock: Clock
    random: Random
    folder: Path
    log: TrustLog = EMPTY
    founding_code: str = ""
    """What whoever founds must know; '' asks nobody."""
    place: Place = field(init=False)
    """Where whole attachments lie."""
    relay: Relay | None = None
    """The clinic's relay of calls, if it has one."""
    island: IslandPaper | None = None
    """What it shows, where it serves a clinic's own network."""
    certificate: bytes = b""
    """`certificate_mark` of the one it shows; b'' where it does not speak TLS itself."""
    bells: Bells = field(default_factory=Silence)
    trust_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    nonces: dict[bytes, float] = field(default_factory=dict)
    came_from: dict[DeviceId, str] = field(default_factory=dict)
    """Where each device last asked from, roughly; since this server started."""
    tally: Tally = field(default_factory=Tally)
    metrics_key: str = field(default="", repr=False)
    under_way: int = 0
    """Requests that are not answered yet."""
    stopping: bool = False
    """What is under way is finished; nothing new begins."""
    knocks: Bucket = field(init=False)
    """Challenges, sessions and mailboxes, per address."""
    exchanges: Bucket = field(init=False)
    """Everything with a session, per device."""
    letters: Bucket = field(init=False)
    guesses: Bucket = field(init=False)
    """One-time codes, per kiosk."""
    relays: Bucket = field(init=False)
    """Leave to open the relay of calls, per device."""
    _standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        self.place = OnDisk(self.folder / "attachments")
        self.knocks = Bucket(self.clock, rate=10, burst=60)
        self.exchanges = Bucket(self.clock, rate=50, burst=300)
        self.letters = Bucket(self.clock, rate=30, burst=150)
        self.guesses = Bucket(self.clock, rate=1 / 60, burst=5)
        self.relays = Bucket(self.clock, rate=1 / 10, burst=6)
        self._standing = Standing(self.log)

    @property
    def standing(self) -> Standing:
        """Everybody's rights under the log of this moment."""
        if self._standing.log is not self.log:
            self._standing = Standing(self.log)
        return self._standing

    def rights(self, device: DeviceId) -> Rights | None:
        """What a device may do at this moment; None for one the log does not know."""
        return self.standing.of(device)

    def read_trust(self) -> None:
        """Folds the log in the book anew. Raises Distrust if the book was tampered with."""
        self.log = follow(EMPTY, 0, self.book.at_start(lambda book: book.statements(0)))

    # sessions

    def new_nonce(self) -> bytes:
        """32 bytes to sign, good once within a minute. Raises Denied while too many are out."""
        now = self.clock.monotonic()
        if len(self.nonces) >= _MOST_NONCES:
            self.nonces = {n: until for n, until in self.nonces.items() if until > now}
        if len(self.nonces) >= _MOST_NONCES:
            raise Denied(FaultNumber.TOO_MANY, _TOO_MANY)
        nonce = self.random(32)
        self.nonces[nonce] = now + NONCE_SECONDS
        return nonce

    def spend_nonce(self, nonce: bytes) -> bool:
        """True once for each nonce given out in the last minute."""
        until = self.nonces.pop(nonce, None)
        return until is not None and until > self.clock.monotonic()

    async def catch_up(self) -> None:
        """Takes over what other servers on the same book have laid down in the trust log."""
        known = len(self.log.statements)
        if new := await self.book.ask(lambda book: book.statements(known)):
            await self._follow(known, new)

    async def _follow(self, first: int, new: tuple[bytes, ...]) -> None:
        """Takes over what another server on the same book has laid down: a revocation counts at once, everywhere."""
        async with self.trust_turn:
            if len(self.log.statements) == first:
                self.log = await asyncio.to_thread(follow, self.log, first, new)

    async def open_session(self, device: DeviceId) -> tuple[str, timedelta]:
        """A token, of which the book keeps only a hash."""
        token, life = urlsafe_b64encode(self.random(TOKEN_BYTES)).decode(), timedelta(hours=SESSION_HOURS)
        expires_at = self.clock.now() + life
        await self.book.ask(lambda book: book.keep_session(token_hash(token), device, expires_at))
        return token, life

    async def live_sessions(self) -> dict[DeviceId, datetime]:
        """Device -> since when the oldest of its sessions is open."""
        now, life = self.clock.now(), timedelta(hours=SESSION_HOURS)
        over = await self.book.ask(lambda book: book.live_sessions(now))
        return {device: until - life for device, until in over.items()}

    async def end_sessions(self, device: DeviceId) -> None:
        """It hangs up, and must prove its key anew."""
        await self.book.ask(lambda book: book.end_sessions(device))
        await self.bells.hang_up(device)

    async def device_of(self, token: str) -> Rights | None:
        """Whose token this is and what it may do; None for no session."""
        now, known = self.clock.now(), len(self.log.statements)
        device, new = await self.book.ask(lambda book: book.caller(token_hash(token), now, known))
        if new:
            await self._follow(known, new)
        return self.rights(device) if device is not None else None

    async def rights_for(self, request: Request) -> Rights:
        """The rights of the caller's session. Raises Denied."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        rights = await self.device_of(token) if token else None
        if rights is None:
            self.knock(request)
            raise Denied(FaultNumber.NOT_LOGGED_IN, "This session is over. Connect again.")
        self.came_from[rights.device] = kind_of_address(request.client.host if request.client else "")
        if not self.exchanges.take(rights.device):
            raise Denied(FaultNumber.TOO_MANY, _TOO_MANY)
        return rights

    async def live_rights(self, request: Request) -> Rights:
        """The same, and not revoked. Raises Denied."""
        rights = await self.rights_for(request)
        if rights.revoked:
            raise Denied(FaultNumber.NOT_ALLOWED, "This device was revoked. Ask an administrator.")
        return rights

    async def staff_rights(self, request: Request) -> Rights:
        """The same for a device of the staff. Raises Denied."""
        rights = await self.live_rights(request)
        if not rights.staff:
            raise Denied(FaultNumber.NOT_ALLOWED, "Only a computer of the staff may do this.")
        return rights

    def knock(self, request: Request) -> None:
        """Counts a request without a session. Raises Denied."""
        if not self.knocks.take(neighbourhood(request.client.host if request.client else "")):
            raise Denied(FaultNumber.TOO_MANY, _TOO_MANY)


def token_hash(token: str) -> bytes:
    """What the book keeps of a token."""
    return blake2b(token.encode(), digest_size=32, person=b"posta session").digest()


def desk_of(request: Request) -> Desk:
    """The desk of the application that serves this request."""
    desk = request.app.state.desk
    if not isinstance(desk, Desk):
        raise TypeError("the application has no desk")
    return desk
