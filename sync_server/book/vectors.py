# SPDX-License-Identifier: GPL-3.0-or-later
"""Each device's cursors, kept here so that a device with nothing new need not name a thousand scopes."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.sync import Cursor
from clinic.sync.exchange import SUM_BYTES, cursor_digest, cursor_sum, moved_sum
from sync_server.book.dialect import in_parts, lay
from sync_server.book.port import Pull
from sync_server.book.settled import Settled
from sync_server.book.tables import cursors, envelopes, scopes

_VECTOR = select(cursors.c.scope, cursors.c.seq).where(cursors.c.device == bindparam("me"))
_BEFORE = select(cursors.c.scope, cursors.c.seq).where(
    cursors.c.device == bindparam("me"), cursors.c.scope.in_(bindparam("places", expanding=True))
)
_HEADS = select(scopes.c.scope, scopes.c.head).where(scopes.c.scope.in_(bindparam("places", expanding=True)))
_AT = tuple_(envelopes.c.scope, envelopes.c.seq).in_(bindparam("places", expanding=True))
_CHAINS = select(envelopes.c.scope, envelopes.c.seq, envelopes.c.chain).where(_AT)


def move(conn: Connection, pull: Pull, before: Settled) -> tuple[bool, Settled]:
    """Notes what the device has applied. False: the vectors differ and it must name all of them."""
    if pull.all_cursors:
        conn.execute(delete(cursors).where(cursors.c.device == pull.device))
    stood, named = _stood(conn, pull), {one.scope: one.seq for one in pull.cursors}
    told = ({"device": pull.device, "scope": scope, "seq": seq} for scope, seq in named.items())
    lay(conn, cursors, *told, renew=("seq",))
    back = pull.all_cursors or any(seq < stood.get(scope, 0) for scope, seq in named.items())
    digest = _digest(conn, pull, before.digest, stood, named)
    now = replace(before, digest=digest, mark=0 if back else before.mark)
    return (pull.digest or cursor_digest({})) == digest, now


def _stood(conn: Connection, pull: Pull) -> dict[ScopeId, int]:
    """Where the cursors that are named were before."""
    stood: dict[ScopeId, int] = {}
    for some in in_parts(pull.cursors):
        found = conn.execute(_BEFORE, {"me": pull.device, "places": [one.scope for one in some]})
        stood.update((scope, int(seq)) for scope, seq in found)
    return stood


def _digest(
    conn: Connection, pull: Pull, known: bytes, stood: dict[ScopeId, int], named: dict[ScopeId, int]
) -> bytes:
    """Of the vector as it lies now, in the form in which the device says its own. `known`: of what lay before, in either form. A
    sum moves with what is named; an older device's digest is made of the whole vector."""
    if len(pull.digest) == SUM_BYTES:
        if pull.all_cursors or len(known) != SUM_BYTES:
            return cursor_sum(_vector(conn, pull.device))
        return moved_sum(known, stood, named)
    if pull.all_cursors or named or not known or len(known) == SUM_BYTES:
        return cursor_digest(_vector(conn, pull.device))
    return known


def of_another_past(conn: Connection, named: tuple[Cursor, ...]) -> bool:
    """True if a device has applied what this book does not hold: more than there is, or something else in the same place.
    The book has been put back to an older state, and may have grown again since."""
    return any(_are_ahead(conn, some) or _were_others(conn, some) for some in in_parts(named))


def _are_ahead(conn: Connection, named: Sequence[Cursor]) -> bool:
    known = conn.execute(_HEADS, {"places": [one.scope for one in named]})
    heads = {scope: int(head) for scope, head in known}
    return any(one.seq > heads.get(one.scope, 0) for one in named)


def _were_others(conn: Connection, named: Sequence[Cursor]) -> bool:
    """An older device names no chain; what is not here any more cannot be compared."""
    places = {(one.scope, one.seq): one.chain for one in named if one.chain}
    here = conn.execute(_CHAINS, {"places": list(places)}) if places else ()
    return any(not bytes(chain).startswith(places[scope, int(seq)]) for scope, seq, chain in here)


def _vector(conn: Connection, device: DeviceId) -> dict[ScopeId, int]:
    rows = conn.execute(_VECTOR, {"me": device}).all()
    return {scope: seq for scope, seq in rows}  # noqa: C416  # rows are no pairs to mypy
