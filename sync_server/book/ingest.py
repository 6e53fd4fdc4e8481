# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking envelopes: numbers without gaps per device, seqs without gaps per scope, the same again changes
nothing."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, literal, select

from clinic.domain.clock import milliseconds
from clinic.domain.ids import ScopeId
from clinic.protocol.envelope import P0_ALERT
from clinic.protocol.sync import EnvelopeRefused, Refused
from clinic.sync.exchange import KEEPS_NUMBER, known_digest, next_chain
from sync_server.book.dialect import in_parts, lay, moving, shared
from sync_server.book.port import EVERYBODY, Incoming, Pull, Push, Rung, Tag, Taken
from sync_server.book.tables import counters, envelopes, refusals, scope_tags, scopes

URGENT_BYTES = 4_096
"""A longer envelope comes with the next exchange, however urgent."""
_TOLD_AT_ONCE = 100_000
_HEADS = select(scopes.c.scope, scopes.c.head, scopes.c.chain).where(
    scopes.c.scope.in_(bindparam("places", expanding=True))
)
_TAGS = select(scope_tags.c.scope, scope_tags.c.tag).where(
    scope_tags.c.scope.in_(bindparam("places", expanding=True))
)
_LAST = select(counters.c.last_env_no).where(
    counters.c.device == bindparam("me"), counters.c.incarnation == bindparam("life")
)
_NEW, _REFUSED = insert(envelopes), insert(refusals)
_SENTENCES = {
    Refused.CONFLICTING_NUMBER: "Another envelope with this number is here already.",
    Refused.GAP: "An earlier envelope is missing; send that first.",
    Refused.NOT_ALLOWED: "This device's teams may not write here.",
}


def known(conn: Connection, pull: Pull, upto: int) -> tuple[bytes, tuple[EnvelopeRefused, ...]]:
    """The hash of all that this device brought from the number it is unsure of, and what was refused of it; (b'', ()) if it is
    sure, or asks for more than is told at once."""
    if not 0 < pull.unsure_from <= upto < pull.unsure_from + _TOLD_AT_ONCE:
        return b"", ()
    digests: dict[int, bytes] = {}
    refused: list[EnvelopeRefused] = []
    for table in (envelopes, refusals):
        which = (
            table.c.device == pull.device, table.c.incarnation == pull.incarnation, table.c.env_no >= pull.unsure_from,
        )  # fmt: skip
        why = table.c.why if table is refusals else literal(0)
        for number, digest, said in conn.execute(select(table.c.env_no, table.c.digest, why).where(*which)):
            digests[int(number)] = digest
            if said:
                refused.append(_because(int(number), Refused(said)))
    return known_digest(digests[number] for number in sorted(digests)), tuple(refused)


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return milliseconds(at) * 1000 + at.microsecond % 1000


def take(conn: Connection, push: Push) -> Taken:
    """Lays down what is new and allowed, in the order given."""
    if push.in_any_order:
        return _take_in_any_order(conn, push)
    start = last = _last_number(conn, push)
    touched = _hold(conn, push, start)
    places = _places(
        conn, {item.scope for item in push.items if (item.env_no or 0) > start or item.env_no is None}
    )
    refused: list[EnvelopeRefused] = []
    for item in push.items:
        number = last + 1 if item.env_no is None else item.env_no
        refusal = _refusal(conn, push, item, number, last, places)
        if refusal is not None:
            refused.append(refusal)
        if number == last + 1 and (refusal is None or not _keeps_number(push, refusal)):
            places.lay_down(push, item, number, refusal)
            last = number
    if last != start:
        places.write(conn)
        _count(conn, push, last)
    _let_go(conn, touched)
    return Taken(last, tuple(refused), places.rung())


def _take_in_any_order(conn: Connection, push: Push) -> Taken:
    """The same where numbers may be missing: that the order is whole is seen to at the centre."""
    last = _last_number(conn, push)
    places = _places(conn, {item.scope for item in push.items})
    held = _held(conn, push)
    refused: list[EnvelopeRefused] = []
    for item in push.items:
        number = item.env_no or 0
        no = item.refusal
        if no is None and held.get(number, item.digest) != item.digest:
            no = _because(number, Refused.CONFLICTING_NUMBER)
        elif no is None and number not in held and not places.may_write(push, item.scope):
            no = _because(number, Refused.NOT_ALLOWED)
        if no is not None:
            refused.append(no)
        elif number not in held:
            places.lay_down(push, item, number, None)
            held[number] = item.digest
            last = max(last, number)
    if places.laid:
        places.write(conn)
        _count(conn, push, last)
    return Taken(last, tuple(refused), places.rung())


def _held(conn: Connection, push: Push) -> dict[int, bytes]:
    """Number -> hash of what lies here of those that are handed in."""
    held: dict[int, bytes] = {}
    for some in in_parts([item.env_no for item in push.items if item.env_no is not None]):
        which = (
            envelopes.c.device == push.device,
            envelopes.c.incarnation == push.incarnation,
            envelopes.c.env_no.in_(some),
        )
        for number, digest in conn.execute(select(envelopes.c.env_no, envelopes.c.digest).where(*which)):
            held[int(number)] = bytes(digest)
    return held


