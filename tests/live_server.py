# SPDX-License-Identifier: GPL-3.0-or-later
"""Today's server app on a real port, in a thread of this process, so that a test can look at its desk too."""

import asyncio
import socket
import threading
from pathlib import Path
from types import TracebackType

import uvicorn

from clinic.domain.clock import Clock, Random, SystemClock
from sync_server.app import build, open_desk
from sync_server.book.where import Where
from sync_server.limits import SYNC_BODY, Bucket


class LiveServer:
    """Use as a context. Over either database; who asks often is not turned away, unless `hasty`."""

    def __init__(
        self,
        folder: Path,
        random: Random,
        where: Where | None = None,
        clock: Clock | None = None,
        hasty: bool = False,
    ) -> None:
        clock = clock or SystemClock()
        self.desk = open_desk(folder, clock, random, where)
        if not hasty:
            for name in ("knocks", "exchanges", "letters", "guesses"):
                setattr(self.desk, name, Bucket(clock, rate=1e6, burst=1e6))
        self.url = ""

    def __enter__(self) -> "LiveServer":
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            build(self.desk), log_config=None, access_log=False, server_header=False, date_header=False,
            ws="websockets-sansio", ws_max_size=SYNC_BODY, ws_ping_interval=None, timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=64 * 1024,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listening,))
        self._thread.start()
        return self

    def _run(self, listening: socket.socket) -> None:
        asyncio.run(self._server.serve([listening]))
        listening.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self.desk.book.close()
