# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a damaged book, read without SQLite: the file, over it what is committed in the write-ahead log.

Every page is checked by its own HMAC. Two pages that changed places are put back. Where the salt on page 1 is gone no
page can be checked: they are opened unchecked, and what is on them must prove itself. Read a book so only where no
connection of this process is open on it: closing a second handle would drop SQLite's locks.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clinic.domain.errors import Unavailable
from clinic.store.cipherpages import CONTENT, MARK, PAGE, SALT, PageCipher, is_lock_page

_LOG_MARKS = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_CUT_AT_MOST = 16
_UNCHECKED_FROM = 0.5
"""If more than this share of pages fails, the salt is gone, not the pages."""


class RawPages:
    """`total` pages; `bad` are not what was written; `checked` is False without the salt. A context."""

    def __init__(self, book: Path, key: bytes) -> None:
        """Raises Unavailable for the disk."""
        self._key, self._aes = key, algorithms.AES(key)
        try:
            self._file = book.open("rb")
            self._log = _opened(Path(f"{book}-wal"))
        except OSError as error:
            raise Unavailable("{path} cannot be read. Check the disk.", path=book) from error
        size = self._file.seek(0, 2)
        self.total = (size + PAGE - 1) // PAGE
        self._in_log: dict[int, int] = {}
        self._moved: dict[int, int] = {}
        if self._log is not None:
            for number, place, pages in _committed(self._log):
                self._in_log[number] = place
                self.total = pages
        self.bad: set[int] = set()
        self.checked = True
        self._cipher = self._with_salt(self._raw(1)[:SALT].ljust(SALT, b"\x00"))
        self.total = max(self.total, self._said_total())
        self._check()

    def page(self, number: int) -> bytes | None:
        """The 4016 bytes of content; None for a page that is damaged or not there."""
        if number in self.bad or not 1 <= number <= self.total or is_lock_page(number):
            return None
        raw = self._raw(self._moved.get(number, number))
        return self._cipher.open(number, raw) if self.checked else self._decrypted(number, raw)

    def _with_salt(self, salt: bytes) -> PageCipher:
        """The cipher of this salt, or of one that differs from it in one byte and fits."""
        cipher = PageCipher(self._key, salt)
        probes = [number for number in (2, 3, self.total // 2, self.total) if 1 < number <= self.total]
        if any(cipher.open(number, self._raw(number)) is not None for number in (1, *probes)):
            return cipher
        for place in range(SALT):
            for byte in range(256):
                other = PageCipher(self._key, salt[:place] + bytes([byte]) + salt[place + 1 :])
                if any(other.open(number, self._raw(number)) is not None for number in probes):
                    return other
        return cipher

    def _said_total(self) -> int:
        """How many pages there should be, as page 1 says: more, where the file was cut short."""
        first = self._cipher.open(1, self._raw(1))
        said = 0 if first is None or self._in_log else int.from_bytes(first[28:32], "big")
        return said if said <= self.total * _CUT_AT_MOST else 0

    def _check(self) -> None:
        self.bad = {
            number for number in self._numbers() if self._cipher.open(number, self._raw(number)) is None
        }
        if len(self.bad) > self.total * _UNCHECKED_FROM:
            self.checked = False
            self.bad = {number for number in self._numbers() if not self._plausible(number)}
            return
        for number in sorted(self.bad):
            for other in sorted(self.bad):
                if self._cipher.open(number, self._raw(other)) is not None:
                    self._moved[number] = other
        self.bad -= set(self._moved)

    def _numbers(self) -> Iterator[int]:
        return (number for number in range(1, self.total + 1) if not is_lock_page(number))

    def _plausible(self, number: int) -> bool:
        raw = self._raw(number)
        if len(raw) != PAGE or not any(raw[CONTENT : CONTENT + 16]):
            return False
        content = self._decrypted(number, raw)
        return number > 1 or (content[16:18] == PAGE.to_bytes(2, "big") and content[20] == PAGE - CONTENT)

    def _decrypted(self, number: int, raw: bytes) -> bytes:
        opener = Cipher(self._aes, modes.CBC(raw[CONTENT : CONTENT + 16])).decryptor()
        return MARK + opener.update(raw[SALT:CONTENT]) if number == 1 else opener.update(raw[:CONTENT])

    def _raw(self, number: int) -> bytes:
        place = self._in_log.get(number)
        if place is not None and self._log is not None:
            self._log.seek(place)
            return self._log.read(PAGE)
        self._file.seek((number - 1) * PAGE)
        return self._file.read(PAGE)

    def close(self) -> None:
        self._file.close()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> "RawPages":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _opened(path: Path) -> BinaryIO | None:
    return path.open("rb") if path.exists() else None


def _committed(log: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """(page number, place of its bytes in the log, size of the file in pages) of every committed frame, in order.

    SQLite's file format, section 4: frames hold while their salts are the header's and the checksums go on.
    """
    head = log.read(_LOG_HEADER)
    if len(head) < _LOG_HEADER:
        return
    mark, _, size, _ = struct.unpack(">4I", head[:16])
    order = "<" if mark == _LOG_MARKS[0] else ">"
    sums = _sum(order, head[:24], (0, 0))
    if mark not in _LOG_MARKS or size != PAGE or sums != struct.unpack(">2I", head[24:32]):
        return
    pending: list[tuple[int, int]] = []
    place = _LOG_HEADER
    while len(frame := log.read(_FRAME_HEADER + PAGE)) == _FRAME_HEADER + PAGE:
        number, pages = struct.unpack(">2I", frame[:8])
        sums = _sum(order, frame[_FRAME_HEADER:], _sum(order, frame[:8], sums))
        if frame[8:16] != head[16:24] or sums != struct.unpack(">2I", frame[16:24]):
            return
        pending.append((number, place + _FRAME_HEADER))
        place += _FRAME_HEADER + PAGE
        if pages:
            for each in pending:
                yield (*each, pages)
            pending = []
            log.seek(place)


def _sum(order: str, data: bytes, before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