@dataclass(slots=True)
class _Places:
    """What stands in the scopes of a push (scope -> head and chain; scope -> tags), and what it adds."""

    heads: dict[str, tuple[int, bytes]]
    tags: dict[str, frozenset[Tag]]
    moved: dict[str, None] = field(default_factory=dict)
    laid: list[dict[str, object]] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)
    tagged: list[dict[str, object]] = field(default_factory=list)
    urgent: dict[str, list[bytes]] = field(default_factory=dict)

    def may_write(self, push: Push, scope: str) -> bool:
        """A new scope is its writer's; into an old one only those write who share one of its tags."""
        tags = self.tags.get(scope)
        return not tags or bool(tags & (push.writes | {EVERYBODY}))

    def lay_down(self, push: Push, item: Incoming, number: int, refusal: EnvelopeRefused | None) -> None:
        who = {
            "device": push.device,
            "incarnation": push.incarnation,
            "env_no": number,
            "digest": item.digest,
        }
        if refusal is not None:
            self.refused.append({**who, "why": int(refusal.why)})
            return
        head, chain = self.heads.get(item.scope, (0, b""))
        seq, chain = head + 1, next_chain(chain, item.digest)
        self.heads[item.scope], self.moved[item.scope] = (seq, chain), None
        tags = self.tags.get(item.scope, frozenset())
        if item.tag not in tags:
            self.tags[item.scope] = tags | {item.tag}
            self.tagged.append({"scope": item.scope, "tag": item.tag})
        if item.priority == P0_ALERT and len(item.wire) <= URGENT_BYTES:
            self.urgent.setdefault(item.scope, []).append(item.wire)
        self.laid.append(
            {
                **who, "scope": item.scope, "seq": seq, "chain": chain, "priority": item.priority,
                "received_at": micros(push.at), "wire": item.wire,
            }
        )  # fmt: skip

    def write(self, conn: Connection) -> None:
        """All of it; each scope's row moves in the same commit."""
        if self.laid:
            conn.execute(_NEW, self.laid)
        if self.refused:
            conn.execute(_REFUSED, self.refused)
        if self.moved:
            at = moving(conn)
            rows = [
                {"scope": scope, "head": self.heads[scope][0], "chain": self.heads[scope][1], "moved": at}
                for scope in self.moved
            ]
            lay(conn, scopes, *rows, renew=("head", "chain", "moved"))
        lay(conn, scope_tags, *self.tagged)

    def rung(self) -> tuple[Rung, ...]:
        return tuple(
            Rung(ScopeId(scope), self.heads[scope][0], self.tags[scope], tuple(self.urgent.get(scope, ())))
            for scope in self.moved
        )


def _places(conn: Connection, wanted: set[str]) -> _Places:
    heads: dict[str, tuple[int, bytes]] = {}
    tags: dict[str, frozenset[Tag]] = {}
    for some in in_parts(sorted(wanted)):
        heads |= {scope: (int(head), chain) for scope, head, chain in conn.execute(_HEADS, {"places": some})}
        for scope, tag in conn.execute(_TAGS, {"places": some}):
            tags[scope] = tags.get(scope, frozenset()) | {Tag(tag)}
    return _Places(heads, tags)


def _hold(conn: Connection, push: Push, last: int) -> list[ScopeId]:
    """Locks the row of every scope that is written, until the commit: whoever comes next counts on from there.

    In one order for all, so that two writers never wait for each other. A new scope gets an empty row to be held."""
    if not shared(conn):
        return []
    wanted = sorted({item.scope for item in push.items if item.refusal is None and (item.env_no or 0) > last})
    for some in in_parts(wanted):
        lay(conn, scopes, *({"scope": scope, "head": 0, "chain": b"", "moved": 0} for scope in some))
        held = (
            select(scopes.c.head).where(scopes.c.scope.in_(some)).order_by(scopes.c.scope).with_for_update()
        )
        conn.execute(held)
    return wanted


def _let_go(conn: Connection, touched: list[ScopeId]) -> None:
    """An empty row in which nothing came to lie goes again."""
    for some in in_parts(touched):
        conn.execute(delete(scopes).where(scopes.c.scope.in_(some), scopes.c.head == 0))


def _last_number(conn: Connection, push: Push) -> int:
    row = conn.execute(_LAST, {"me": push.device, "life": push.incarnation}).first()
    return int(row[0]) if row else 0


def _count(conn: Connection, push: Push, last: int) -> None:
    row = {"device": push.device, "incarnation": push.incarnation, "last_env_no": last}
    lay(conn, counters, row, renew=("last_env_no",))


def _refusal(
    conn: Connection, push: Push, item: Incoming, number: int, last: int, places: _Places
) -> EnvelopeRefused | None:
    if item.refusal is not None and item.refusal.why in KEEPS_NUMBER:
        return item.refusal
    if number <= last:
        return _seen_before(conn, push, item, number)
    if number > last + 1:
        return _because(number, Refused.GAP)
    if item.refusal is not None:
        return EnvelopeRefused(env_no=number, why=item.refusal.why, sentence=item.refusal.sentence)
    if not places.may_write(push, item.scope):
        return _because(number, Refused.NOT_ALLOWED)
    return None


def _keeps_number(push: Push, refusal: EnvelopeRefused) -> bool:
    """The number stays free. Whoever carries may be lying, or know less of the trust log than the writer: only the writer
    hears a no that lasts."""
    return push.carried or refusal.why in KEEPS_NUMBER


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
