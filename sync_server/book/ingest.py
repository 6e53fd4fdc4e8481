# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking envelopes: numbers without gaps per device, seqs without gaps per scope, the same again changes
nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from clinic.domain.clock import milliseconds
from clinic.domain.ids import ScopeId
from clinic.protocol.sync import EnvelopeRefused, Refused
from clinic.sync.exchange import KEEPS_NUMBER, next_chain
from sync_server.book.dialect import lay, shared
from sync_server.book.port import EVERYBODY, Incoming, Push, Rung, Tag
from sync_server.book.tables import counters, envelopes, refusals, scope_tags, scopes

_SENTENCES = {
    Refused.CONFLICTING_NUMBER: "Another envelope with this number is here already.",
    Refused.GAP: "An earlier envelope is missing; send that first.",
    Refused.NOT_ALLOWED: "This device's teams may not write here.",
}


@dataclass(frozen=True, slots=True)
class Taken:
    acked_env_no: int
    refused: tuple[EnvelopeRefused, ...]
    rung: tuple[Rung, ...]


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return milliseconds(at) * 1000 + at.microsecond % 1000


def take(conn: Connection, push: Push) -> Taken:
    """Lays down what is new and allowed, in the order given."""
    start = last = _last_number(conn, push)
    touched = _hold(conn, push, start)
    refused: list[EnvelopeRefused] = []
    heads: dict[str, int] = {}
    for item in push.items:
        number = last + 1 if item.env_no is None else item.env_no
        refusal = _refusal(conn, push, item, number, last)
        if refusal is not None:
            refused.append(refusal)
        if number == last + 1 and (refusal is None or refusal.why not in KEEPS_NUMBER):
            _lay_down(conn, push, item, number, refusal, heads)
            last = number
    if last != start:
        _count(conn, push, last)
    _let_go(conn, touched)
    return Taken(last, tuple(refused), tuple(_rung(conn, scope, seq) for scope, seq in heads.items()))


def _hold(conn: Connection, push: Push, last: int) -> list[ScopeId]:
    """Locks the row of every scope that is written, until the commit: whoever comes next counts on from there.

    In one order for all, so that two writers never wait for each other. A new scope gets an empty row to be held."""
    if not shared(conn):
        return []
    wanted = sorted({item.scope for item in push.items if item.refusal is None and (item.env_no or 0) > last})
    for scope in wanted:
        lay(conn, scopes, {"scope": scope, "head": 0, "chain": b""})
        conn.execute(select(scopes.c.head).where(scopes.c.scope == scope).with_for_update())
    return wanted


def _let_go(conn: Connection, touched: list[ScopeId]) -> None:
    """An empty row in which nothing came to lie goes again."""
    if touched:
        conn.execute(delete(scopes).where(scopes.c.scope.in_(touched), scopes.c.head == 0))


def _last_number(conn: Connection, push: Push) -> int:
    row = conn.execute(
        select(counters.c.last_env_no).where(
            counters.c.device == push.device, counters.c.incarnation == push.incarnation
        )
    ).first()
    return int(row[0]) if row else 0


def _count(conn: Connection, push: Push, last: int) -> None:
    row = {"device": push.device, "incarnation": push.incarnation, "last_env_no": last}
    lay(conn, counters, row, ("last_env_no",))


def _refusal(conn: Connection, push: Push, item: Incoming, number: int, last: int) -> EnvelopeRefused | None:
    if item.refusal is not None and item.refusal.why in KEEPS_NUMBER:
        return item.refusal
    if number <= last:
        return _seen_before(conn, push, item, number)
    if number > last + 1:
        return _because(number, Refused.GAP)
    if item.refusal is not None:
        return EnvelopeRefused(env_no=number, why=item.refusal.why, sentence=item.refusal.sentence)
    if not _may_write(conn, push, item):
        return _because(number, Refused.NOT_ALLOWED)
    return None


def _because(number: int, why: Refused) -> EnvelopeRefused:
    return EnvelopeRefused(env_no=number, why=why, sentence=_SENTENCES.get(why, ""))


def _seen_before(conn: Connection, push: Push, item: Incoming, number: int) -> EnvelopeRefused | None:
    """None when these very bytes were acknowledged; what was said then when they were refused."""
    for table in (envelopes, refusals):
        which = (
            table.c.device == push.device,
            table.c.incarnation == push.incarnation,
            table.c.env_no == number,
        )
        row = conn.execute(select(table).where(*which)).mappings().first()
        if row is None:
            continue
        if row["digest"] != item.digest:
            return _because(number, Refused.CONFLICTING_NUMBER)
        return _because(number, Refused(row["why"])) if table is refusals else None
    return _because(number, Refused.CONFLICTING_NUMBER)


def _may_write(conn: Connection, push: Push, item: Incoming) -> bool:
    """A new scope is its writer's; into an old one only those write who share one of its tags."""
    tags = _tags(conn, item.scope)
    return not tags or bool(tags & (push.writes | {EVERYBODY}))


def _tags(conn: Connection, scope: str) -> frozenset[Tag]:
    return frozenset(
        Tag(row[0]) for row in conn.execute(select(scope_tags.c.tag).where(scope_tags.c.scope == scope))
    )


def _lay_down(
    conn: Connection,
    push: Push,
    item: Incoming,
    number: int,
    refusal: EnvelopeRefused | None,
    heads: dict[str, int],
) -> None:
    who = {"device": push.device, "incarnation": push.incarnation, "env_no": number, "digest": item.digest}
    if refusal is not None:
        conn.execute(insert(refusals).values(**who, why=int(refusal.why)))
        return
    seq, chain = _next_place(conn, item)
    heads[item.scope] = seq
    conn.execute(
        insert(envelopes).values(
            **who,
            scope=item.scope,
            seq=seq,
            chain=chain,
            priority=item.priority,
            received_at=micros(push.at),
            wire=item.wire,
        )
    )


def _next_place(conn: Connection, item: Incoming) -> tuple[int, bytes]:
    """The seq and chain of one more envelope; the scope's row moves in the same commit."""
    row = conn.execute(select(scopes.c.head, scopes.c.chain).where(scopes.c.scope == item.scope)).first()
    seq = int(row[0]) + 1 if row else 1
    chain = next_chain(row[1] if row else b"", item.digest)
    if row:
        conn.execute(update(scopes).where(scopes.c.scope == item.scope).values(head=seq, chain=chain))
    else:
        conn.execute(insert(scopes).values(scope=item.scope, head=seq, chain=chain))
    lay(conn, scope_tags, {"scope": item.scope, "tag": item.tag})
    return seq, chain


def _rung(conn: Connection, scope: str, seq: int) -> Rung:

    return Rung(ScopeId(scope), seq, _tags(conn, scope))
