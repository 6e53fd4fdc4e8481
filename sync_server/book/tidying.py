# SPDX-License-Identifier: GPL-3.0-or-later
"""Letting go of old envelopes' bytes. Their rows stay: place, number, hash and chain are compared for ever (decision 35)."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, and_, exists, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.envelope import P3_SNAPSHOT
from sync_server.book import computers
from sync_server.book.dialect import in_parts, shared
from sync_server.book.port import Lain, Pull, Reader, Shelf, Tag
from sync_server.book.tables import cursors, envelopes, scope_tags, scopes

GONE = 9
"""The priority of an envelope whose bytes were let go: less urgent than all that travels."""


def candidates(conn: Connection) -> tuple[ScopeId, ...]:
    """Patients' scopes with parts of snapshots."""
    e = envelopes.c
    rows = conn.execute(
        select(e.scope).where(e.scope.like("p:%"), e.priority == P3_SNAPSHOT).distinct().order_by(e.scope)
    )
    return tuple(ScopeId(row[0]) for row in rows)


def tidy(conn: Connection, scope: ScopeId, decide: Callable[[Shelf], Iterable[int]], dry: bool) -> int:
    """Looks at one scope, and lets go of what `decide` says, in the same commit. How many envelopes."""
    if shared(conn):
        conn.execute(select(scopes.c.head).where(scopes.c.scope == scope).with_for_update())
    wanted = sorted(decide(_shelf(conn, scope)))
    if not dry:
        for some in in_parts(wanted):
            conn.execute(
                update(envelopes)
                .where(envelopes.c.scope == scope, envelopes.c.seq.in_(some))
                .values(wire=b"", priority=GONE)
            )
    return len(wanted)


def _shelf(conn: Connection, scope: ScopeId) -> Shelf:
    e = envelopes.c
    rows = conn.execute(
        select(e.seq, e.device, e.incarnation, e.priority, e.received_at, e.digest, e.chain, e.wire)
        .where(e.scope == scope, e.priority < GONE)
        .order_by(e.seq)
    )
    lain = tuple(
        Lain(int(seq), DeviceId(device), int(incarnation), int(priority), int(at), digest, chain, wire)
        for seq, device, incarnation, priority, at, digest, chain, wire in rows
    )
    tags = conn.execute(select(scope_tags.c.tag).where(scope_tags.c.scope == scope))
    at = {
        DeviceId(device): int(seq)
        for device, seq in conn.execute(
            select(cursors.c.device, cursors.c.seq).where(cursors.c.scope == scope)
        )
    }
    readers = {
        device: Reader(seen_at, takes, at.get(device, 0))
        for device, seen_at, takes in computers.readers(conn)
    }
    return Shelf(scope, frozenset(Tag(row[0]) for row in tags), lain, readers)


def gone_ahead(conn: Connection, pull: Pull) -> bool:
    """True if a device that may read it still needs what was let go, and an older program would not find it in the snapshot."""
    readable = exists().where(
        scope_tags.c.scope == envelopes.c.scope, scope_tags.c.tag.in_(sorted(pull.reads))
    )
    here = and_(cursors.c.scope == envelopes.c.scope, cursors.c.device == pull.device)
    lacks = (
        select(envelopes.c.seq)
        .select_from(envelopes.outerjoin(cursors, here))
        .where(readable, envelopes.c.priority == GONE, envelopes.c.seq > func.coalesce(cursors.c.seq, 0))
        .where(or_(envelopes.c.device != pull.device, envelopes.c.incarnation != pull.incarnation))
        .limit(1)
    )
    return conn.execute(lacks).first() is not None


def has_gone(conn: Connection, scope: ScopeId, after: int) -> bool:
    """True if envelopes of a scope behind that place were let go."""
    e = envelopes.c
    found = select(e.seq).where(e.scope == scope, e.seq > after, e.priority == GONE).limit(1)
    return conn.execute(found).first() is not None


def own_part_again() -> ColumnElement[bool]:
    """A device that may need a snapshot is sent it, also its own: it stands for what was let go before it."""
    e, gone = envelopes.c, envelopes.alias("gone")
    before = exists().where(gone.c.scope == e.scope, gone.c.priority == GONE, gone.c.seq < e.seq)
    return and_(e.priority == P3_SNAPSHOT, before)
