# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of what is sent may be under way: so much that the link is never idle, so little that nothing pressing queues
behind it.

Between here and the centre lie buffers that take whatever they are given (a modem's, a proxy's), and TCP fills them. What the
centre says it has is the only measure: the window grows while a piece is there within a second, and shrinks when one takes two.
What is under way when a link is cut is lost, so after a cut it stays small until much has arrived.
"""

from dataclasses import dataclass

SMALLEST, LARGEST = 8_192, 512 * 1024
"""Bytes: a second at 64 kbit/s; a link's worth at 4 Mbit/s and 1 s."""
SOON_S, LATE_S = 1.0, 2.0
_PIECES = 4
SMALLEST_PIECE, LARGEST_PIECE = 4_096, 65_536
"""Bytes of what is made durable together: at least a few records, at most what the centre commits at once."""
_SHY = 32
"""A link that was cut is trusted with so small a part of what it had."""
_PATIENCE = 64
"""Pieces that arrive in a row before a link that broke is trusted with twice as much."""


@dataclass(frozen=True, slots=True)
class Window:
    """`size`: bytes that may be under way; `most`: what the link is trusted with; `well`: pieces since it broke."""

    size: int = 2 * SMALLEST
    most: int = LARGEST
    well: int = 0

    @property
    def piece(self) -> int:
        """Bytes of the next piece."""
        return min(LARGEST_PIECE, max(SMALLEST_PIECE, self.size // _PIECES))

    def had(self, took_s: float) -> "Window":
        """After a piece that the centre had so many seconds after it was given to the link."""
        well = self.well + 1
        most = min(LARGEST, 2 * self.most) if well % _PATIENCE == 0 else self.most
        size = self.size
        if took_s <= SOON_S:
            size = min(most, 2 * size)
        elif took_s >= LATE_S:
            size = max(SMALLEST, size // 2)
        return Window(size, most, well)

    def broken(self) -> "Window":
        """After a cut."""
        return Window(SMALLEST, max(2 * SMALLEST, self.size // _SHY))
