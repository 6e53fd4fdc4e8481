# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device's cursors, kept here so that a device with nothing new need not name a thousand scopes."""

from sqlalchemy import Connection, delete, func, select

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Cursor
from clinic.sync.exchange import cursor_digest
from sync_server.book.dialect import lay
from sync_server.book.port import Pull
from sync_server.book.tables import cursors, scopes


def move(conn: Connection, pull: Pull) -> bool:
    """Notes what the device has applied. False: the vectors differ and it must name all of them."""
    if pull.all_cursors:
        conn.execute(delete(cursors).where(cursors.c.device == pull.device))
    told = ({"device": pull.device, "scope": one.scope, "seq": one.seq} for one in pull.cursors)
    lay(conn, cursors, *told, renew=("seq",))
    vector = _vector(conn, pull.device)
    return (pull.digest or cursor_digest({})) == cursor_digest(vector)


def ahead(conn: Connection, named: tuple[Cursor, ...]) -> bool:
    """True if a device has applied more than this book holds: it has been put back to an older state."""
    for cursor in named:
        head = conn.execute(select(func.max(scopes.c.head)).where(scopes.c.scope == cursor.scope)).scalar()
        if cursor.seq > int(head or 0):
            return True
    return False


def _vector(conn: Connection, device: DeviceId) -> dict[ScopeId, int]:
    rows = conn.execute(select(cursors.c.scope, cursors.c.seq).where(cursors.c.device == device))
    return {ScopeId(scope): int(seq) for scope, seq in rows}
