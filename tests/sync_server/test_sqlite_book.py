# SPDX-License-Identifier: GPL-3.0-or-later
"""What is SQLite's own: one connection, its pragmas, and steps that lead to the tables of today."""

import sqlite3
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


def test_no_parameter_is_in_an_error(book: SqliteBook) -> None:
    book.append_statements(0, (b"one",))
    with pytest.raises(Unavailable) as caught, book._unit() as conn:
        conn.exec_driver_sql("INSERT INTO trust VALUES (?, ?)", (0, b"secret"))
    assert "secret" not in str(caught.value.__cause__)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        BookThread(lambda: SqliteBook.open(tmp_path / "file" / "server.db", repeating(b"x")))
