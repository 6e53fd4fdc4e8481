# SPDX-License-Identifier: GPL-3.0-or-later
"""A book under a new store key: copied page by page, proved, and put in the old one's place.

Order on the disk (a power cut leaves one of these): the copy `book.next`, whole and proved; `slots.next`, which names
the copy by its salt; the copy takes the name `book.db` in one step; `slots.next` becomes both slot files
(`clinic.store.cut_off`).
"""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from clinic.domain.errors import Unavailable
from clinic.store.cut_off import drop, finish_or_forget, salt_of
from clinic.store.home import Home, keep, sync_folder
from clinic.store.opening import said

PAGES_AT_ONCE = 1024
Progress = Callable[[str, int, int], None]
"""(copy or check, done, of): called between the parts."""


def copy_book(home: Home, key: bytes, fresh_key: bytes, progress: Progress) -> "Switch":
    """Copy the book to the new key and prove the copy; nobody else may have the book open meanwhile.

    Returns what is left to do, the old book still held. Raises Unavailable (disk, damage, another program in it): then
    nothing has changed.
    """
    drop(home.next_book)
    try:
        source = _connect(home.book, key)
        try:
            _hold_alone(source)
            pages = _copy(source, home.next_book, fresh_key, progress)
        except BaseException:
            source.close()
            raise
    except sqlcipher.Error as error:
        drop(home.next_book)
        raise said(error) from error
    except OSError as error:
        drop(home.next_book)
        raise Unavailable(
            "{path} could not be written. Check the disk: is it full?", path=home.next_book.name
        ) from error
    except BaseException:
        drop(home.next_book)
        raise
    return Switch(home, source, pages)


class Switch:
    """The proved copy, and the old book still held: give the copy its place, or leave everything as it was."""

    def __init__(self, home: Home, source: Any, pages: int) -> None:
        self._home, self._source, self.pages = home, source, pages

    def take(self, slots: bytes, step: Callable[[str], None] = lambda _: None) -> None:
        """The new book and its slots, in the order that survives a power cut at any moment. Raises Unavailable: before
        the book took its place all is as it was, after that the next one who comes in finishes."""
        home = self._home
        try:
            step("copied")
            keep(home.next_slots, salt_of(home.next_book) + slots)
            step("next slots")
            if os.name == "nt":
                self._source.close()  # there no open file is replaced
            os.replace(home.next_book, home.book)
        except BaseException as error:
            self.leave()
            if isinstance(error, OSError):
                raise Unavailable(
                    "{path} could not be written. Check the disk: is it full?", path=home.book.name
                ) from error
            raise
        step("renamed")
        self._source.close()
        _durable(home.book)
        step("book")
        finish_or_forget(home, held=True, step=step)

    def leave(self) -> None:
        """One book, and the slots that open it: who broke off may have done so just after the copy took its place."""
        self._source.close()
        finish_or_forget(self._home, held=True)


def _durable(book: Path) -> None:
    try:
        sync_folder(book.parent)
    except OSError as error:
        raise Unavailable("The disk could not be written. Check it, then unlock again.") from error


def _connect(path: Path, key: bytes) -> Any:
    book = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        book.execute("PRAGMA cipher_log_level=NONE")
        book.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        book.execute("PRAGMA busy_timeout=500")
        book.execute("PRAGMA cache_size=-65536")
        book.execute("PRAGMA synchronous=FULL")
    except BaseException:
        book.close()
        raise
    return book


def _hold_alone(source: Any) -> None:
    """Empty the log into the file and keep everybody else out. `locked` where another program is in it."""
    source.execute("PRAGMA locking_mode=EXCLUSIVE")
    if source.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
        raise sqlcipher.OperationalError("database is locked")
    source.execute("BEGIN EXCLUSIVE")
    source.execute("COMMIT")  # in exclusive mode the lock stays


def _copy(source: Any, place: Path, key: bytes, progress: Progress) -> int:
    def told(_status: int, left: int, of: int) -> None:
        progress("copy", of - left, of)

    with closing(_connect(place, key)) as copy:
        source.backup(copy, pages=PAGES_AT_ONCE, progress=told)
        if copy.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            raise sqlcipher.OperationalError("database is locked")
    os.chmod(place, 0o600)
    with closing(_connect(place, key)) as copy:  # anew: what is proved is what the disk has
        pages = int(copy.execute("PRAGMA page_count").fetchone()[0])
        progress("check", 0, pages)
        _prove(source, copy)
        progress("check", pages, pages)
    with open(place, "r+b") as file:
        os.fsync(file.fileno())
    sync_folder(place.parent)
    return pages


def _prove(source: Any, copy: Any) -> None:
    """Every page has its seal, and every table its rows."""
    bad = copy.execute("PRAGMA cipher_integrity_check").fetchall()
    bad += [row for row in copy.execute("PRAGMA quick_check") if row[0] != "ok"]
    tables = [
        row[0]
        for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not _virtual(source, row[0])
    ]
    same = all(_count(source, table) == _count(copy, table) for table in tables)
    if bad or not same or _version(source) != _version(copy):
        raise Unavailable("The copy under the new key is not whole. Nothing was changed; check the disk.")


def _virtual(book: Any, table: str) -> bool:
    sql = book.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return bool(sql) and str(sql).upper().startswith("CREATE VIRTUAL")


def _count(book: Any, table: str) -> int:
    return int(book.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _version(book: Any) -> int:
    return int(book.execute("PRAGMA user_version").fetchone()[0])
