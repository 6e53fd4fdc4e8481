# SPDX-License-Identifier: GPL-3.0-or-later
"""The real centre on a real port, and in front of it whoever runs it: may read, change, drop or make up every answer."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from clinic.domain.clock import Clock
from clinic.domain.ids import DeviceId
from clinic.protocol.sync import CONTENT_TYPE
from sync_server.app import build, open_desk
from tests.small_clinic import repeating

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back. `times`: how often the body is said over; `stall`: seconds of silence before it."""

    body: bytes = b""
    status: int = 200
    content_type: str = CONTENT_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    times: int = 1
    stall: float = 0.0
    trickle: float = 0.0
    """Seconds between two bytes of the body, for ever."""
    cut: bool = False
    """Hang up in the middle of the body."""


Forward = Callable[[Asked], Awaitable[Answer]]
Play = Callable[[Asked, Forward], Awaitable[Answer]]


async def honest(asked: Asked, forward: Forward) -> Answer:
    return await forward(asked)


@dataclass
class House:
    """Use as a context. `seen`: all bytes that clients sent, headers too."""

    folder: Path
    clock: Clock
    play: Play = honest
    seen: list[bytes] = field(default_factory=list)
    url: str = ""
    seed: bytes = b"house"
    """Of its randomness: two centres do not share it."""

    def __enter__(self) -> "House":
        self.folder.mkdir()
        self._desk = open_desk(self.folder, self.clock, repeating(self.seed))
        self._app: Any = build(self._desk)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            self._serve, interface="asgi3", log_config=None, access_log=False, ws="websockets-sansio", lifespan="off",
            ws_ping_interval=None, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listening,))
        self._thread.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._desk.book.close()

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve([listening]))
        listening.close()

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs something on the centre's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def say_restored(self) -> None:
        """What `posta server --restored` does: whoever put the centre right says so."""

        async def renew() -> None:
            await self._desk.book.ask(lambda book: book.renew_epoch())

        self.now(renew())

    def post(self, to: DeviceId, sender: str, blob: bytes) -> None:
        """A letter that the centre lays into a device's hands by itself."""
        doorbell: Any = self._desk.bells

        async def lay() -> None:
            for sid in list(doorbell._here.get(to, [])):
                await doorbell.server.emit("letter", {"from": sender, "blob": blob}, to=sid)

        self.now(lay())

    def ring(self, to: DeviceId, event: str, data: object) -> None:
        """Any event of the doorbell, well formed or not."""
        doorbell: Any = self._desk.bells

        async def lay() -> None:
            for sid in list(doorbell._here.get(to, [])):
                await doorbell.server.emit(event, data, to=sid)

        self.now(lay())

    def is_here(self, device: DeviceId) -> bool:
        doorbell: Any = self._desk.bells
        return bool(doorbell._here.get(device))

    # the proxy

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/socket.io"):
            await self._app(scope, receive, send)
            return
        asked = Asked(
            scope["method"], scope["path"], scope["query_string"].decode(), scope["headers"], await _body(receive)
        )  # fmt: skip
        self.seen += [asked.path.encode(), asked.query.encode(), asked.body, *(v for _, v in asked.headers)]

        async def forward(again: Asked) -> Answer:
            return await _inside(self._app, scope, again)

        await _reply(send, await self.play(asked, forward))


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _inside(app: Any, scope: Any, asked: Asked) -> Answer:
    """The real centre's answer to a request."""
    told: Future[Answer] = Future()
    waiting: list[Any] = [{"type": "http.request", "body": asked.body, "more_body": False}]
    start: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()  # the other side stays
        return waiting.pop()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            told.set_result(_answer(start, bytes(body)))

    within = {
        **scope,
        "method": asked.method,
        "path": asked.path,
        "query_string": asked.query.encode(),
        "headers": asked.headers,
    }
    await app(within, receive, send)
    return told.result(0)


def _answer(start: dict[str, Any], body: bytes) -> Answer:
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    kept = tuple((name, value) for name, value in headers.items() if name.startswith("posta-"))
    return Answer(body, start["status"], headers.get("content-type", CONTENT_TYPE), kept)


async def _reply(send: Any, answer: Answer) -> None:
    if answer.stall:
        await asyncio.sleep(answer.stall)
    headers = [(b"content-type", answer.content_type.encode())]
    headers += [(name.encode(), value.encode()) for name, value in answer.headers]
    length = len(answer.body) * answer.times + (1000 if answer.cut else 0)
    if answer.status != 204:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.trickle:
        for byte in answer.body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(answer.trickle)
    for left in range(answer.times, 0, -1):
        await send({"type": "http.response.body", "body": answer.body, "more_body": left > 1 or answer.cut})
    if answer.cut:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
