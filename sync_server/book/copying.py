# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole book taken into a file of SQLite, and laid down again in whatever database: the form every backup has."""

from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select

from clinic.domain.errors import Refusal
from clinic.sync.exchange import envelope_hash, next_chain
from sync_server.book import tables
from sync_server.book.tidying import GONE

_AT_ONCE = 500
_NOT_CARRIED = frozenset({"sessions", "cursors", "settled"})
"""Devices log in again and name their cursors anew: after a restore nothing of it is true any more."""
COPY = "copy.db"
ASKED = "backup.ask"
"""A file in a server's folder: laid there, the server that serves from it makes ``copy.db`` beside it and takes it away."""
NOT_EMPTY = "There is a book here already. Restore into a new folder, or under a new --book."
TORN = (
    "This backup is damaged: scope {scope} does not go on from {seq}. Take another one; nothing was changed."
)


def copy_rows(source: Connection, target: Connection) -> None:
    """Every row of one book into an empty other one. Raises Refusal when that is not empty."""
    if target.execute(select(func.count()).select_from(tables.trust)).scalar_one() or _first(
        target, tables.scopes
    ):
        raise Refusal(NOT_EMPTY)
    for table in tables.metadata.sorted_tables:
        if table.name not in _NOT_CARRIED:
            target.execute(table.delete())
            _copy(source, target, table)


def _first(conn: Connection, table: Table) -> bool:
    return conn.execute(select(table).limit(1)).first() is not None


def _copy(source: Connection, target: Connection, table: Table) -> None:
    found = source.execution_options(yield_per=_AT_ONCE).execute(select(table))
    for part in found.mappings().partitions(_AT_ONCE):
        target.execute(insert(table), [dict(row) for row in part])


def check_chains(conn: Connection) -> int:
    """How many envelopes there are, after each scope was seen to be whole: every seq, every byte, up to its head; of
    what was let go, the hash. Raises Refusal."""
    e, seen = tables.envelopes.c, 0
    ends: dict[str, tuple[int, bytes]] = {}
    rows = conn.execution_options(yield_per=_AT_ONCE).execute(
        select(e.scope, e.seq, e.chain, e.wire, e.digest, e.priority).order_by(e.scope, e.seq)
    )
    for here, seq, said, wire, digest, priority in rows:
        before = ends.get(here, (0, b""))
        let_go = priority == GONE and not wire
        chain = next_chain(before[1], digest if let_go else envelope_hash(wire))
        if seq != before[0] + 1 or chain != said:
            raise Refusal(TORN, scope=here, seq=before[0])
        ends[here], seen = (seq, chain), seen + 1
    for scope, head, chain in conn.execute(
        select(tables.scopes.c.scope, tables.scopes.c.head, tables.scopes.c.chain)
    ):
        if ends.get(scope) != (head, chain):
            raise Refusal(TORN, scope=scope, seq=ends.get(scope, (0, b""))[0])
    return seen


def asked_in(folder: Path) -> bool:
    """True if somebody waits for a copy."""
    return (folder / ASKED).exists()
