# SPDX-License-Identifier: GPL-3.0-or-later
"""uvicorn as this server runs it: says where it listens, and stops in good order.

A first signal ends nothing that is under way: sockets are told, new requests hear "try again" with a Retry-After, and
when the last exchange is answered (at most after PATIENCE_S) the server stops. A second signal stops it at once.
"""

import asyncio
import logging
import socket
from types import FrameType

import uvicorn

from clinic.domain.errors import PostaError
from sync_server import tidying
from sync_server.book.copying import asked_in
from sync_server.copies import copy_as_asked
from sync_server.desk import Desk

PATIENCE_S = 20
TIDIES_EACH_S = 24 * 3_600
FIRST_TIDY_S = 3_600
"""After the start."""
_log = logging.getLogger("posta.server")


class Host(uvicorn.Server):
    """One server process around a desk."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk, self._since = desk, 0.0
        self._tidy_at = desk.clock.monotonic() + FIRST_TIDY_S
        self._tidies: asyncio.Future[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then one line on stdout."""
        await super().startup(sockets)
        for listening in sockets or []:
            host, port = listening.getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            print(f"listening on {scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the end; the second one is it."""
        if self._desk.stopping:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._desk.stopping = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; True ends the server."""
        if self._desk.stopping and not self.should_exit:
            await self._wind_down()
        elif counter % 10 == 0:
            if asked_in(self._desk.folder):
                await copy_as_asked(self._desk)
            self._tidy_in_time()
        return await super().on_tick(counter)

    def _tidy_in_time(self) -> None:
        """A round at a time, beside what is served."""
        now = self._desk.clock.monotonic()
        if self._tidies is not None and not self._tidies.done():
            return
        if tidying.asked_in(self._desk.folder):
            self._tidies = asyncio.ensure_future(tidying.tidy_as_asked(self._desk))
        elif now >= self._tidy_at:
            self._tidy_at = now + TIDIES_EACH_S
            self._tidies = asyncio.ensure_future(self._tidy())

    async def _tidy(self) -> None:
        try:
            await tidying.tidy_up(self._desk)
        except PostaError as error:
            _log.error("not tidied: %s", type(error).__name__)

    async def _wind_down(self) -> None:
        now = self._desk.clock.monotonic()
        if not self._since:
            self._since = now
            await self._desk.bells.stopping()
        elif not self._desk.under_way or now - self._since > PATIENCE_S:
            self.should_exit = True
