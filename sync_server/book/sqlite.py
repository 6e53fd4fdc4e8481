# SPDX-License-Identifier: GPL-3.0-or-later
"""The book in embedded SQLite: one file, one connection, WAL, synchronous=FULL.

A SQLite older than 3.51.3 can damage its WAL when several connections reset it. The book takes a newer one where it can
(`modern`); and it opens exactly one connection and locks the file against any other (`locking_mode=EXCLUSIVE`).
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from clinic.domain.clock import Random
from clinic.domain.errors import Unavailable
from sync_server.book.migrating import is_head, to_head
from sync_server.book.modern import sqlite3
from sync_server.book.sql import SqlBook

_PRAGMAS = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
)
DAMAGED = "The server's data in {file} cannot be used ({why}). Check the disk, or restore the last backup."
IN_USE = "The server's data in {file} is in use. Stop the other Posta server, then start again."
FULL = "The server's disk is full. Make room; nothing sent so far is lost."


class SqliteBook(SqlBook):
    """`Book` in one SQLite file. All verbs must come from the thread that opened it."""

    def __init__(self, engine: Engine, file: Path, random: Random) -> None:
        self._engine, self._file, self._random = engine, file, random

    @classmethod
    def open(cls, file: Path, random: Random) -> "SqliteBook":
        """Opens or founds the book and brings its tables up to date. Raises Unavailable, or Refusal if it is
        newer than us."""
        book = cls(_engine(file), file, random)
        try:
            book._bring_up_to_date()
            book._found()
        except BaseException:
            book._engine.dispose()
            raise
        return book

    def _bring_up_to_date(self) -> None:
        with self._unit() as conn:
            to_head(conn)

    @contextmanager
    def _unit(self) -> Iterator[Connection]:
        """One transaction; what the database says becomes Unavailable."""
        try:
            with self._engine.begin() as conn:
                yield conn
        except DBAPIError as error:
            raise self._unavailable(error.orig) from error
        except sqlite3.DatabaseError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException | None) -> Unavailable:
        text = str(error)
        if "is full" in text:
            return Unavailable(FULL)
        if "locked" in text:
            return Unavailable(IN_USE, file=self._file)
        return Unavailable(DAMAGED, file=self._file, why=text)

    def copy_to(self, file: Path) -> None:
        """SQLite's own online backup, through the one connection there is."""
        part = file.with_name(file.name + ".part")
        try:
            raw = self._engine.raw_connection()
            try:
                with closing(_connection(part)) as target:
                    raw.driver_connection.backup(target)  # type: ignore[union-attr]
            finally:
                raw.close()
            os.replace(part, file)
        except (sqlite3.DatabaseError, OSError) as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        """Folds the WAL in and lets go of the file."""
        self._engine.dispose()


def lay_out(file: Path) -> None:
    """Brings the tables up to date in a process of its own, where they are not: what it takes for that (Alembic, 13 MB) would
    stay in a server as long as it runs. What fails there fails again, and is said, when the book is opened. Raises Refusal,
    Unavailable as `SqliteBook.open` does."""
    if file.exists():
        book = SqliteBook(_engine(file), file, os.urandom)
        try:
            with book._unit() as conn:
                if is_head(conn):
                    return
        finally:
            book.close()
    command = [sys.executable, "-m", "sync_server.book.sqlite", str(file)]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _engine(file: Path) -> Engine:
    engine = create_engine(
        "sqlite://", module=sqlite3, creator=_once(file), poolclass=StaticPool, hide_parameters=True
    )
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _once(file: Path) -> Callable[[], sqlite3.Connection]:
    """Makes the connection the first time and refuses to make a second one."""
    made = False

    def connect() -> sqlite3.Connection:
        nonlocal made
        if made:
            raise Unavailable("The server's book has one connection only; restart the server.")
        made = True
        return _connection(file)

    return connect


def _connection(file: Path) -> sqlite3.Connection:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise Unavailable(DAMAGED, file=file, why=os.strerror(error.errno or 0)) from error
    raw = sqlite3.connect(file, timeout=0.5, isolation_level=None, check_same_thread=True)
    try:
        for pragma in _PRAGMAS:
            raw.execute(pragma).fetchall()
    except sqlite3.DatabaseError:
        raw.close()
        raise
    return raw


if __name__ == "__main__":
    SqliteBook.open(Path(sys.argv[1]), os.urandom).close()
