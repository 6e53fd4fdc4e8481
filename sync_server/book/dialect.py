# SPDX-License-Identifier: GPL-3.0-or-later
"""Where SQLite and PostgreSQL differ: inserting what may be there already, having something to oneself, how much a statement
takes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, Insert, Table, text
from sqlalchemy.dialects import sqlite

T = TypeVar("T")
_AT_ONCE = 500
_NEXT = text("SELECT coalesce(max(moved), 0) + 1 FROM scopes")
_OURS = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_OLDEST = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('posta.book') || chr(10) || :what, 0))"
)
OWNER = "book"
"""In PostgreSQL the first column of every key: whose row it is. It fills itself (see `postgres`); no query names it."""


def lay(conn: Connection, table: Table, *rows: Mapping[str, object], renew: tuple[str, ...] = ()) -> None:
    """Inserts rows. Where a primary key is there already, takes over the columns `renew`, or changes nothing."""
    if rows:
        conn.execute(_laying(shared(conn), table, renew), rows)


@cache
def _laying(several: bool, table: Table, renew: tuple[str, ...]) -> Insert:
    key = [column.name for column in table.primary_key]
    if several:
        from sqlalchemy.dialects import postgresql

        there = postgresql.insert(table)
        if not renew:
            return there.on_conflict_do_nothing()
        return there.on_conflict_do_update(
            index_elements=[OWNER, *key], set_={name: there.excluded[name] for name in renew}
        )
    here = sqlite.insert(table)
    if not renew:
        return here.on_conflict_do_nothing()
    return here.on_conflict_do_update(index_elements=key, set_={name: here.excluded[name] for name in renew})


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at once as one statement takes."""
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]


def alone(conn: Connection, what: str) -> None:
    """Until the commit nobody else in this book is past this line with the same `what`. SQLite has one writer anyhow.

    Two names may share a lock by chance: that costs a wait, nothing else."""
    if shared(conn):
        conn.execute(_ALONE, {"what": what})


def horizon(conn: Connection) -> int:
    """Whatever moved before this is seen by every statement from now on; whatever moves later has a number that is no lower.

    In PostgreSQL the oldest transaction that may still be under way, in SQLite, which has one writer, the next number."""
    return int(conn.execute(_OLDEST if shared(conn) else _NEXT).scalar_one())


def moving(conn: Connection) -> int:
    """The number of what moves in this transaction."""
    return int(conn.execute(_OURS if shared(conn) else _NEXT).scalar_one())


def shared(conn: Connection) -> bool:
    """True for a database with several writers and several books."""
    return conn.dialect.name == "postgresql"
