# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device's cursors, kept here so that a device with nothing new need not name a thousand scopes."""

from sqlalchemy import Connection, delete, func, select

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Cursor
from clinic.sync.exchange import cursor_digest
from sync_server.book.dialect import lay
from sync_server.book.port import Pull
from sync_server.book.tables import cursors, envelopes, scopes


def move(conn: Connection, pull: Pull) -> bool:
    """Notes what the device has applied. False: the vectors differ and it must name all of them."""
    if pull.all_cursors:
        conn.execute(delete(cursors).where(cursors.c.device == pull.device))
    told = ({"device": pull.device, "scope": one.scope, "seq": one.seq} for one in pull.cursors)
    lay(conn, cursors, *told, renew=("seq",))
    vector = _vector(conn, pull.device)
    return (pull.digest or cursor_digest({})) == cursor_digest(vector)


def of_another_past(conn: Connection, named: tuple[Cursor, ...]) -> bool:
    """True if a device has applied what this book does not hold: more than there is, or something else in the same place.
    The book has been put back to an older state, and may have grown again since."""
    return any(_is_ahead(conn, cursor) or _was_another(conn, cursor) for cursor in named)


def _is_ahead(conn: Connection, cursor: Cursor) -> bool:
    head = conn.execute(select(func.max(scopes.c.head)).where(scopes.c.scope == cursor.scope)).scalar()
    return cursor.seq > int(head or 0)


def _was_another(conn: Connection, cursor: Cursor) -> bool:
    """An older device names no chain; what is not here any more cannot be compared."""
    if not cursor.chain:
        return False
    here = (envelopes.c.scope == cursor.scope, envelopes.c.seq == cursor.seq)
    chain = conn.execute(select(envelopes.c.chain).where(*here)).scalar()
    return chain is not None and not bytes(chain).startswith(cursor.chain)


def _vector(conn: Connection, device: DeviceId) -> dict[ScopeId, int]:
    rows = conn.execute(select(cursors.c.scope, cursors.c.seq).where(cursors.c.device == device))
    return {ScopeId(scope): int(seq) for scope, seq in rows}
