# SPDX-License-Identifier: GPL-3.0-or-later
"""The network between the computers and the centre: requests reach the centre's real routes in this process, or do not.

It stands where httpx keeps its sockets (`standing_in`); all above that is the real client.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from unittest.mock import patch

import httpx

from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.squeezed import squeezed, unsqueezed
from clinic.protocol.sync import Session, SyncResponse
from clinic.store import book as store_book
from simulator.disk import AtOnce
from simulator.turns import InPlace, at_once
from sync_server.book import thread

_MOST = 64 * 1024 * 1024


class Trouble(StrEnum):
    """What becomes of one exchange."""

    NONE = "none"
    NO_LINK = "no link"
    CUT_ASKING = "cut while asking"
    CUT_ANSWERING = "cut while answering"
    HALF_OPEN = "half open"
    """It arrives and is carried out; nobody hears of it, until the client's own patience is over."""
    LATE = "late"
    """Given up here; it arrives after others that were sent later."""
    TWICE = "twice"


@dataclass
class Sent:
    """A request as it left."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass
class Network:
    """`app` is the centre as it runs now. `seen`: all that travelled, unpacked, for the canary."""

    app: Any = None
    trouble: dict[str, tuple[Trouble, float]] = field(default_factory=dict)
    """Computer -> what becomes of its next exchange, and at which part of the bytes."""
    late: list[Sent] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    meanwhile: dict[int, Callable[[], None]] = field(default_factory=dict)
    """What is called once while an exchange is under way: before the so manieth request from now reaches the centre."""
    lies: dict[str, Callable[[SyncResponse], SyncResponse]] = field(default_factory=dict)
    """Computer -> what becomes of the centre's answer to its next exchange."""
    lied: bool = False
    """Somebody was told something else than the centre said."""
    older: set[str] = field(default_factory=set)
    """Computers to whom the centre says that it squeezes and streams nothing, as one of an earlier version does."""

    async def carry(self, host: str, sent: Sent) -> httpx.Response:
        kind, part = Trouble.NONE, 0.0
        if sent.path == "/v1/sync":
            kind, part = self.trouble.pop(host, (kind, part))
        self._note(sent.body)
        if sent.path == "/v1/sync":
            self._pass_the_time()
        match kind:
            case Trouble.NO_LINK:
                raise httpx.ConnectError("no link")
            case Trouble.CUT_ASKING:
                await self.reach(sent, int(part * len(sent.body)))
                raise httpx.WriteError("cut")
            case Trouble.LATE:
                self.late.append(sent)
                await _for_ever()
        status, headers, body = await self.reach(sent)
        if kind == Trouble.TWICE:
            status, headers, body = await self.reach(sent)
        self._note(body)
        if kind == Trouble.HALF_OPEN:
            await _for_ever()
        body = self._altered(host, sent.path, status, body)
        upto = int(part * len(body)) if kind == Trouble.CUT_ANSWERING else None
        return httpx.Response(status, headers=headers, stream=_Answer(body, upto))

    def _pass_the_time(self) -> None:
        due = self.meanwhile.pop(0, None)
        self.meanwhile = {nth - 1: act for nth, act in self.meanwhile.items()}
        if due is not None:
            due()

    def _altered(self, host: str, path: str, status: int, body: bytes) -> bytes:
        """The answer as it is heard."""
        if status != httpx.codes.OK:
            return body
        if path == "/v1/session" and host in self.older:
            return encode(replace(decode(body, Session), squeezes=False, streams=False))
        if path != "/v1/sync" or (lie := self.lies.pop(host, None)) is None:
            return body
        true = decode(unsqueezed(body, _MOST), SyncResponse)
        heard = lie(true)
        self.lied = self.lied or heard != true
        return squeezed(encode(heard))

    async def deliver_late(self, nth: int) -> None:
        """One of the requests that were given up arrives; nobody waits for its answer."""
        await self.reach(self.late.pop(nth))

    async def reach(
        self, sent: Sent, upto: int | None = None
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The centre's answer to a request, of which only so many bytes arrive."""
        cut = upto is not None and upto < len(sent.body)
        waiting: list[dict[str, Any]] = [
            {"type": "http.request", "body": sent.body[:upto] if cut else sent.body, "more_body": cut}
        ]
        status, headers, body = 0, [], bytearray()

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message.get("headers", []))
            else:
                body.extend(message.get("body", b""))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sent.method, "path": sent.path,
            "raw_path": sent.path.encode(), "query_string": sent.query, "headers": sent.headers, "scheme": "http",
            "server": ("centre", 80), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        await self.app(scope, receive, send)
        return status, headers, bytes(body)

    def _note(self, body: bytes) -> None:
        self.seen.append(body)
        try:
            self.seen.append(unsqueezed(body, _MOST))
        except Malformed:
            return


async def _for_ever() -> None:
    """Nothing comes any more."""
    await asyncio.get_running_loop().create_future()


class _Answer(httpx.AsyncByteStream):
    def __init__(self, body: bytes, upto: int | None) -> None:
        self._body, self._upto = body, upto

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body if self._upto is None else self._body[: self._upto]
        if self._upto is not None:
            raise httpx.ReadError("cut")


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, network: Network) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        url = request.url
        sent = Sent(
            request.method, url.path, url.query, [(k.lower(), v) for k, v in request.headers.raw], body
        )
        return await self._network.carry(url.host.partition(".")[0], sent)


@contextmanager
def standing_in(network: Network) -> Iterator[None]:
    """Within it every client of this process is on that network, all of it is one thread, and every store writes at once, with
    nothing left for later. Raises RuntimeError to a client of another thread: it would take the centre's book apart."""
    ours = threading.get_ident()

    def transport(**_: Any) -> _Transport:
        if threading.get_ident() != ours:
            raise RuntimeError(f"{threading.current_thread().name} goes on beside the simulator")
        return _Transport(network)

    with (
        patch("clinic.transport.http.httpx.AsyncHTTPTransport", transport),
        patch.object(store_book, "Writer", lambda chores: AtOnce()),
        patch.object(thread, "ThreadPoolExecutor", InPlace),
        patch.object(asyncio, "run", at_once),
    ):
        yield
