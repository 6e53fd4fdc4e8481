# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a server's book is: a file in its folder, or rows under a name in PostgreSQL."""

from dataclasses import dataclass
from pathlib import Path

from clinic.domain.clock import Random
from sync_server.book.sql import SqlBook
from sync_server.book.sqlite import SqliteBook, lay_out
from sync_server.book.thread import BookThread

DEFAULT_BOOK = "clinic"
FILE = "server.db"


@dataclass(frozen=True, slots=True)
class Where:
    """`database` '' means SQLite. `repr` leaves it out: it may hold a password."""

    folder: Path
    database: str = ""
    name: str = DEFAULT_BOOK

    def __repr__(self) -> str:
        return f"Where({self.folder}, {'PostgreSQL' if self.database else 'SQLite'}, {self.name})"

    @property
    def threads(self) -> int:
        """How many may ask at the same time."""
        if not self.database:
            return 1
        from sync_server.book.postgres import CONNECTIONS

        return CONNECTIONS

    def lay_out(self) -> None:
        """Before a server opens it: its tables, if they are its own to make. Raises Refusal, Unavailable."""
        if not self.database:
            lay_out(self.folder / FILE)

    def open(self, random: Random) -> SqlBook:
        """Raises Refusal, Unavailable."""
        if not self.database:
            return SqliteBook.open(self.folder / FILE, random)
        from sync_server.book.postgres import PostgresBook

        return PostgresBook.open(self.database, self.name, random)


def open_book(where: Where, random: Random) -> BookThread:
    """The book with its threads. Raises Refusal, Unavailable."""
    return BookThread(lambda: where.open(random), where.threads)
