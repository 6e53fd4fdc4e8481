# SPDX-License-Identifier: GPL-3.0-or-later
"""One direction of a link, decided and not done: a queue of bytes before a narrow place, then the distance; some packets are lost
on the way, none overtakes another.

The clock is handed in with every call (seconds, any origin), the dice at the beginning.
"""

from collections import deque
from dataclasses import asdict, dataclass
from random import Random

from clinic.bench.calling.profiles import LAN, Air

BIN_S = 0.1


@dataclass(slots=True)
class Bin:
    """What happened within a tenth of a second from `at`: bytes that came and that left, packets lost on the way and turned away
    at the queue, and the longest wait of a packet that left the queue."""

    at: float
    offered: int = 0
    delivered: int = 0
    lost: int = 0
    refused: int = 0
    packets: int = 0
    queue_ms: float = 0.0


class Way:
    """Packets go in by `put` and come out by `due`, at `next_at` at the latest."""

    def __init__(self, dice: Random, air: Air = LAN) -> None:
        self._dice, self._air = dice, air
        self._waiting: deque[tuple[float, int, bytes]] = deque()
        self._flying: deque[tuple[float, int, bytes]] = deque()
        self._held, self._free = 0, 0.0
        self._bins: list[Bin] = []

    @property
    def held(self) -> int:
        """Bytes in the queue."""
        return self._held

    def be(self, air: Air, now: float) -> None:
        """From now on like this; what waits leaves at the new rate, what flies arrives as it would have."""
        self._move(now)
        self._air = air

    def put(self, packet: bytes, size: int, now: float) -> None:
        """A packet of `size` bytes on the wire has come to the link."""
        self._move(now)
        tenth = self._bin(now)
        tenth.packets += 1
        tenth.offered += size
        if self._air.kbit and self._held + size > self._air.queue:
            tenth.refused += 1
            return
        self._waiting.append((now, size, packet))
        self._held += size
        self._move(now)

    def due(self, now: float) -> list[bytes]:
        """What arrives by now, in the order in which it was put: who would be faster waits for the one before."""
        self._move(now)
        out = []
        while self._flying and self._flying[0][0] <= now:
            _, size, packet = self._flying.popleft()
            self._bin(now).delivered += size
            out.append(packet)
        return out

    def next_at(self) -> float | None:
        """When to ask again; None while nothing is on its way."""
        moments = [self._flying[0][0]] if self._flying else []
        if self._waiting:
            moments.append(self._free)
        return min(moments, default=None)

    def told(self) -> list[dict[str, float]]:
        """What has happened so far, a tenth of a second each; tenths in which nothing did are left out."""
        return [asdict(tenth) for tenth in self._bins]

    def _move(self, now: float) -> None:
        """Packets enter the narrow place one after the other; they are lost behind it, so they have used the link."""
        while self._waiting and self._free <= now:
            came, size, packet = self._waiting.popleft()
            self._held -= size
            self._free = max(self._free, came) + (size / (125 * self._air.kbit) if self._air.kbit else 0.0)
            tenth = self._bin(now)
            tenth.queue_ms = max(tenth.queue_ms, 1000 * (self._free - came))
            if self._dice.random() * 100 < self._air.loss:
                tenth.lost += 1
                continue
            late = self._air.delay_ms + self._dice.random() * self._air.jitter_ms
            self._flying.append((self._free + late / 1000, size, packet))

    def _bin(self, now: float) -> Bin:
        if not self._bins or now - self._bins[-1].at >= BIN_S:
            self._bins.append(Bin(now // BIN_S * BIN_S))
        return self._bins[-1]
