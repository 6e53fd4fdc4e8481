# SPDX-License-Identifier: GPL-3.0-or-later
"""Where SQLite and PostgreSQL differ: inserting what may be there already, having something to oneself, how much a statement
takes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
_AT_ONCE = 500
OWNER = "book"
"""In PostgreSQL the first column of every key: whose row it is. It fills itself (see `postgres`); no query names it."""


def lay(conn: Connection, table: Table, *rows: Mapping[str, object], renew: tuple[str, ...] = ()) -> None:
    """Inserts rows. Where a primary key is there already, takes over the columns `renew`, or changes nothing."""
    key = [column.name for column in table.primary_key]
    if not rows:
        return
    if shared(conn):
        there = postgresql.insert(table)
        found: tuple[list[str], Mapping[str, object]] = [OWNER, *key], {n: there.excluded[n] for n in renew}
        conn.execute(
            there.on_conflict_do_update(index_elements=found[0], set_=found[1])
            if renew
            else there.on_conflict_do_nothing(),
            rows,
        )
        return
    here = sqlite.insert(table)
    newer = {name: here.excluded[name] for name in renew}
    conn.execute(
        here.on_conflict_do_update(index_elements=key, set_=newer)
        if renew
        else here.on_conflict_do_nothing(),
        rows,
    )


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at once as one statement takes."""
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]


def alone(conn: Connection, what: str) -> None:
    """Until the commit nobody else in this book is past this line with the same `what`. SQLite has one writer anyhow.

    Two names may share a lock by chance: that costs a wait, nothing else."""
    if shared(conn):
        conn.execute(
            text(
                "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('posta.book') || chr(10) || :what, 0))"
            ),
            {"what": what},
        )


def shared(conn: Connection) -> bool:
    """True for a database with several writers and several books."""
    return conn.dialect.name == "postgresql"
