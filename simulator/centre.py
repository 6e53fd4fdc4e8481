# SPDX-License-Identifier: GPL-3.0-or-later
"""The centre of a simulated organisation: the real routes and the real book, which can be put back to an earlier copy."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from clinic.domain.clock import FrozenClock
from clinic.domain.ids import DeviceId, ScopeId
from simulator.chance import Chance
from sync_server.app import open_desk, routes
from sync_server.book.tidying import GONE
from sync_server.book.where import FILE


@dataclass(frozen=True)
class Lying:
    """An envelope as it lies at the centre."""

    scope: ScopeId
    seq: int
    device: DeviceId
    incarnation: int
    env_no: int
    wire: bytes


class Centre:
    """Opened when made."""

    def __init__(self, folder: Path, clock: FrozenClock, chance: Chance) -> None:
        self.folder, self._clock, self._chance = folder, clock, chance
        self._open()

    def _open(self) -> None:
        self.desk = open_desk(self.folder, self._clock, self._chance)
        self.app = Starlette(routes=routes())
        self.app.state.desk = self.desk

    def close(self) -> None:
        self.desk.book.close()

    def copy_to(self, file: Path) -> None:
        """As `posta server backup` copies it, while it serves."""
        self.desk.book.at_start(lambda book: book.copy_to(file))

    def put_back(self, copy: Path, told: bool) -> None:
        """Serve from an earlier copy. `told`: whoever did so says so (`posta server --restored`)."""
        self.close()
        for beside in ("", "-wal", "-shm"):
            (self.folder / (FILE + beside)).unlink(missing_ok=True)
        shutil.copy(copy, self.folder / FILE)
        self._open()
        if told:
            self.renew_epoch()

    def renew_epoch(self) -> None:
        """As `posta server --restored`: everybody asks for everything once more."""
        self.desk.book.at_start(lambda book: book.renew_epoch())

    def breaks_off_after(self, steps: int | None) -> None:
        """After so many times twenty steps of SQLite from now its store gives up what it is asked; None: no more."""
        left = [steps or 0]

        def give_up() -> int:
            left[0] -= 1
            return int(left[0] < 0)

        with self._driver() as driver:
            driver.set_progress_handler(None if steps is None else give_up, 20)

    def lying(self) -> tuple[Lying, ...]:
        """Every envelope that was not let go, by scope and seq."""
        rows = self._all(
            "SELECT scope, seq, device, incarnation, env_no, wire FROM envelopes "
            f"WHERE priority < {GONE} ORDER BY scope, seq"
        )
        return tuple(Lying(*row) for row in rows)

    def heads(self) -> Mapping[ScopeId, int]:
        return {ScopeId(row[0]): int(row[1]) for row in self._all("SELECT scope, head FROM scopes")}

    def _all(self, asked: str) -> list[Any]:
        """Asked of the file's own connection: it is looked at after every exchange."""
        with self._driver() as driver:
            return list(driver.execute(asked))

    @contextmanager
    def _driver(self) -> Iterator[Any]:
        book: Any = self.desk.book.at_start(lambda here: here)
        raw = book._engine.raw_connection()
        try:
            yield raw.driver_connection
        finally:
            raw.close()

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob(FILE + "*")))
