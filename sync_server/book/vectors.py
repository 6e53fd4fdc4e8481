# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device's cursors, kept here so that a device with nothing new need not name a thousand scopes."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, tuple_

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Cursor
from clinic.sync.exchange import cursor_digest
from sync_server.book.dialect import in_parts, lay
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
    return any(_are_ahead(conn, some) or _were_others(conn, some) for some in in_parts(named))


def _are_ahead(conn: Connection, named: Sequence[Cursor]) -> bool:
    known = select(scopes.c.scope, scopes.c.head).where(scopes.c.scope.in_([one.scope for one in named]))
    heads = {scope: int(head) for scope, head in conn.execute(known)}
    return any(one.seq > heads.get(one.scope, 0) for one in named)


def _were_others(conn: Connection, named: Sequence[Cursor]) -> bool:
    """An older device names no chain; what is not here any more cannot be compared."""
    places = {(one.scope, one.seq): one.chain for one in named if one.chain}
    at = tuple_(envelopes.c.scope, envelopes.c.seq).in_(list(places))
    here = conn.execute(select(envelopes.c.scope, envelopes.c.seq, envelopes.c.chain).where(at))
    return any(not bytes(chain).startswith(places[scope, int(seq)]) for scope, seq, chain in here)


def _vector(conn: Connection, device: DeviceId) -> dict[ScopeId, int]:
    rows = conn.execute(select(cursors.c.scope, cursors.c.seq).where(cursors.c.device == device))
    return {ScopeId(scope): int(seq) for scope, seq in rows}
