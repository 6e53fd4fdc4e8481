# SPDX-License-Identifier: GPL-3.0-or-later
"""The centre of a simulated organisation: the real routes and the real book, which can be put back to an earlier copy."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.applications import Starlette

from clinic.domain.clock import FrozenClock
from clinic.domain.ids import DeviceId, ScopeId
from simulator.chance import Chance
from sync_server.app import open_desk, routes
from sync_server.book import tables
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
            self.desk.book.at_start(lambda book: book.renew_epoch())

    def lying(self) -> tuple[Lying, ...]:
        """Every envelope, by scope and seq."""
        e = tables.envelopes.c
        asked = select(e.scope, e.seq, e.device, e.incarnation, e.env_no, e.wire).order_by(e.scope, e.seq)

        def look(book: Any) -> tuple[Lying, ...]:
            with book._unit() as conn:
                return tuple(Lying(*row) for row in conn.execute(asked))

        return self.desk.book.at_start(look)

    def heads(self) -> Mapping[ScopeId, int]:
        def look(book: Any) -> dict[ScopeId, int]:
            with book._unit() as conn:
                return {ScopeId(row[0]): int(row[1]) for row in conn.execute(select(tables.scopes))}

        return self.desk.book.at_start(look)

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob(FILE + "*")))
