# SPDX-License-Identifier: GPL-3.0-or-later
"""The two connections of a device, as light as they can be: HTTP/1.1 that is kept open, and Socket.IO over a websocket.

Both are real on the wire; what is left out is all a general library does beside it, which would be the generator's cost. Each
connection comes from an address of its own of 127.0.0.0/8 (Linux), as devices do: the server's limits are for each address.
"""

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from clinic.domain.errors import Unavailable

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_OPEN, _ASKED, _MESSAGE, _WELCOME, _EVENT, _ANSWER, _REFUSED = "0", "2", "4", "40", "42", "43", "44"
"""Engine.IO 4 and Socket.IO 5, as text: the first letters of a packet."""


def address_of(number: int) -> tuple[str, int] | None:
    """Where the connections of that device come from; None where there is one loopback address only."""
    if sys.platform != "linux":
        return None
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}", 0


class Http(asyncio.Protocol):
    """One request at a time. A connection that the server let go while nothing was asked is made anew, as a client does."""

    def __init__(self, port: int, number: int) -> None:
        self._port, self._number = port, number
        self._buffer = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connected(cls, port: int, number: int) -> "Http":
        """Raises OSError."""
        made = cls(port, number)
        await made._connect()
        return made

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: self, "127.0.0.1", self._port, local_addr=address_of(self._number)
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answer = _answer_in(self._buffer)
        if answer is not None and self._waiting is not None and not self._waiting.done():
            self._buffer.clear()
            self._waiting.set_result(answer)

    async def ask(self, method: str, path: str, token: str = "", body: bytes = b"") -> tuple[int, bytes]:
        """(status, body). Raises OSError where the connection goes before the answer is there."""
        if self._transport is None:
            self._buffer.clear()
            await self._connect()
        assert self._transport is not None
        said = f"{method} {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {len(body)}\r\n"
        said += f"authorization: Bearer {token}\r\n\r\n" if token else "\r\n"
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(said.encode() + body)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _answer_in(data: bytearray) -> tuple[int, bytes] | None:
    """(status, body) once all of it is there. Our server says how long each body is, but for one of 204."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end]).lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(data) < end + 4 + length:
        return None
    return int(head[9:12]), bytes(data[end + 4 : end + 4 + length])


class Bell(asyncio.Protocol):
    """A websocket on which a Socket.IO client listens: answers pings, sends its beat, hands events on."""

    def __init__(self, token: str, heard: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._token, self._heard = token, heard
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self._beats = 0
        self.here: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    @classmethod
    async def connected(
        cls, port: int, number: int, token: str, heard: Callable[[str, Mapping[str, Any]], None]
    ) -> "Bell":
        """Once the server has let the device in. Raises OSError, Unavailable."""
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            lambda: cls(token, heard), "127.0.0.1", port, local_addr=address_of(number)
        )
        await asyncio.wait_for(made.here, 60)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = b64encode(os.urandom(16)).decode()
        transport.write(
            (
                "GET /socket.io/?transport=websocket&EIO=4 HTTP/1.1\r\nhost: load\r\nupgrade: websocket\r\n"
                f"connection: Upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n"
            ).encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost, self._transport = True, None
        if not self.here.done():
            self.here.set_exception(Unavailable("The doorbell hung up before it let anybody in."))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._upgraded = self._buffer.startswith(b"HTTP/1.1 101")
            del self._buffer[: end + 4]
            if not self._upgraded:
                self.close()
                return
        for kind, payload in _frames(self._buffer):
            self._frame(kind, payload)

    def beat(self) -> None:
        """As the program does each second: says that it is there, and is answered."""
        self._beats += 1
        self._say(f'42{self._beats}["beat",{{}}]')

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._packet(payload.decode())
        elif kind == _PING:
            self._send(_PONG, payload)
        elif kind == _CLOSE:
            self.close()

    def _packet(self, text: str) -> None:
        if text.startswith(_EVENT):
            name, data = json.loads(text[2:])
            self._heard(name, data)
        elif text == _ASKED:
            self._say("3")
        elif text.startswith(_OPEN):
            self._say("40" + json.dumps({"token": self._token, "gathers": True}))
        elif text.startswith(_WELCOME):
            if not self.here.done():
                self.here.set_result(None)
        elif text.startswith(_REFUSED) and not self.here.done():
            self.here.set_exception(Unavailable("The doorbell refused the session."))

    def _say(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def _send(self, kind: int, payload: bytes) -> None:
        """Masked, as RFC 6455 asks of clients; with zeros, for nothing here goes through a proxy."""
        if self._transport is None:
            return
        size = len(payload)
        head = (
            bytes([0x80 | kind, 0x80 | size])
            if size < 126
            else bytes([0x80 | kind, 0x80 | 126, size >> 8, size & 255])
        )
        self._transport.write(head + bytes(4) + payload)


def _frames(buffer: bytearray) -> "list[tuple[int, bytes]]":
    """The whole frames at the beginning of the buffer, which are taken out of it."""
    found, at = [], 0
    while len(buffer) - at >= 2:
        size, head = buffer[at + 1] & 127, 2
        if size >= 126:
            head = 4 if size == 126 else 10
            if len(buffer) - at < head:
                break
            size = int.from_bytes(buffer[at + 2 : at + head], "big")
        if len(buffer) - at < head + size:
            break
        found.append((buffer[at] & 15, bytes(buffer[at + head : at + head + size])))
        at += head + size
    del buffer[:at]
    return found
