# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out next: what is urgent first, never out of order within a scope, at most the byte budget.

All scopes' envelopes up to their last P0 go first (a P0 behind others takes them along), then up to the last
P1, and so on.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, exists, func, not_, select
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.ids import ScopeId
from clinic.protocol.sync import Cursor, Sequenced
from sync_server.book.port import Pull
from sync_server.book.tables import cursors, envelopes, scope_tags, scopes

MAX_HEADS = 1_000
MAX_ENVELOPES = 2_000


@dataclass(slots=True)
class _Page:
    room: int
    sent: list[Sequenced] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    full: bool = False

    def add(self, item: Sequenced) -> None:
        size = len(item.envelope)
        if self.sent and (size > self.room or len(self.sent) >= MAX_ENVELOPES):
            self.full = True
            return
        self.room -= size
        self.sent.append(item)
        self.reached[item.scope] = item.seq


def page(conn: Connection, pull: Pull) -> tuple[tuple[Sequenced, ...], tuple[Cursor, ...]]:
    """Envelopes for the device, and the last seqs of the scopes that have more for it than these."""
    waiting = _waiting(conn, pull)
    out = _Page(room=pull.byte_budget)
    last: dict[str, int] = {}
    for _, scope, seen, upto in waiting:
        out.reached.setdefault(scope, seen)
        last[scope] = max(last.get(scope, 0), upto)
        if not out.full:
            _fill(conn, pull, out, scope, upto)
    behind = [
        Cursor(scope=ScopeId(scope), seq=seq) for scope, seq in last.items() if out.reached[scope] < seq
    ]
    return tuple(out.sent), tuple(behind[:MAX_HEADS])


def scope_part(
    conn: Connection, scope: ScopeId, after: int, byte_budget: int
) -> tuple[tuple[Sequenced, ...], bool]:
    """Envelopes of one scope after a seq, whoever wrote them; whether there are more."""
    out = _Page(room=byte_budget)
    rows = conn.execute(
        select(envelopes.c.seq, envelopes.c.chain, envelopes.c.wire)
        .where(envelopes.c.scope == scope, envelopes.c.seq > after)
        .order_by(envelopes.c.seq)
        .limit(MAX_ENVELOPES + 1)
    )
    for seq, chain, wire in rows:
        out.add(Sequenced(scope=scope, seq=int(seq), chain=chain, envelope=wire))
        if out.full:
            break
    rows.close()
    return tuple(out.sent), out.full


def _of_others(pull: Pull) -> ColumnElement[bool]:
    """A device is never sent what it wrote itself in this incarnation."""
    return not_(and_(envelopes.c.device == pull.device, envelopes.c.incarnation == pull.incarnation))


def _waiting(conn: Connection, pull: Pull) -> list[tuple[int, str, int, int]]:
    """(priority, scope, cursor, last seq of that priority), the most urgent first."""
    seen = func.coalesce(cursors.c.seq, 0)
    readable = exists().where(scope_tags.c.scope == scopes.c.scope, scope_tags.c.tag.in_(sorted(pull.reads)))
    mine = and_(cursors.c.scope == scopes.c.scope, cursors.c.device == pull.device)
    query = (
        select(envelopes.c.priority, scopes.c.scope, seen, func.max(envelopes.c.seq))
        .select_from(scopes.outerjoin(cursors, mine).join(envelopes, envelopes.c.scope == scopes.c.scope))
        .where(readable, scopes.c.head > seen, envelopes.c.seq > seen, _of_others(pull))
        .group_by(scopes.c.scope, envelopes.c.priority, cursors.c.seq)
        .order_by(envelopes.c.priority, scopes.c.scope)
    )
    return [(int(p), str(scope), int(at), int(upto)) for p, scope, at, upto in conn.execute(query)]


def _fill(conn: Connection, pull: Pull, out: _Page, scope: str, upto: int) -> None:
    rows = conn.execute(
        select(envelopes.c.seq, envelopes.c.chain, envelopes.c.wire)
        .where(
            envelopes.c.scope == scope,
            envelopes.c.seq > out.reached[scope],
            envelopes.c.seq <= upto,
            _of_others(pull),
        )
        .order_by(envelopes.c.seq)
        .limit(MAX_ENVELOPES + 1)
    )
    for seq, chain, wire in rows:
        out.add(Sequenced(scope=ScopeId(scope), seq=int(seq), chain=chain, envelope=wire))
        if out.full:
            break
    rows.close()
