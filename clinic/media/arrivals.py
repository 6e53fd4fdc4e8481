# SPDX-License-Identifier: GPL-3.0-or-later
"""What the arrival times of packets say: how long sound must wait so that nearly all of it is there in time.

Pure; seconds are those of any steady clock, samples are the sender's, 48 kHz, unwrapped.
"""

from collections import deque
from dataclasses import dataclass

from clinic.media.voice import RATE

WINDOW_S = 10.0
"""How far back jitter and loss are looked for."""
BASE_S = 6.0
"""How far back the fastest packet is looked for: a path that grows longer, or a sender that cannot keep up, is
followed; clocks that drift by 100 ppm move 0.6 ms in it.
"""
MOVED_S = 0.5
"""A path whose fastest packets have been that much later for a second is another path."""
IN_TIME = 0.97
"""Share of the packets whose jitter is waited for."""
MARGIN_S = 0.024
"""A packet must be there when the block of 20 ms is taken that its first sample falls into; and a little more."""
FIRST_S, FIRST_PACKETS = 0.06, 25
"""Wait at the beginning, while little is known."""
LONGEST_S = 1.0
LOSSY = 0.004
"""Loss from which waiting for a repair is worth its time."""
LOOK_S = 0.1
"""How often the window is looked through; a packet that is lost is waited for from then on."""
FALL, HASTE = 0.02, 0.2
"""Seconds a second by which the wait is made shorter again, and what of a longer one goes in a second: after a queue."""


@dataclass(frozen=True, slots=True)
class _Packet:
    at: float
    number: int
    late: float
    """Seconds after the fastest of the packets just before it."""
    repair_s: float


class Arrivals:
    """Keeps the packets of the last seconds."""

    def __init__(self) -> None:
        self._recent: deque[_Packet] = deque()
        self._fastest: deque[tuple[float, float]] = deque()
        self._seen = 0
        self._loss = 0.0
        self._wanted = self._target = FIRST_S
        self._looked_at = self._aimed_at = float("-inf")

    @property
    def known(self) -> bool:
        return bool(self._recent)

    @property
    def base(self) -> float:
        """Transit of the fastest packet: time of arrival less time of sending, of two unrelated clocks."""
        return min(transit for _, transit in self._fastest)

    @property
    def loss(self) -> float:
        """0..1 of the packets of the window."""
        return self._loss

    def came(self, number: int, sample: int, at: float, repair_s: float) -> None:
        """A packet, with the unwrapped number and first sample it carries itself, and how much older the oldest
        frame is that it can bring back (seconds).
        """
        transit = at - sample / RATE
        self._seen += 1
        self._note_fastest(at, transit)
        self._recent.append(_Packet(at, number, transit - self.base, repair_s))
        while self._recent[0].at < at - WINDOW_S:
            self._recent.popleft()
        if self._seen < FIRST_PACKETS or at - self._looked_at >= LOOK_S:
            self._looked_at = at
            self._look()
        self._aim(at)

    def _note_fastest(self, at: float, transit: float) -> None:
        """The fastest of each tenth of a second."""
        tenth = int(at * 10) / 10
        if self._fastest and self._fastest[-1][0] == tenth:
            transit = min(transit, self._fastest.pop()[1])
        self._fastest.append((tenth, transit))
        now = min(transit for tenth, transit in self._fastest if tenth > at - 1)
        while self._fastest[0][0] < at - BASE_S or self._fastest[0][1] < now - MOVED_S:
            self._fastest.popleft()

    def target(self) -> float:
        """Seconds that a sample waits after the earliest moment at which it could have come."""
        return self._target

    def _look(self) -> None:
        """What the packets of the window ask for."""
        numbers = {packet.number for packet in self._recent}
        self._loss = 1 - len(numbers) / (max(numbers) - min(numbers) + 1)
        repair_s = max(packet.repair_s for packet in self._recent) if self._loss > LOSSY else 0.0
        late = sorted(packet.late for packet in self._recent)
        jitter = late[min(len(late) - 1, int(IN_TIME * len(late)))]
        self._wanted = min(LONGEST_S, jitter + MARGIN_S + repair_s)
        if self._seen < FIRST_PACKETS:
            self._wanted = max(self._wanted, FIRST_S)

    def _aim(self, at: float) -> None:
        """Longer at once, shorter slowly."""
        fall = (FALL + HASTE * (self._target - self._wanted)) * max(0.0, min(1.0, at - self._aimed_at))
        self._target, self._aimed_at = max(self._wanted, self._target - fall), at
