# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of what is sent may be under way: so much that the link is never idle, so little that nothing pressing queues
behind it.

Between here and the centre lie buffers that take whatever they are given (a modem's, a proxy's), and TCP fills them. What the
centre says it has is the only measure. What was under way when a piece left, by the time until the centre had it, is what the
link carries (Little's law, whether it is full or not); the window is the most that it carried lately, for the shortest time a
piece took and half a second more, which is as long as anything waits in a queue. The most, for packets that are lost make a link
slow for a moment and not narrow. A window is judged once for all that was under way together, by what left after it was set.
What is under way when a link is cut is lost, so after a cut it stays small until much has arrived.
"""

from dataclasses import dataclass, replace
from math import inf

SMALLEST, LARGEST = 8_192, 512 * 1024
"""Bytes: a second at 64 kbit/s; a link's worth at 4 Mbit/s and 1 s."""
QUEUED_S = 0.5
"""So long the last byte of a window waits behind the others, beyond the time that one piece takes by itself."""
_INSTANT_S, _LATELY = 0.001, 8
_PIECES = 4
SMALLEST_PIECE, LARGEST_PIECE = 4_096, 65_536
"""Bytes of what is made durable together: at least a few records, at most what the centre commits at once."""
_SHY = 32
"""A link that was cut is trusted with so small a part of what it had."""
_PATIENCE = 64
"""Pieces that arrive in a row before a link that broke is trusted with twice as much."""


@dataclass(frozen=True, slots=True)
class Window:
    """`size`: bytes that may be under way; `most`: what the link is trusted with; `well`: pieces since it broke; `quickest_s`:
    the least time a piece took; `judged_at`: monotonic seconds; `rates`: bytes a second, as it was judged lately."""

    size: int = 2 * SMALLEST
    most: int = LARGEST
    well: int = 0
    quickest_s: float = inf
    judged_at: float = -inf
    rates: tuple[float, ...] = ()

    @property
    def piece(self) -> int:
        """Bytes of the next piece."""
        return min(LARGEST_PIECE, max(SMALLEST_PIECE, self.size // _PIECES))

    def begun(self) -> "Window":
        """For a new exchange: the link may be another one than before. What leaves before anything has come is there one piece
        after the other, however long the way is: nothing is judged by it."""
        return replace(self, quickest_s=inf, judged_at=inf, rates=())

    def had(self, took_s: float, carried: int, at: float) -> "Window":
        """The centre has a piece since `at`, `took_s` after it was given to the link; with it, `carried` bytes were under way."""
        well = self.well + 1
        most = min(LARGEST, 2 * self.most) if well % _PATIENCE == 0 else self.most
        now = replace(
            self,
            most=most,
            well=well,
            quickest_s=min(self.quickest_s, took_s),
            judged_at=min(self.judged_at, at),
        )
        return now if at - took_s < now.judged_at else now._judged(took_s, carried, at)

    def _judged(self, took_s: float, carried: int, at: float) -> "Window":
        rates = (*self.rates, carried / max(took_s, _INSTANT_S))[-_LATELY:]
        soon_s = self.quickest_s + QUEUED_S
        fits = max(rates) * soon_s
        size = fits if took_s > soon_s else max(self.size, fits)
        size = min(self.most, 2 * self.size, max(SMALLEST, self.size / 2, size))
        return replace(self, size=int(size), judged_at=at, rates=rates)

    def broken(self) -> "Window":
        """After a cut."""
        return Window(SMALLEST, max(2 * SMALLEST, self.size // _SHY))
