# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of the last write, kept beside the book: what a log that was cut short, or is of another day, has lost.

SQLite takes the longest whole part of its log and says nothing of the rest; it would also take an old log beside a newer
file. Each write has a number in the book, and after it is durable the number is laid down here, in place and without a
sync: a power cut may leave an older number, never a newer one than the book's. So a number here that the book does not
reach means that acknowledged writes are gone.
"""

import os
from hashlib import blake2b
from pathlib import Path

from clinic.store.writing import WritePage

TURN, MISSING = "turn", "missing writes"
"""A counter of the book, and the setting that says how many writes were found missing, ever."""
_NUMBER, _SEAL = 8, 8


def last_written(book: Path) -> Path:
    """Where the number of a book's last write is laid down."""
    return book.with_name(book.name + ".last")


class LastWritten:
    """`BOOK.last`: 8 bytes of number, 8 of a seal under the store's key, so that rubbish is not taken for a number."""

    def __init__(self, book: Path, key: bytes) -> None:
        self._path = last_written(book)
        self._key = blake2b(b"posta last written", key=key, digest_size=32).digest()
        self._handle: int | None = None

    def read(self) -> int:
        """The number laid down last; 0 if there is none that can be read."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return 0
        number, seal = data[:_NUMBER], data[_NUMBER:]
        return int.from_bytes(number, "big") if seal == self._seal(number) else 0

    def keep(self, number: int) -> None:
        """Lay a number down; on the writer's thread. A disk that refuses is not an error: the write is in the book."""
        data = number.to_bytes(_NUMBER, "big")
        try:
            if self._handle is None:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, data + self._seal(data))
        except OSError:
            return

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _seal(self, number: bytes) -> bytes:
        return blake2b(number, key=self._key, digest_size=_SEAL).digest()


def missing_since(page: WritePage, laid_down: int) -> int:
    """How many writes are gone, noted in the book for the doctor; the count goes on from where it should have been.

    Read `laid_down` before this transaction begins: another program may be writing.
    """
    gone = max(0, laid_down - page.number(TURN))
    if gone:
        page.put_meta(MISSING, str(int(page.meta(MISSING) or b"0") + gone).encode())
        page.keep_number(TURN, laid_down)
    return gone
