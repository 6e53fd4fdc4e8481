# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves when: sound at once, what is repeated next, pictures spread over time and rather dropped than late.

Without sockets and clocks; `clinic.media.path` sends what `take` gives.
"""

from collections import deque
from dataclasses import dataclass

WIRE_BYTES = 38
AHEAD, AHEAD_NARROW, NARROW = 1.25, 1.06, 300_000
"""Packets leave a little faster than the budget, so that a picture does not take its whole time; hardly so over a
narrow link, where the rest would stand in its queue before the sound.
"""
SLOWEST = 24_000
HOLD_S = 0.28
"""With more than that waiting no further picture is coded."""
MOST_S = 0.75
"""With more than that waiting (the budget has fallen) all pictures that wait are dropped."""
REPAIR_S = 0.5
"""What is repeated is dropped when it could not leave for so long."""
BURST_S = 0.005
REMEMBERED = 512
_TURN = 1 << 16


@dataclass(frozen=True, slots=True)
class _Waiting:
    data: bytes
    since: float
    sequence: int


class Pacer:
    """Two short queues and the time at which the link is free again."""

    def __init__(self, bps: int) -> None:
        self.bps = bps
        self.dropped = 0
        """Packets of pictures that were thrown away because they would have come too late."""
        self._pictures: deque[_Waiting] = deque()
        self._repairs: deque[_Waiting] = deque()
        self._bytes = 0
        self._free_at = 0.0
        self._left: dict[int, float] = {}
        self._whole_next = False
        self._whole_from: int | None = None

    @property
    def rate(self) -> float:
        return max(SLOWEST, self.bps * (AHEAD if self.bps > NARROW else AHEAD_NARROW))

    @property
    def backlog_s(self) -> float:
        """Seconds that what waits needs to leave."""
        return self._bytes * 8 / self.rate

    @property
    def full(self) -> bool:
        """True while a further picture would only wait."""
        return self.backlog_s > HOLD_S

    def spent(self, size: int, now: float) -> None:
        """Sound or control of that many bytes has left at once; pictures wait for it."""
        self._free_at = max(self._free_at, now - BURST_S) + (size + WIRE_BYTES) * 8 / self.rate

    def whole_next(self) -> None:
        """The next packet of pictures begins one that needs none before it."""
        self._whole_next = True

    def picture(self, data: bytes, sequence: int, now: float) -> None:
        if self._whole_next:
            self._whole_from, self._whole_next = sequence, False
        self._pictures.append(_Waiting(data, now, sequence))
        self._bytes += len(data) + WIRE_BYTES

    def left(self, sequence: int) -> bool:
        """Whether that packet of pictures has left of late."""
        return sequence in self._left

    def repair(self, data: bytes, sequence: int, now: float, useful_s: float) -> bool:
        """A packet to be sent again. False, and nothing is sent, where it would come after its picture was due:
        it left more than `useful_s` ago, it never left (it was dropped here), or a whole picture has followed it.
        """
        if self._whole_from is not None and (sequence - self._whole_from) % _TURN > _TURN // 2:
            return False
        if now - self._left.get(sequence, -1e9) > useful_s:
            return False
        self._repairs.append(_Waiting(data, now, sequence))
        self._bytes += len(data) + WIRE_BYTES
        return True

    def parity(self, data: bytes, now: float) -> None:
        """What lets the peer work out a lost packet: next, or not at all."""
        self._repairs.append(_Waiting(data, now, -1))
        self._bytes += len(data) + WIRE_BYTES

    def overflowed(self) -> bool:
        """Drops all pictures that wait if they are too many for the budget of now; then a whole one is needed."""
        if self.backlog_s <= MOST_S or not self._pictures:
            return False
        self.drop_pictures()
        return True

    def drop_pictures(self) -> None:
        """Forget every picture that has not left, and never repeat it."""
        for waiting in self._pictures:
            self._bytes -= len(waiting.data) + WIRE_BYTES
        self.dropped += len(self._pictures)
        self._pictures.clear()

    def wait_s(self, now: float) -> float | None:
        """Seconds until the next packet may leave; None while nothing waits."""
        if not self._pictures and not self._repairs:
            return None
        return max(0.0, self._free_at - now)

    def take(self, now: float) -> bytes | None:
        """The next packet if it may leave now."""
        if self._free_at > now:
            return None
        while self._repairs:
            waiting = self._repairs.popleft()
            self._bytes -= len(waiting.data) + WIRE_BYTES
            if now - waiting.since <= REPAIR_S:
                self.spent(len(waiting.data), now)
                return waiting.data
        if not self._pictures:
            return None
        waiting = self._pictures.popleft()
        self._bytes -= len(waiting.data) + WIRE_BYTES
        self._remember(waiting.sequence, now)
        self.spent(len(waiting.data), now)
        return waiting.data

    def _remember(self, sequence: int, now: float) -> None:
        self._left.pop(sequence, None)
        self._left[sequence] = now
        while len(self._left) > REMEMBERED:
            del self._left[next(iter(self._left))]
