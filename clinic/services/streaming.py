# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits leaves in one exchange, piece by piece, as the centre says over the doorbell what it has.

Without a doorbell nobody says so: then as much leaves as the link is asked for at once.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from clinic.domain.clock import Clock
from clinic.protocol.envelope import unpack
from clinic.protocol.sync import SyncRequest
from clinic.services.desks import Desk
from clinic.services.leaving import Line
from clinic.services.syncing import following
from clinic.services.withdrawing import OnStore
from clinic.sync.window import LARGEST_PIECE, Window

_LONGEST = 32 * 1024 * 1024
"""Bytes of one exchange; what is left goes with the next."""
_PARTS = 16
"""Pieces of what a link is asked for at once, where nobody says what has come."""
_AHEAD = 2
"""So small a part of the window is numbered ahead of its piece: little that can be overtaken no more, and few transactions."""
_PATIENCE_S = 10.0
"""So long nothing is heard of what was sent, and the stream ends as if nothing more waited: the answer tells."""


class Stream:
    """Of one link, on its net loop. `sizes`: number and bytes of each envelope that left after the request."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._line = clock, Line()
        self.window, self.sizes = Window(), dict[int, int]()
        self._told, self._budget = False, 0
        self._under_way: dict[int, int] = {}
        self._sent_at: dict[int, tuple[float, int]] = {}
        """Last number of a piece -> when it left, and the bytes that were under way with it."""
        self._last = 0
        self._stopped, self._news = False, asyncio.Event()

    def heard_by(self, online: bool) -> None:
        """The doorbell is up, or it is not."""
        self._told = online
        self._news.set()

    def piece(self, byte_budget: int) -> int:
        """Bytes of the next piece on a link that is asked for so many at once."""
        blind = 0 if self._told else min(LARGEST_PIECE, byte_budget // _PARTS)
        return max(self.window.piece, blind)

    def new_line(self) -> Line:
        """What waits, read once for an exchange: for its request, and what follows that."""
        self._line = Line()
        return self._line

    def had(self, env_no: int) -> None:
        """The centre has everything up to that number. What it says of numbers that are not under way means nothing."""
        if env_no not in self._under_way:
            return
        if (sent := self._sent_at.get(env_no)) is not None:
            now, (sent_at, carried) = self._clock.monotonic(), sent
            self.window = self.window.had(now - sent_at, carried, now)
        self._under_way = {number: size for number, size in self._under_way.items() if number > env_no}
        self._news.set()

    def broken(self) -> None:
        """An exchange came to nothing."""
        self.window = self.window.broken()

    def stop(self) -> None:
        """Something waits at the other side: it comes before more leaves."""
        self._stopped = True
        self._news.set()

    def begin(self, request: SyncRequest) -> None:
        """A new exchange, which begins with the envelopes of the request."""
        self.sizes, self._under_way, self._sent_at = {}, {}, {}
        self.window = self.window.begun()
        self._stopped, self._budget = False, request.byte_budget
        self._left({unpack(wire).header.env_no: len(wire) for wire in request.envelopes})

    async def flow(self, desk: Desk, on_store: OnStore) -> AsyncIterator[tuple[bytes, ...]]:
        """The envelopes that follow those of the request, a piece at a time. Raises Unavailable for the disk."""
        while await self._room():
            size = self.piece(self._budget)
            ahead = max(size, self.window.size // _AHEAD)
            rows = await on_store(partial(following, desk, self._last, size, ahead, self._line))
            if not rows:
                return
            piece = {row.env_no: len(row.wire) for row in rows}
            self.sizes |= piece
            self._left(piece)
            yield tuple(row.wire for row in rows)

    def _left(self, piece: dict[int, int]) -> None:
        self._under_way |= piece
        self._last = max(piece)
        self._sent_at[self._last] = self._clock.monotonic(), sum(self._under_way.values())

    async def _room(self) -> bool:
        """Waits until more may leave; False if the stream ends here."""
        while not self._stopped and sum(self.sizes.values()) < (_LONGEST if self._told else self._budget):
            if not self._told or sum(self._under_way.values()) < self.window.size:
                return True
            self._news.clear()
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._news.wait()
            except TimeoutError:
                return False
        return False
