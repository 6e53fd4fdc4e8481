# SPDX-License-Identifier: GPL-3.0-or-later
"""A consistent copy of a book while the program goes on writing, and its pages in order.

SQLite's own backup copies the pages of one moment into a second SQLCipher file. That file is encrypted under a random
key that only this process knows, and lives only until its pages are read: a power cut leaves noise.

SQLCipher copies a page whose check fails as zeros and says nothing. So every page of zeros that is not a free one is
looked up in the book itself, and a damaged one stops the backup: none ever carries it on.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.store.btrees import free_pages
from clinic.store.cipherpages import CONTENT, PAGE, PageCipher, is_lock_page
from clinic.store.opening import said

Progress = Callable[[str, int, int], None]
"""`(what, done, of)`: told often; raise Stopped in it to stop."""
_STEP = 1024
_NOTHING = bytes(CONTENT)
COUNTED = ("op", "trust", "outbox", "person")
"""Tables whose rows are counted at backup and again at restore."""


class Stopped(Refusal):
    """Somebody stopped the backup."""

    def __init__(self) -> None:
        super().__init__("The backup was stopped. What was written already is used by the next one.")


def no_progress(what: str, done: int, of: int) -> None:
    """For callers with nobody to tell."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy on disk: its key, how many pages, and what SQLite says of it."""

    path: Path
    key: bytes
    pages: int
    schema: int
    counts: dict[str, int]


def connect(path: Path, key: bytes, *pragmas: str) -> Any:
    """A bare connection. Raises Unavailable."""
    connection = sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")
        connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        for pragma in ("busy_timeout=5000", "temp_store=MEMORY", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher.Error as error:
        connection.close()
        raise said(error) from error
    return connection


def copy_book(book: Path, key: bytes, target: Path, random: Random, progress: Progress) -> Copy:
    """Copy the book's pages of this moment to `target`. Raises Unavailable, and whatever `progress` raises."""
    check_space(book, target.parent)
    own = random(32)

    def step(status: int, left: int, total: int) -> None:
        progress("copy", total - left, total)

    try:
        with closing(connect(book, key)) as source:
            source.execute("BEGIN")  # held to the end: the pages of one moment, however long it takes
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(connect(target, own, "journal_mode=OFF", "synchronous=OFF")) as copy:
                source.backup(copy, pages=_STEP, progress=step)
            source.execute("ROLLBACK")
        with closing(connect(target, own)) as copy:
            return Copy(target, own, target.stat().st_size // PAGE, schema_of(copy), counts_of(copy))
    except sqlcipher.Error as error:
        raise said(error) from error
    except OSError as error:
        raise Unavailable(
            "The copy for the backup could not be written. Check the disk: is it full?"
        ) from error


def schema_of(connection: Any) -> int:
    """`user_version`: the number of the migration the file stands at."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def counts_of(connection: Any) -> dict[str, int]:
    """Rows of the tables that matter most, of those the file has."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in COUNTED
        if table in there
    }


def pages_of(copy: Copy) -> Iterator[bytes]:
    """The 4016 bytes of content of each page, in order. Raises Unavailable if the copy is not what was written."""
    with copy.path.open("rb") as file:
        cipher, number = PageCipher(copy.key, file.read(16)), 0
        file.seek(0)
        while raw := file.read(PAGE):
            number += 1
            content = bytes(CONTENT) if is_lock_page(number) else cipher.open(number, raw)
            if content is None:
                raise Unavailable("The disk gave back other bytes than were written. Check the disk.")
            yield content


def sound_pages(copy: Copy, book: Path, key: bytes) -> Iterator[bytes]:
    """Like pages_of; raises Unavailable at the end if a page came empty because the book's own is damaged."""
    empty = set()
    for number, content in enumerate(pages_of(copy), 1):
        if content == _NOTHING and not is_lock_page(number):
            empty.add(number)
        yield content
    lost = empty - empty_on_purpose(copy)
    if lost and lost & damaged_pages(book, key):
        raise Unavailable("A page of the store is damaged. Run 'posta doctor' before going on.")


def empty_on_purpose(copy: Copy) -> set[int]:
    """Pages that SQLite has put aside."""
    with copy.path.open("rb") as file:
        cipher = PageCipher(copy.key, file.read(16))

        def page(number: int) -> bytes | None:
            file.seek((number - 1) * PAGE)
            return cipher.open(number, file.read(PAGE))

        return free_pages(page, copy.pages)


def damaged_pages(book: Path, key: bytes) -> set[int]:
    """Pages whose check fails in the file itself, after what waits in the log has been written there."""
    with closing(connect(book, key)) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        said_of = [row[0] for row in source.execute("PRAGMA cipher_integrity_check")]
    return {int(number) for line in said_of for number in re.findall(r"page (\d+)", line)}


def check_space(book: Path, folder: Path) -> None:
    """Raise Unavailable unless a second copy of the book fits."""
    needed = sum(p.stat().st_size for p in (book, Path(f"{book}-wal")) if p.exists()) + 1_000_000
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Unavailable(
            "There is not enough room in {folder}: {needed} MB are needed for a moment, {free} MB are free.",
            folder=folder, needed=needed // 1_000_000 + 1, free=free // 1_000_000,
        )  # fmt: skip
