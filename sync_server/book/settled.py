# SPDX-License-Identifier: GPL-3.0-or-later
"""How far each device is settled: what its cursors came to when they were last compared, and before which moment no scope
moved that still has something for it. So an exchange looks at what is new, whatever lies behind it.

A row is a short way to what the tables of scopes and cursors say in full. Without one, or when what it was written for is no
more (another incarnation, other teams, a cursor that went back, a book that came from elsewhere), everything is looked at once.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, delete, select

from clinic.domain.ids import DeviceId
from sync_server.book import tables
from sync_server.book.dialect import lay
from sync_server.book.port import Pull

_HOW_FAR = select(
    tables.settled.c.incarnation, tables.settled.c.reads, tables.settled.c.digest, tables.settled.c.mark
).where(tables.settled.c.device == bindparam("me"))
_FORGET = delete(tables.settled)


@dataclass(frozen=True, slots=True)
class Settled:
    """`digest`: of the vector as it lies in the book, b'' if it was not compared yet; `mark`: what moved before it holds
    nothing more for the device."""

    incarnation: int
    reads: bytes
    digest: bytes = b""
    mark: int = 0


def settled(conn: Connection, pull: Pull) -> Settled:
    """How far that device is, as far as it still holds."""
    reads = _reads(pull)
    row = conn.execute(_HOW_FAR, {"me": pull.device}).first()
    if row is None:
        return Settled(pull.incarnation, reads)
    same = (int(row[0]), bytes(row[1])) == (pull.incarnation, reads)
    return Settled(pull.incarnation, reads, bytes(row[2]), int(row[3]) if same else 0)


def keep(conn: Connection, device: DeviceId, before: Settled, **now: object) -> None:
    """It is so far now."""
    after = replace(before, **now)  # type: ignore[arg-type]
    row = {"incarnation": after.incarnation, "reads": after.reads, "digest": after.digest, "mark": after.mark}
    lay(conn, tables.settled, {"device": device, **row}, renew=tuple(row))


def forget(conn: Connection) -> None:
    """Nobody is settled: the book is not the one it was."""
    conn.execute(_FORGET)


def _reads(pull: Pull) -> bytes:
    return blake2b("\n".join(sorted(pull.reads)).encode(), digest_size=16).digest()
