# SPDX-License-Identifier: GPL-3.0-or-later
"""What is SQLite's own: one connection, its pragmas, and steps that lead to the tables of today."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from clinic.domain.errors import Refusal, Unavailable
from sync_server.book.sqlite import SqliteBook, _once
from sync_server.book.tables import metadata
from sync_server.book.thread import BookThread
from sync_server.book.where import Where
from tests.small_clinic import repeating


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqliteBook]:
    book = SqliteBook.open(tmp_path / "server.db", repeating(b"book"))
    yield book
    book.close()


def test_the_steps_lead_to_the_tables(book: SqliteBook) -> None:
    with book._unit() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("locking_mode", "exclusive")]
)
def test_it_is_durable_and_alone(book: SqliteBook, pragma: str, value: object) -> None:
    with book._unit() as conn:
        assert conn.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_second_connection_is_refused_here_and_elsewhere(book: SqliteBook, tmp_path: Path) -> None:
    connect = _once(tmp_path / "other.db")
    with closing(connect()), pytest.raises(Unavailable):
        connect()
    with pytest.raises(Unavailable, match="in use"):
        SqliteBook.open(tmp_path / "server.db", repeating(b"x"))


def test_a_newer_book_is_refused(book: SqliteBook, tmp_path: Path) -> None:
    book.close()
    with closing(sqlite3.connect(tmp_path / "server.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with pytest.raises(Refusal, match="newer"):
        SqliteBook.open(tmp_path / "server.db", repeating(b"x"))


_SERVES = """
import os, sys
from pathlib import Path
from sync_server.book.where import Where
where = Where(Path(sys.argv[1]))
where.lay_out()
book = where.open(os.urandom)
print(book.epoch(), "alembic" in sys.modules)
book.close()
"""


def test_a_server_holds_nothing_of_what_made_its_tables(tmp_path: Path) -> None:
    first, again = (
        subprocess.run(
            [sys.executable, "-c", _SERVES, tmp_path], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert first == again and first.split()[1] == "False"


def test_tables_that_cannot_be_laid_out_are_told_when_the_book_is_opened(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    where = Where(tmp_path / "data")
    where.lay_out()
    with pytest.raises(Unavailable):
        where.open(repeating(b"x"))


def test_no_parameter_is_in_an_error(book: SqliteBook) -> None:
    book.append_statements(0, (b"one",))
    with pytest.raises(Unavailable) as caught, book._unit() as conn:
        conn.exec_driver_sql("INSERT INTO trust VALUES (?, ?)", (0, b"secret"))
    assert "secret" not in str(caught.value.__cause__)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        BookThread(lambda: SqliteBook.open(tmp_path / "file" / "server.db", repeating(b"x")))
