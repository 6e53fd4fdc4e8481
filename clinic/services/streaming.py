# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits leaves in one exchange, piece by piece, as the centre says over the doorbell what it has.

Without a doorbell nobody says so: then as much leaves as the link is asked for at once.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from clinic.protocol.envelope import unpack
from clinic.protocol.sync import SyncRequest
from clinic.services.desks import Desk
from clinic.services.syncing import following
from clinic.services.withdrawing import OnStore
from clinic.sync.window import LARGEST_PIECE, Window

_LONGEST = 32 * 1024 * 1024
"""Bytes of one exchange; what is left goes with the next."""
_PARTS = 16
"""Pieces of what a link is asked for at once, where nobody says what has come."""
_PATIENCE_S = 10.0
"""So long nothing is heard of what was sent, and the stream ends as if nothing more waited: the answer tells."""


class Stream:
    """Of one link, on its net loop. `sizes`: number and bytes of each envelope that left after the request."""

    def __init__(self) -> None:
        self.window, self.sizes = Window(), dict[int, int]()
        self._told, self._budget = False, 0
        self._sent_at: dict[int, float] = {}
        self._last = self._had = 0
        self._stopped, self._news = False, asyncio.Event()

    def heard_by(self, online: bool) -> None:
        """The doorbell is up, or it is not."""
        self._told = online
        self._news.set()

    def piece(self, byte_budget: int) -> int:
        """Bytes of the next piece on a link that is asked for so many at once."""
        return (
            self.window.piece
            if self._told
            else max(self.window.piece, min(LARGEST_PIECE, byte_budget // _PARTS))
        )

    def had(self, env_no: int) -> None:
        """The centre has everything up to that number. What it says of numbers that did not leave means nothing."""
        if self._had < env_no <= self._last:
            took_s = (
                asyncio.get_running_loop().time() - self._sent_at[env_no] if env_no in self._sent_at else None
            )
            self.window = self.window.had(took_s) if took_s is not None else self.window
            self._had = env_no
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
        self.sizes, self._sent_at, self._stopped = {}, {}, False
        numbers = [unpack(wire).header.env_no for wire in request.envelopes]
        self._had, self._last, self._budget = numbers[0] - 1, numbers[-1], request.byte_budget
        self._left(dict(zip(numbers, map(len, request.envelopes), strict=True)))

    async def flow(self, desk: Desk, on_store: OnStore) -> AsyncIterator[tuple[bytes, ...]]:
        """The envelopes that follow, a piece at a time; those of the first piece are not among them. Raises Unavailable for the
        disk."""
        first, self.sizes = self.sizes, {}
        under_way = dict(first)
        while await self._room(under_way):
            rows = await on_store(partial(following, desk, self._last, self.piece(self._budget)))
            if not rows:
                return
            piece = {row.env_no: len(row.wire) for row in rows}
            self._left(piece)
            under_way |= piece
            yield tuple(row.wire for row in rows)

    def _left(self, piece: dict[int, int]) -> None:
        self.sizes |= piece
        self._last = max(piece)
        self._sent_at[self._last] = asyncio.get_running_loop().time()

    async def _room(self, under_way: dict[int, int]) -> bool:
        """Waits until more may leave; False if the stream ends here."""
        while True:
            for number in [number for number in under_way if number <= self._had]:
                del under_way[number]
            left = sum(self.sizes.values())
            if self._stopped or left >= (_LONGEST if self._told else self._budget):
                return False
            if not self._told:
                return True
            if sum(under_way.values()) < self.window.size:
                return True
            self._news.clear()
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._news.wait()
            except TimeoutError:
                return False
