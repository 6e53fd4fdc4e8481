# SPDX-License-Identifier: GPL-3.0-or-later
"""A link that counts, delays, narrows and cuts: one forwarder in a process of its own, told what to be over its input.

Counted are the bytes of the connections, not of TCP. A thin link has one rate for each direction whatever the number of
connections (40 bytes of header charged for each 1,400), half the round-trip time each way, and a round trip for each new one.
Run as `python -m clinic.bench.syncing.link PORT`; prints its own port, then answers each line of JSON with what it counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from clinic.bench.syncing.processes import Told

_PIECE, _HEADER = 1_400, 40


@dataclass(slots=True)
class Counted:
    """`turns`: requests that were answered, seen as changes of direction."""

    up: int = 0
    down: int = 0
    connections: int = 0
    turns: int = 0
    cuts: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """Round trip in ms, kbit/s each way (0: as fast as it goes), bytes after which every connection is cut (0: never)."""

    rtt_ms: float = 0
    kbit: float = 0
    cut: int = 0


class Link:
    """The forwarder's process as the bench sees it."""

    def __init__(self, port: int) -> None:
        self._process = Told([sys.executable, "-m", "clinic.bench.syncing.link", str(port)])
        self.port = int(self._process.line())

    def be(self, shape: Shape = Shape()) -> Counted:
        """From now on like this, counting from 0; gives what was counted so far. Connections that stand stay."""
        return Counted(**json.loads(self._process.tell(asdict(shape))))

    def close(self) -> None:
        self._process.close()


class _Way:
    """One direction: when a piece that enters now comes out."""

    def __init__(self, forwarder: _Forwarder) -> None:
        self._forwarder, self._free = forwarder, 0.0

    def out_at(self, size: int) -> float:
        shape, now = self._forwarder.shape, time.monotonic()
        if shape.kbit:
            self._free = max(self._free, now) + (size + _HEADER) * 8 / (1000 * shape.kbit)
        return max(self._free, now) + shape.rtt_ms / 2000 if shape.kbit or shape.rtt_ms else now


class _Forwarder:
    def __init__(self, target: int) -> None:
        self.shape, self.counted = Shape(), Counted()
        self._target, self._since_cut = target, 0
        self._up, self._down = _Way(self), _Way(self)
        self._writers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0, limit=65_536)
        print(server.sockets[0].getsockname()[1], flush=True)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        while line := await lines.readline():
            told, self.counted, self._since_cut = self.counted, Counted(), 0
            self.shape = Shape(**json.loads(line))
            print(json.dumps(asdict(told)), flush=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counted.connections += 1
        await asyncio.sleep(self.shape.rtt_ms / 1000)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target, limit=65_536)
        both = {writer, far_writer}
        self._writers |= both
        last = ""

        def asks(size: int) -> None:
            nonlocal last
            self.counted.up += size
            self.counted.turns += last != "up"
            last = "up"

        def answers(size: int) -> None:
            nonlocal last
            self.counted.down += size
            last = "down"

        try:
            await asyncio.gather(
                self._pump(reader, far_writer, self._up, asks),
                self._pump(far_reader, writer, self._down, answers),
            )
        finally:
            self._writers -= both
            for one in both:
                one.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: _Way,
        count: Callable[[int], None],
    ) -> None:
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(32)
        carrier = asyncio.ensure_future(self._carry(pieces, writer))
        try:
            while data := await reader.read(_PIECE if self.shape.kbit else 65_536):
                count(len(data))
                await pieces.put((way.out_at(len(data)), data))
                self._cut_after(len(data))
            await pieces.put((0.0, b""))
            await carrier
        except OSError:
            pass
        finally:
            carrier.cancel()

    async def _carry(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            at, data = await pieces.get()
            if (wait := at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    def _cut_after(self, size: int) -> None:
        self._since_cut += size
        if self.shape.cut and self._since_cut >= self.shape.cut:
            self._since_cut, self.counted.cuts = 0, self.counted.cuts + 1
            for writer in list(self._writers):
                writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(_Forwarder(int(sys.argv[1])).run())
