# SPDX-License-Identifier: GPL-3.0-or-later
"""The process between the two peers: `python -m clinic.bench.calling.middle SEED namespaces | relay`.

`namespaces` (Linux, root): two networks that have nothing but a TUN device each, whose far end is here; every packet passes, and
the peers see a plain network. `relay`: two UDP sockets, one for each peer, whose addresses stand in the other's description.
It says one line of JSON when it is there (namespaces: their descriptors; relay: the two ports), then answers each line of JSON:
`{"be": AIR}` the link is like this from now on, `{"home": [side, host, port]}` where a peer of the relay is at first,
`{"tell": 1}` what has happened in each direction.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Protocol

from clinic.bench.calling.profiles import Air
from clinic.bench.calling.way import Way

ADDRESSES = "10.78.0.1", "10.78.0.2"
_MASK, _DEVICE = "255.255.255.0", "eth0"
_SET_INTERFACE, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
_HEADERS = 28
"""IPv4 and UDP, which a relay does not see."""
_LARGEST, _AT_ONCE = 65_536, 64


class End(Protocol):
    """One peer's end of the link; `read` is None while nothing waits there."""

    headers: int

    def fileno(self) -> int: ...

    def read(self) -> bytes | None: ...

    def write(self, packet: bytes) -> None: ...


class Tunnel:
    """A network namespace with one device; `namespace` stays open as long as this process lives."""

    headers = 0

    def __init__(self, address: str) -> None:
        from clinic.showcase import wires

        self.namespace = wires.new_namespace()
        with wires.inside(self.namespace):
            self._packets = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(
                self._packets, _SET_INTERFACE, struct.pack("16sH22x", _DEVICE.encode(), _TUN_WITHOUT_HEADER)
            )
            with suppress(OSError):  # a kernel without IPv6
                Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
            wires.set_up("lo")
            wires.set_address(_DEVICE, address, _MASK)
            wires.set_up(_DEVICE)

    def fileno(self) -> int:
        return self._packets

    def read(self) -> bytes | None:
        try:
            return os.read(self._packets, _LARGEST)
        except BlockingIOError:
            return None

    def write(self, packet: bytes) -> None:
        with suppress(OSError):
            os.write(self._packets, packet)


class Relayed:
    """A UDP socket; whoever wrote to it last is its peer."""

    headers = _HEADERS

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("0.0.0.0", 0))
        self._socket.setblocking(False)
        self.peer: tuple[str, int] | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bytes | None:
        try:
            packet, self.peer = self._socket.recvfrom(_LARGEST)
        except ConnectionError:
            return b""  # nobody listens at the peer's address (yet)
        except BlockingIOError:
            return None
        return packet

    def write(self, packet: bytes) -> None:
        if self.peer is not None:
            with suppress(OSError):
                self._socket.sendto(packet, self.peer)


class Middle:
    """Both directions: what comes in at one end goes out at the other, in its time."""

    def __init__(self, ends: tuple[End, End], seed: int, now: Callable[[], float]) -> None:
        self._now, self._ways = (
            now,
            [(Way(Random(2 * seed + side)), ends[side], ends[1 - side]) for side in (0, 1)],
        )

    def be(self, air: Air) -> None:
        for way, _, _ in self._ways:
            way.be(air, self._now())

    def told(self) -> list[list[dict[str, float]]]:
        return [way.told() for way, _, _ in self._ways]

    def turn(self, others: list[int]) -> list[int]:
        """Wait for a packet, a moment, or one of the other descriptors; move what is due. Gives the others that are ready."""
        moments = [at for way, _, _ in self._ways if (at := way.next_at()) is not None]
        wait = max(0.0, min(moments) - self._now()) if moments else None
        ready, _, _ = select.select([source.fileno() for _, source, _ in self._ways] + others, [], [], wait)
        for way, source, sink in self._ways:
            if source.fileno() in ready:
                self._take(way, source)
            for packet in way.due(self._now()):
                sink.write(packet)
        return [each for each in others if each in ready]

    def _take(self, way: Way, source: End) -> None:
        for _ in range(_AT_ONCE):
            if (packet := source.read()) is None:
                return
            if packet:
                way.put(packet, len(packet) + source.headers, self._now())


def serve(middle: Middle, homes: list[Relayed], lines: int, say: Callable[[Any], None]) -> None:
    """Until the end of `lines` (a descriptor)."""
    text = b""
    while True:
        if lines not in middle.turn([lines]):
            continue
        if not (more := os.read(lines, _LARGEST)):
            return
        *whole, text = (text + more).split(b"\n")
        for line in whole:
            say(_done(middle, homes, json.loads(line)))


def _done(middle: Middle, homes: list[Relayed], order: dict[str, Any]) -> Any:
    if "be" in order:
        middle.be(Air(**order["be"]))
    if "home" in order:
        side, host, port = order["home"]
        homes[side].peer = (host, port)
    return middle.told() if "tell" in order else "ok"


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


def _before_others() -> None:
    """Packets must not wait until a busy peer leaves the processor."""
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))


def main(seed: int, kind: str) -> None:
    _before_others()
    if kind == "namespaces":
        tunnels = Tunnel(ADDRESSES[0]), Tunnel(ADDRESSES[1])
        middle, homes = Middle(tunnels, seed, time.monotonic), []
        _say([tunnel.namespace for tunnel in tunnels])
    else:
        relayed = Relayed(), Relayed()
        middle, homes = Middle(relayed, seed, time.monotonic), list(relayed)
        _say([one.port for one in relayed])
    serve(middle, homes, sys.stdin.fileno(), _say)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2])
    except OSError as error:
        sys.exit(str(error))
