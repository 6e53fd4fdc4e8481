# SPDX-License-Identifier: GPL-3.0-or-later
"""The book in PostgreSQL, where several servers and several organisations may share one database.

Each unit of work says whose it is (`SET LOCAL posta.book`), and row-level security holds it to that: a query that forgets
to ask for its own rows gets only those all the same. So the server logs in as a role that owns nothing and that no
policy passes over; the tables are made by another one, with `posta server prepare`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, InterfaceError, InternalError, OperationalError

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from sync_server.book import tables
from sync_server.book.copying import copy_rows
from sync_server.book.migrating import is_head, to_head
from sync_server.book.sql import SqlBook
from sync_server.book.sqlite import FULL, SqliteBook

CONNECTIONS = 8
"""How many verbs of one server run at the same time."""
_SESSION = (
    "-c synchronous_commit=on -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
)
_FULL_STATES = ("53100", "53200")
UNREACHED = (
    "The database at {place} does not answer ({why}). Start it, or check --database; nothing sent is lost."
)
NO_DRIVER = "PostgreSQL needs packages that are not here. Install packaging/requirements-server.txt, then start again."
NO_URL = "This is no address of a PostgreSQL database. It looks like postgresql://posta@host/posta."
TOO_MIGHTY = (
    "{role} may look past the rows of its own organisation. Let the server log in as a role that is no superuser, has no "
    "BYPASSRLS and owns no table; 'posta server prepare --help' says how."
)
NOT_PREPARED = "The database at {place} is not ready for this Posta. Run 'posta server prepare' as the owner of its tables."


class PostgresBook(SqlBook):
    """`Book` over a pool of connections; verbs may come from any thread."""

    def __init__(self, engine: Engine, name: str, random: Random) -> None:
        self._engine, self._name, self._random = engine, name, random

    @classmethod
    def open(cls, url: str, name: str, random: Random) -> "PostgresBook":
        """The book called `name` in that database, founded when it is new. Raises Refusal (a role with too many rights,
        tables of another version, no driver), Unavailable."""
        if not name:
            raise Refusal("A book in a shared database needs a name: --book.")
        book = cls(_engine(url), name, random)
        try:
            book._check()
            book._found()
        except BaseException:
            book.close()
            raise
        return book

    def _check(self) -> None:
        with self._unit() as conn:
            role, mighty = conn.execute(text(_MIGHTY)).one()
            if mighty:
                raise Refusal(TOO_MIGHTY, role=role)
            if not is_head(conn):
                raise Refusal(NOT_PREPARED, place=_place(self._engine.url))

    @contextmanager
    def _unit(self) -> Iterator[Connection]:
        """One transaction that sees one book's rows."""
        with _told(self._engine.url), self._engine.begin() as conn:
            conn.execute(_OURS, {"book": self._name})
            yield conn

    def copy_to(self, file: Path) -> None:
        """Read in one transaction that sees one moment, while others write."""
        part = file.with_name(file.name + ".part")
        copy = SqliteBook.open(part, self._random)
        try:
            with _told(self._engine.url), self._engine.connect() as plain:
                conn = plain.execution_options(isolation_level="REPEATABLE READ")
                with conn.begin(), copy._unit() as target:
                    conn.execute(text(_MINE), {"book": self._name})
                    copy_rows(conn, target)
        finally:
            copy.close()
        os.replace(part, file)

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()


def prepare(url: str, role: str) -> None:
    """Makes the tables or brings them up to date, as their owner, and lets `role` use them. Raises Refusal, Unavailable."""
    engine = _engine(url)
    try:
        with _told(engine.url), engine.begin() as conn:
            if not conn.execute(
                text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}
            ).scalar():
                raise Refusal(
                    "There is no role {role} in this database. Make it first: CREATE ROLE ... LOGIN.",
                    role=role,
                )
            to_head(conn)
            _grant(conn, role)
    finally:
        engine.dispose()


def _grant(conn: Connection, role: str) -> None:
    quoted = conn.dialect.identifier_preparer.quote(role)
    for table in tables.metadata.sorted_tables:
        conn.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {quoted}"))
    conn.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))


_MINE = "SELECT set_config('posta.book', :book, true)"
_OURS = text(_MINE)
_MIGHTY = """
SELECT current_user, r.rolsuper OR r.rolbypassrls OR EXISTS (
  SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'USAGE'))
FROM pg_roles r WHERE r.rolname = current_user
"""


def _engine(url: str) -> Engine:
    try:
        found = make_url(url)
        if found.get_backend_name() != "postgresql":
            raise Refusal(NO_URL)
        return create_engine(
            found.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args={"options": _SESSION, "connect_timeout": 10},
        )
    except (ArgumentError, ValueError) as error:
        raise Refusal(NO_URL) from error
    except ModuleNotFoundError as error:
        raise Refusal(NO_DRIVER) from error


@contextmanager
def _told(url: URL) -> Iterator[None]:
    """What the database says becomes Unavailable, or Refusal for a value it cannot hold: one sentence, no value of a row."""
    try:
        yield
    except DataError as error:
        raise Refusal("This holds characters that no name has.") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise _unavailable(url, error.orig) from error


def _unavailable(url: URL, error: Any) -> Unavailable:
    if getattr(error, "sqlstate", None) in _FULL_STATES:
        return Unavailable(FULL)
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    return Unavailable(UNREACHED, place=_place(url), why=" ".join(said.split()).rstrip("."))


def _place(url: URL) -> str:
    """Host and database, never a password."""
    return f"{url.host or url.query.get('host') or 'this machine'}/{url.database or ''}"
