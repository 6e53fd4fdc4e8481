# SPDX-License-Identifier: GPL-3.0-or-later
"""The links calls are measured on, and how long each is watched."""

from dataclasses import dataclass, replace

_QUEUE_S, _LEAST_QUEUE = 0.4, 14_000
"""A router's queue: 400 ms at its rate, ten full packets at least."""


@dataclass(frozen=True, slots=True)
class Air:
    """One direction of a link: kbit/s of IP packets (0: as fast as it goes), ms one way and how much they vary (order is kept),
    percent of the packets that never arrive."""

    kbit: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    queue_bytes: int = 0
    """How much may wait before the narrow place; 0: as a router's."""

    @property
    def queue(self) -> int:
        return self.queue_bytes or max(int(self.kbit * 125 * _QUEUE_S), _LEAST_QUEUE)

    def letter_s(self, size: int) -> float:
        """How long a letter of so many bytes is on its way, when nothing else is."""
        return self.delay_ms / 1000 + (size / (125 * self.kbit) if self.kbit else 0.0)


LAN = Air(delay_ms=1)
P1M = Air(1_000, 50, 5, 1)
P256K = Air(256, 150, 10, 3)
P128K = Air(128, 300, 15, 5)
P64K = Air(64, 300, 20, 10)
P128K_NEAR = Air(128, 50, 5, 1)
"""What is left of P1M after the drop."""
DARK = replace(P1M, loss=100)


@dataclass(frozen=True, slots=True)
class Case:
    """A call over a link: what is measured begins `warm_s` after both see each other (or at the last change) and lasts until
    `seconds`; `changes`: what the link becomes, and when (s after both see each other)."""

    name: str
    air: Air
    seconds: float = 60.0
    warm_s: float = 5.0
    changes: tuple[tuple[float, Air], ...] = ()
    large: bool = False
    """1280 x 720 instead of 640 x 480."""
    opening: bool = False
    """Only how fast the call opens is measured."""

    @property
    def rated_at(self) -> float:
        """From here on figures count."""
        return self.changes[0][0] if self.changes else self.warm_s

    @property
    def is_outage(self) -> bool:
        return any(air.loss >= 100 for _, air in self.changes)

    def lasting(self, seconds: float) -> "Case":
        """The same, watched so long after the warm-up or the last change."""
        last = self.changes[-1][0] if self.changes else self.warm_s
        return replace(self, seconds=last + seconds)


CASES = {
    case.name: case
    for case in (
        Case("lan", LAN, 65, large=True),
        Case("p1m", P1M, 65),
        Case("p256k", P256K, 65),
        Case("p128k", P128K, 65),
        Case("p64k", P64K, 65),
        Case("drop", P1M, 80, changes=((20, P128K_NEAR),)),
        Case("outage", P1M, 45, changes=((15, DARK), (25, P1M))),
        Case("opening-lan", LAN, 2, opening=True),
        Case("opening-256k", P256K, 2, opening=True),
    )
}
"""By name; the seconds of their targets (`clinic.bench.calling.targets`)."""
