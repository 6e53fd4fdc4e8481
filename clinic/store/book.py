# SPDX-License-Identifier: GPL-3.0-or-later
"""The encrypted book: one writer thread, readers beside it, and word of every change."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from clinic.domain.errors import Refusal, Unavailable
from clinic.store.home import sync_folder
from clinic.store.lastwritten import TURN, LastWritten, missing_since
from clinic.store.migrations import Progress, migrate
from clinic.store.opening import engine_for, is_damage, said
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writer import Chore, Writer
from clinic.store.writing import WritePage

log = logging.getLogger(__name__)
T = TypeVar("T")
BROKEN = (DBAPIError, sqlcipher.Error)
"""What the driver says, itself or through SQLAlchemy."""
UNKEEPABLE = (UnicodeEncodeError, OverflowError)
"""What the driver says of half a letter, or of a number that no column holds."""
READ_AFTER_S, READ_AGAIN_S, EMPTY_AFTER_S = 0.5, 0.02, 5.0
"""Seconds without a write after which texts are read into the search index, between two lots of them, and after which the
write-ahead log is emptied. The first is longer than an exchange leaves the writer alone: what comes in waits for no texts."""
READ_AT_ONCE = 100
"""Texts: a few milliseconds that a write may have to wait for."""
Listener = Callable[[Changes], None]


class Book:
    """The store of one device profile. Safe to use from any thread; close it before the program ends."""

    def __init__(self, engine: Engine, last: LastWritten | None = None) -> None:
        self._engine, self._last = engine, last
        self.missing = 0
        """Acknowledged writes that were not there any more when it was opened."""
        self._writer = Writer(
            (Chore(READ_AFTER_S, self._read_some, READ_AGAIN_S), Chore(EMPTY_AFTER_S, self._empty_log))
        )
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._closed = False
        self._connection: Connection
        self._writer.submit(self._connect).result()

    @classmethod
    def open(cls, path: Path, key: bytes, progress: Progress = lambda done: None) -> "Book":
        """Open (or make) the file with its raw key and bring it to today's version, `progress` told how far from
        0 to 1 if that takes long. Raises Unavailable."""
        engine = engine_for(path, key)
        try:
            migrate(engine, progress)
            _name_durably(path)
            book = cls(engine, LastWritten(path, key))
            try:
                book._look_for_missing()
            except BaseException:
                book.close()
                raise
            return book
        except BROKEN as error:
            engine.dispose()
            raise said(error) from error
        except BaseException:
            engine.dispose()
            raise

    def read(self, look: Callable[[Page], T]) -> T:
        """Run `look` on a reader connection: one consistent picture. Raises Unavailable."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                try:
                    return look(Page(connection))
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        except BROKEN as error:
            self._drop_if_damaged(error)
            raise said(error) from error
        except UNKEEPABLE as error:
            raise _unkeepable() from error

    def write(self, act: Callable[[WritePage], tuple[T, Changes]]) -> T:
        """Run `act` on the writer thread in one transaction, durable when this returns; then tell the listeners.

        Raises Unavailable with everything rolled back; whatever `act` raises rolls back too.
        """
        with self._lock:  # nothing gets in behind the last page
            if self._closed:
                raise Unavailable(
                    "Posta is closing: this was not saved. Open it again and write it once more."
                )
            turn = self._writer.submit(lambda: self._transact(act))
        result, changes = turn.result()
        if changes:
            self._tell(changes)
        return result

    def keep(self, act: Callable[[WritePage], None], changes: Changes = Changes()) -> None:
        """Like write, for what gives nothing back."""

        def done(page: WritePage) -> tuple[None, Changes]:
            act(page)
            return None, changes

        self.write(done)

    def read_all_texts(self) -> None:
        """Return when every text that is here is in the search index. It happens by itself between writes."""
        while self.write(lambda page: (page.read_pile(READ_AT_ONCE), Changes())) == READ_AT_ONCE:
            pass

    def listen(self, heard: Listener) -> Callable[[], None]:
        """Be told of changes, on the thread that wrote; returns a function that stops it."""
        with self._lock:
            self._listeners.append(heard)

        def stop() -> None:
            with self._lock:
                if heard in self._listeners:
                    self._listeners.remove(heard)

        return stop

    def close(self) -> None:
        """Checkpoint and close every connection; the writer thread ends. Twice is once."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            last = self._writer.submit(self._last_page)
        last.result()
        self._writer.stop()
        self._engine.dispose()

    def _connect(self) -> None:
        self._connection = self._engine.connect()

    def _transact(self, act: Callable[[WritePage], tuple[T, Changes]]) -> tuple[T, Changes]:
        try:
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            page = WritePage(self._connection)
            done = act(page)
            number = page.next_number(TURN) if self._last else 0
            self._connection.exec_driver_sql("COMMIT")
        except BROKEN as error:
            self._roll_back()
            self._drop_if_damaged(error)
            raise said(error) from error
        except UNKEEPABLE as error:
            self._roll_back()
            raise _unkeepable() from error
        except BaseException:
            self._roll_back()
            raise
        if self._last:
            self._last.keep(number)
        return done

    def _look_for_missing(self) -> None:
        """Say so when the log beside the book was cut short, or is not the book's."""
        if self._last is None:
            return
        laid_down = self._last.read()
        if laid_down > self.read(lambda page: page.numbers(TURN).get(TURN, 0)):
            self.missing = self.write(lambda page: (missing_since(page, laid_down), Changes()))
            log.error("%d acknowledged writes are missing", self.missing)

    def _roll_back(self) -> None:
        """What cannot be taken back now is taken back before the next write, which fails until it is: what went wrong first is
        what is told."""
        raw = self._connection.connection.driver_connection
        try:
            if raw is not None and raw.in_transaction:
                raw.execute("ROLLBACK")
        except BROKEN as error:
            log.error("a write could not be taken back: %s", error)

    def _drop_if_damaged(self, error: Exception) -> None:
        """A connection that has met a damaged page answers nothing any more; the next ones may not need that page."""
        if not is_damage(error):
            return
        log.error("a page of the store is damaged")
        self._engine.dispose()
        if threading.current_thread().name == "store-writer":
            self._connection.invalidate()
            self._connection.close()
            self._connect()

    def _read_some(self) -> bool:
        """Read a few texts into the search index; True if more wait."""
        if self._closed or not Page(self._connection).texts_wait():
            return False
        try:
            return self._transact(lambda page: (page.read_pile(READ_AT_ONCE) == READ_AT_ONCE, Changes()))[0]
        except Unavailable:
            log.info("reading texts into the index was put off")
            return False

    def _empty_log(self) -> bool:
        """Empty the write-ahead log into the file; readers that are in the middle of something put it off."""
        try:
            self._connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except BROKEN:
            log.info("emptying the write-ahead log was put off")
        return False

    def _last_page(self) -> None:
        self._empty_log()
        self._connection.close()
        if self._last:
            self._last.close()

    def _tell(self, changes: Changes) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for heard in listeners:
            heard(changes)


def _unkeepable() -> Refusal:
    return Refusal("This holds a letter or a number that cannot be kept. Type it again.")


def _name_durably(path: Path) -> None:
    """The log beside the file is there by now, and so must be its name after a power cut: SQLite asks for that too,
    and goes on when the disk refuses."""
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            "The store's folder cannot be written. Check its permissions and the disk."
        ) from error


__all__ = ["Book", "Changes"]
