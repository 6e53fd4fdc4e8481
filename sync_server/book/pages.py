# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out next: what is urgent first, never out of order within a scope, at most the byte budget.

All scopes' envelopes up to their last P0 go first (a P0 behind others takes them along), then up to the last
P1, and so on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, not_, or_, select

from clinic.domain.ids import ScopeId
from clinic.protocol.sync import Cursor, Sequenced
from sync_server.book.dialect import horizon
from sync_server.book.port import Pull
from sync_server.book.tables import cursors, envelopes, scope_tags, scopes
from sync_server.book.tidying import GONE, own_part_again

MAX_HEADS = 1_000
MAX_ENVELOPES = 2_000
FEW = 64
"""As many as this are read together, whatever their scopes."""
_Row = tuple[Any, ...]
"""(seq, chain, wire)."""


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


def page(conn: Connection, pull: Pull, mark: int) -> tuple[tuple[Sequenced, ...], tuple[Cursor, ...], int]:
    """Envelopes for the device, the last seqs of the scopes that have more for it than these, and its mark from now on
    (`settled`): what moved before `mark` is not looked at."""
    here = horizon(conn)
    waiting = _waiting(conn, pull, mark if mark <= here else 0)
    ready = _ready(conn, pull, {one.scope for one in waiting}) if _are_few(waiting) else None
    out = _Page(room=pull.byte_budget)
    last: dict[str, int] = {}
    for one in waiting:
        out.reached.setdefault(one.scope, one.seen)
        last[one.scope] = max(last.get(one.scope, 0), one.upto)
        if not out.full:
            rows = _rows(conn, pull, out.reached[one.scope], one) if ready is None else ready[one.scope]
            _fill(out, rows, one)
    behind = [
        Cursor(scope=ScopeId(scope), seq=seq) for scope, seq in last.items() if out.reached[scope] < seq
    ]
    return tuple(out.sent), tuple(behind[:MAX_HEADS]), min([here, *(one.moved for one in waiting)])


def scope_part(
    conn: Connection, scope: ScopeId, after: int, byte_budget: int
) -> tuple[tuple[Sequenced, ...], bool]:
    """Envelopes of one scope after a seq, whoever wrote them; whether there are more."""
    out = _Page(room=byte_budget)
    rows = conn.execute(
        select(envelopes.c.seq, envelopes.c.chain, envelopes.c.wire)
        .where(envelopes.c.scope == scope, envelopes.c.seq > after, envelopes.c.priority < GONE)
        .order_by(envelopes.c.seq)
        .limit(MAX_ENVELOPES + 1)
    )
    for seq, chain, wire in rows:
        out.add(Sequenced(scope=scope, seq=int(seq), chain=chain, envelope=wire))
        if out.full:
            break
    rows.close()
    return tuple(out.sent), out.full


_mine = and_(envelopes.c.device == bindparam("me"), envelopes.c.incarnation == bindparam("life"))
_for_it = and_(envelopes.c.priority < GONE, or_(not_(_mine), own_part_again()))
"""A device is never sent what it wrote itself in this incarnation, but for a snapshot it may need. What was let go is passed
over: the snapshot comes after it."""
_seen = func.coalesce(cursors.c.seq, 0)
_readable = (
    scope_tags.c.scope == scopes.c.scope, scope_tags.c.tag.in_(bindparam("tags", expanding=True)),
)  # fmt: skip
_with_cursors = scopes.outerjoin(
    cursors, and_(cursors.c.scope == scopes.c.scope, cursors.c.device == bindparam("me"))
).join(envelopes, and_(envelopes.c.scope == scopes.c.scope, envelopes.c.seq > _seen))
_WAITING = (
    select(
        envelopes.c.priority, scopes.c.scope, _seen, func.max(envelopes.c.seq), func.count(), scopes.c.moved
    )
    .select_from(_with_cursors)
    .where(scopes.c.moved >= bindparam("mark"), exists().where(*_readable), scopes.c.head > _seen, _for_it)
    .group_by(scopes.c.scope, scopes.c.moved, envelopes.c.priority, cursors.c.seq)
    .order_by(envelopes.c.priority, scopes.c.scope)
)
_READY = (
    select(envelopes.c.scope, envelopes.c.seq, envelopes.c.chain, envelopes.c.wire)
    .select_from(_with_cursors)
    .where(scopes.c.scope.in_(bindparam("places", expanding=True)), _for_it)
    .order_by(envelopes.c.scope, envelopes.c.seq)
)
_PART = (
    select(envelopes.c.seq, envelopes.c.chain, envelopes.c.wire)
    .where(
        envelopes.c.scope == bindparam("place"), envelopes.c.seq > bindparam("after"),
        envelopes.c.seq <= bindparam("upto"), _for_it,
    )
    .order_by(envelopes.c.seq)
    .limit(MAX_ENVELOPES + 1)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits in a scope at one priority: after which seq, up to which, how many, and when the scope moved last."""

    scope: str
    seen: int
    upto: int
    count: int
    moved: int


def _waiting(conn: Connection, pull: Pull, mark: int) -> list[_Waiting]:
    """The most urgent first, of the scopes that moved since."""
    found = conn.execute(_WAITING, {**_whose(pull), "tags": sorted(pull.reads), "mark": mark})
    return [_Waiting(str(scope), *map(int, numbers)) for _, scope, *numbers in found]


def _are_few(waiting: list[_Waiting]) -> bool:
    return sum(one.count for one in waiting) <= FEW


def _ready(conn: Connection, pull: Pull, places: set[str]) -> dict[str, list[_Row]]:
    """All that waits in those scopes, asked for once."""
    rows: dict[str, list[_Row]] = {place: [] for place in places}
    if places:
        for scope, *row in conn.execute(_READY, {**_whose(pull), "places": sorted(places)}):
            rows[scope].append(tuple(row))
    return rows


def _rows(conn: Connection, pull: Pull, after: int, one: _Waiting) -> Iterator[_Row]:
    """One scope's, read no further than somebody looks."""
    rows = conn.execute(_PART, {**_whose(pull), "place": one.scope, "after": after, "upto": one.upto})
    try:
        yield from (tuple(row) for row in rows)
    finally:
        rows.close()


def _fill(out: _Page, rows: Iterable[_Row], one: _Waiting) -> None:
    for seq, chain, wire in rows:
        if out.reached[one.scope] < seq <= one.upto:
            out.add(Sequenced(scope=ScopeId(one.scope), seq=int(seq), chain=chain, envelope=wire))
            if out.full:
                break


def _whose(pull: Pull) -> dict[str, object]:
    return {"me": pull.device, "life": pull.incarnation}
