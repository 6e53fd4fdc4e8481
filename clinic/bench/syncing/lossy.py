# SPDX-License-Identifier: GPL-3.0-or-later
"""Real TCP over a bad link: two network namespaces joined by two TUN devices, and this process in the middle, which gives
the packets a rate, a delay, a short queue and a loss. The kernel's own TCP repairs what is lost, as on a mobile network.

Linux, as root (or in a user namespace). The namespaces have no names and end with the process. Run as
`python -m clinic.bench.syncing.lossy PORT`; prints the port of its near end, then answers each line of JSON (`Air`) with `ok`.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from random import Random

from clinic.bench.syncing.processes import Told
from clinic.domain.errors import Unavailable

_NEAR, _FAR, _PORT = "10.99.0.1", "10.99.0.2", 7_000
_NEWNET, _SET_INTERFACE, _TUN_WITHOUT_HEADER = 0x40000000, 0x400454CA, 0x1001
_MTU, _QUEUE_BYTES, _SEED = 1_400, 32_000, 7


@dataclass(frozen=True, slots=True)
class Air:
    """Round trip in ms, kbit/s each way (0: as fast as it goes), percent of the packets that never arrive."""

    rtt_ms: float = 0
    kbit: float = 0
    loss: float = 0


class LossyLink:
    """The process as the bench sees it. Raises Unavailable where no namespace can be made."""

    def __init__(self, target: int) -> None:
        self._process = Told([sys.executable, "-m", "clinic.bench.syncing.lossy", str(target)])
        said = self._process.line()
        if not said:
            raise Unavailable(
                f"The lossy link was not measured: it takes Linux, root and /dev/net/tun ({self._process.why()})."
            )
        self.port = int(said)

    def be(self, air: Air = Air()) -> None:
        """From now on like this."""
        self._process.tell(asdict(air))

    def close(self) -> None:
        self._process.close()


class _Place:
    """A network namespace with one TUN device; `here` makes sockets in it."""

    def __init__(self, device: str, address: str, peer: str) -> None:
        libc, home = ctypes.CDLL(None, use_errno=True), os.open("/proc/self/ns/net", os.O_RDONLY)

        def enter(namespace: int) -> None:
            if libc.setns(namespace, _NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

        self._enter, self._home = enter, home
        if libc.unshare(_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            self._namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
            self.packets = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(
                self.packets, _SET_INTERFACE, struct.pack("16sH", device.encode(), _TUN_WITHOUT_HEADER)
            )
            for words in (
                ["addr", "add", address, "peer", peer, "dev", device],
                ["link", "set", device, "up", "mtu", str(_MTU)],
                ["link", "set", "lo", "up"],
            ):
                subprocess.run(["ip", *words], check=True)
        finally:
            enter(home)

    def here(self, make: Callable[[], socket.socket]) -> socket.socket:
        """A socket that belongs to this place. Nothing may wait inside."""
        self._enter(self._namespace)
        try:
            return make()
        finally:
            self._enter(self._home)


class _Way:
    """Packets of one direction: a queue of bytes before a narrow door, then the distance; some are lost on the way."""

    def __init__(self, source: int, sink: int, air: Callable[[], Air], dice: Random) -> None:
        self._source, self._sink, self._air, self._dice, self._free = source, sink, air, dice, 0.0

    def move(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                packet = os.read(self._source, 2_048)
            except BlockingIOError:
                return
            air, now = self._air(), loop.time()
            per_byte = 8 / (1000 * air.kbit) if air.kbit else 0.0
            self._free = max(self._free, now)
            if per_byte and (self._free - now) / per_byte > _QUEUE_BYTES:
                continue
            self._free += len(packet) * per_byte
            if self._dice.random() * 100 >= air.loss:
                loop.call_at(self._free + air.rtt_ms / 2000, self._out, packet)

    def _out(self, packet: bytes) -> None:
        with suppress(OSError):
            os.write(self._sink, packet)


class _Middle:
    def __init__(self, target: int) -> None:
        self._target, self._air, dice = target, Air(), Random(_SEED)
        self._near, self._far = _Place("near", _NEAR, _FAR), _Place("far", _FAR, _NEAR)
        self._ways = [
            _Way(one.packets, other.packets, lambda: self._air, dice)
            for one, other in ((self._near, self._far), (self._far, self._near))
        ]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for place, way in zip((self._near, self._far), self._ways, strict=True):
            loop.add_reader(place.packets, way.move)
        await asyncio.start_server(self._arrived, sock=self._far.here(_listening))
        near = await asyncio.start_server(self._wanted, "127.0.0.1", 0)
        print(near.sockets[0].getsockname()[1], flush=True)
        lines = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            self._air = Air(**json.loads(line))
            print("ok", flush=True)

    async def _wanted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection at the near end goes over the air."""
        across = self._near.here(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        across.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(across, (_FAR, _PORT))
        except OSError:
            writer.transport.abort()
            return
        await _joined(reader, writer, *await asyncio.open_connection(sock=across))

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """And comes out at the server."""
        await _joined(reader, writer, *await asyncio.open_connection("127.0.0.1", self._target))


def _listening() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((_FAR, _PORT))
    listener.listen(16)
    return listener


async def _joined(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader, far_writer: asyncio.StreamWriter,
) -> None:  # fmt: skip
    await asyncio.gather(_pumped(reader, far_writer), _pumped(far_reader, writer))
    for one in (writer, far_writer):
        one.close()


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(4_096):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()


if __name__ == "__main__":
    try:
        middle = _Middle(int(sys.argv[1]))
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    asyncio.run(middle.run())
