# SPDX-License-Identifier: GPL-3.0-or-later
"""A new store key whose making was cut off (`clinic.store.next_book`): finished or forgotten by whoever comes next.

The salt of `book.db` says whether the copy has taken its place: then its slots do so too, else both are forgotten.
Light: every reading of the slots comes by here, the log-in screen's too.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.store.home import Home

SALT_BYTES = 16


def finish_or_forget(home: Home, held: bool = False, step: Callable[[str], None] = lambda _: None) -> None:
    """The slots follow the book that is there. `held`: the turn to change them is the caller's. Raises Unavailable for
    the disk, and while another program is at it."""
    if not _left_over(home):
        return
    if held:
        _settle(home, step)
        return
    try:
        turn = home.change_ways()
    except Refusal as busy:
        raise Unavailable(
            "The store is being given a new key by another program. Wait until that is done."
        ) from busy
    with turn:
        _settle(home, step)


def salt_of(book: Path) -> bytes:
    """The first 16 bytes of a SQLCipher file are its salt: no two files have the same. Raises Unavailable."""
    try:
        with open(book, "rb") as file:
            return file.read(SALT_BYTES)
    except OSError as error:
        raise Unavailable("{path} cannot be read. Check the disk.", path=book.name) from error


def drop(path: Path) -> None:
    """Take away a file that nobody needs, and the log beside it."""
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), Path(f"{path}-journal")):
        with suppress(OSError):
            name.unlink(missing_ok=True)


def _settle(home: Home, step: Callable[[str], None]) -> None:
    try:
        data = home.next_slots.read_bytes() if home.next_slots.exists() else b""
        if data and home.book.exists() and salt_of(home.book) == data[:SALT_BYTES]:
            home.keep_slots(data[SALT_BYTES:])
            step("slots")
        home.next_slots.unlink(missing_ok=True)  # left there, it would undo later changes of the slots
    except OSError as error:
        raise Unavailable("The disk could not be written. Check it, then unlock again.") from error
    drop(home.next_book)


def _left_over(home: Home) -> bool:
    """False where nothing may be read."""
    return os.path.exists(home.next_slots) or os.path.exists(home.next_book)
