# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new computer needs first: whoever came lately, as far as a screen needs it, scope by scope.

Of a scope with something recent go what is recent, all that is pressing (P0 and P1: a consent that was taken back counts
whatever its age), how it begins (who it is about), and the grants of its keys; the organisation's own goes whole. Of all others
go the P0, if they are asked for, and the grants that open them.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.ids import ScopeId
from clinic.protocol.codec import Malformed
from clinic.protocol.envelope import ALG_KEY_GRANT, P0_ALERT, P1_TALK, P3_SNAPSHOT, unpack
from sync_server.book.ingest import micros
from sync_server.book.port import Look, Looked
from sync_server.book.tables import envelopes, scope_tags, scopes
from sync_server.book.tidying import GONE

BEGINNING = 3
"""Envelopes of a scope that tell who it is about: the person, the first consent; before them the grant, where a key was drawn."""
_GRANT = 600
"""Bytes of a grant, at most; what is as small is looked at."""


def look(conn: Connection, wanted: Look) -> Looked:
    """One part, within the byte budget; at least one envelope if there is one."""
    found: list[bytes] = []
    room, at = wanted.byte_budget, (wanted.after_scope, wanted.after_seq)
    for scope, near in _scopes(conn, wanted):
        after = wanted.after_seq if scope == wanted.after_scope else 0
        for seq, wire in _of(conn, wanted, scope, near, after):
            if found and len(wire) > room:
                return Looked(tuple(found), *at, more=True)
            room -= len(wire)
            found.append(wire)
            at = (scope, seq)
    return Looked(tuple(found), *at, more=False)


def _scopes(conn: Connection, wanted: Look) -> list[tuple[ScopeId, bool]]:
    """Scopes the device may read, from the one on where the last part ended, each with whether it has something recent."""
    readable = exists().where(
        scope_tags.c.scope == scopes.c.scope, scope_tags.c.tag.in_(sorted(wanted.reads))
    )
    last = and_(envelopes.c.scope == scopes.c.scope, envelopes.c.seq == scopes.c.head)
    written = envelopes.alias("written")
    alerts = exists().where(envelopes.c.scope == scopes.c.scope, envelopes.c.priority <= P0_ALERT)
    since = micros(wanted.since)
    anything = exists().where(
        written.c.scope == scopes.c.scope, written.c.received_at >= since, written.c.priority < P3_SNAPSHOT
    )
    lately = (
        select(scopes.c.scope)
        .join(envelopes, last)
        .where(readable, envelopes.c.received_at >= since)
        .where(or_(envelopes.c.priority < P3_SNAPSHOT, anything))
    )
    near = {str(row[0]) for row in conn.execute(lately)}
    near |= {
        str(row[0]) for row in conn.execute(select(scopes.c.scope).where(readable, _whole(scopes.c.scope)))
    }
    far: set[str] = set()
    if wanted.alerts:
        far = {str(row[0]) for row in conn.execute(select(scopes.c.scope).where(readable, alerts))} - near
    return [(ScopeId(name), name in near) for name in sorted(near | far) if name >= wanted.after_scope]


def _whole(scope: "ColumnElement[str]") -> ColumnElement[bool]:
    return scope.like("o:%")


def _of(
    conn: Connection, wanted: Look, scope: ScopeId, near: bool, after: int
) -> Iterator[tuple[int, bytes]]:
    e = envelopes.c
    needed = e.priority <= P0_ALERT
    if near:
        recent = and_(e.received_at >= micros(wanted.since), e.priority < P3_SNAPSHOT)
        needed = or_(e.priority <= P1_TALK, recent, e.seq <= BEGINNING, _whole(e.scope))
    small = func.length(e.wire) <= _GRANT
    rows = conn.execute(
        select(e.seq, needed, e.wire)
        .where(e.scope == scope, e.seq > after, e.priority < GONE, or_(needed, small))
        .order_by(e.seq)
    )
    for seq, asked, wire in rows:
        if asked or _is_grant(wire):
            yield int(seq), wire
    rows.close()


def _is_grant(wire: bytes) -> bool:
    try:
        return unpack(wire).header.alg == ALG_KEY_GRANT
    except Malformed:
        return False
