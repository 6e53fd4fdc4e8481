# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks: what is on one when the power goes, one that is full, and a writer that leaves nothing to chance."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from clinic.store.book import Book
from clinic.store.home import Home
from clinic.store.writer import Writer
from simulator.turns import done

T = TypeVar("T")
_PARTS = ("book.db", "book.db-wal", "book.db.last", "height")
_NO_LIMIT = 1 << 30


class AtOnce(Writer):
    """Each act in its turn, here and now; no chores, which come by the real clock."""

    def __init__(self) -> None:
        """No thread."""

    def submit(self, act: Callable[[], T]) -> "Future[T]":
        return done(act)

    def stop(self) -> None:
        """Nothing runs."""


def image(home: Home, to: Path) -> Home:
    """What a process that dies now leaves on the disk, laid at `to`."""
    to.mkdir(parents=True)
    for name in _PARTS:
        if (home.path / name).exists():
            shutil.copy(home.path / name, to / name)
    return Home(to)


def _driver(book: Book) -> Any:
    return book._connection.connection.driver_connection


def fill_up(book: Book, full: bool = True) -> None:
    """From now on the file cannot grow; SQLite itself says that the disk is full."""
    driver = _driver(book)
    pages = driver.execute("PRAGMA page_count").fetchone()[0] if full else _NO_LIMIT
    driver.execute(f"PRAGMA max_page_count={pages}")


def dies_after(book: Book, home: Home, steps: int, to: Path) -> None:
    """The process is gone after so many steps of SQLite's machine within its writes: what is on the disk then is laid at
    `to`, and nothing that is asked of the book afterwards is done."""
    driver = _driver(book)

    def die() -> int:
        if not to.exists():
            image(home, to)
            driver_dead(book)
        return 1

    driver.set_progress_handler(die, steps)


def driver_dead(book: Book) -> None:
    """Nothing is written any more."""
    from clinic.domain.errors import Unavailable

    def gone(*_: object) -> Any:
        raise Unavailable("This process is gone.")

    book.__dict__.update(write=gone, read=gone)


def lives_on(book: Book) -> None:
    _driver(book).set_progress_handler(None, 0)
