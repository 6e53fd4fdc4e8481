# SPDX-License-Identifier: GPL-3.0-or-later
"""From the pages of a backup to a book again, and the proof that it opens. Only ciphertext touches the disk."""

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher

from clinic.domain.clock import Random
from clinic.domain.errors import Unavailable
from clinic.store.backup_copy import Progress, connect, counts_of, no_progress, schema_of
from clinic.store.backup_packs import DamagedBackup
from clinic.store.cipherpages import PAGE, SALT, PageCipher, is_lock_page
from clinic.store.opening import said

_TELL = 2048
_TELL_STEPS = 200_000
"""Steps of SQLite's machine between two questions whether to go on: some ms."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a restored book says of itself."""

    schema: int
    counts: dict[str, int]
    pages: int


def write_book(
    pages: Iterable[bytes],
    total: int,
    path: Path,
    key: bytes,
    random: Random,
    progress: Progress = no_progress,
) -> None:
    """Make a SQLCipher file of pages (4016 bytes each) under `key`; durable once this returns. Raises Unavailable."""
    cipher = PageCipher(key, random(SALT))
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            for number, content in enumerate(pages, 1):
                out.write(bytes(PAGE) if is_lock_page(number) else cipher.seal(number, content, random(16)))
                if number % _TELL == 0:
                    progress("write", number, total)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Unavailable("The restored book could not be written. Check the disk: is it full?") from error
    progress("write", total, total)


def prove(
    path: Path, key: bytes, schema: int, counts: dict[str, int], progress: Progress = no_progress
) -> Opened:
    """Open a restored book and check every page, every table and the counts. Raises DamagedBackup, Unavailable, and
    whatever `progress` raises."""
    stopped: list[BaseException] = []

    def go_on() -> bool:
        try:
            progress("check", 0, 1)
        except BaseException as stop:  # noqa: BLE001  # SQLite is told, then it is raised
            stopped.append(stop)
        return bool(stopped)

    try:
        with closing(connect(path, key)) as book:
            book.set_progress_handler(go_on, _TELL_STEPS)
            wrong = [row[0] for row in book.execute("PRAGMA cipher_integrity_check")]
            wrong += [row[0] for row in book.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
            opened = Opened(schema_of(book), counts_of(book), path.stat().st_size // PAGE)
    except sqlcipher.Error as error:
        if stopped:
            raise stopped[0] from None
        raise said(error) from error
    if wrong or opened.schema != schema or opened.counts != counts:
        raise DamagedBackup("What was restored is not what was kept. Take another backup of the list.")
    return opened
