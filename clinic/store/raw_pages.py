# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a damaged book, read without SQLite: the file, over it what is committed in the write-ahead log.

Every page is checked by its own HMAC. Two pages that changed places are put back. Where the salt on page 1 is gone no
page can be checked: they are opened unchecked, and what is on them must prove itself. Read a book so only where no
connection of this process is open on it: closing a second handle would drop SQLite's locks.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clinic.domain.errors import Unavailable
from clinic.store.cipherpages import CONTENT, MARK, PAGE, SALT, PageCipher, is_lock_page

_LOG_MARKS = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_UNCHECKED_FROM = 0.5
"""If more than this share of pages fails, the salt is gone, not the pages."""


@dataclass(slots=True)
class RawPages:
    """`contents`: page number -> 4016 bytes; `bad`: pages that are not what was written; `total` counts both."""

    total: int = 0
    contents: dict[int, bytes] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    checked: bool = True

    def page(self, number: int) -> bytes | None:
        return self.contents.get(number)


def read_pages(book: Path, key: bytes) -> RawPages:
    """All pages of a book, in memory. Raises Unavailable for the disk."""
    try:
        data = book.read_bytes()
        log_path = Path(f"{book}-wal")
        log = log_path.read_bytes() if log_path.exists() else b""
    except OSError as error:
        raise Unavailable("{book} cannot be read. Check the disk.", book=book) from error
    raw = {n + 1: data[n * PAGE : (n + 1) * PAGE] for n in range((len(data) + PAGE - 1) // PAGE)}
    total = len(raw)
    for number, page, size in _committed(log):
        raw[number] = page
        total = size or total
    raw = {number: page for number, page in raw.items() if number <= total}
    for number in range(1, total + 1):
        raw.setdefault(number, b"")
    salt = raw[1][:SALT] if total else b""
    found = _checked(raw, PageCipher(key, salt)) if len(salt) == SALT else RawPages(total, {}, set(raw))
    if total and len(found.bad) > total * _UNCHECKED_FROM:
        return _unchecked(raw, key)
    return found


def _checked(raw: dict[int, bytes], cipher: PageCipher) -> RawPages:
    found = RawPages(len(raw))
    for number, page in raw.items():
        if is_lock_page(number):
            continue
        content = cipher.open(number, page)
        if content is None:
            found.bad.add(number)
        else:
            found.contents[number] = content
    for number in sorted(found.bad):  # two that changed places
        for other in found.bad:
            content = cipher.open(number, raw[other])
            if content is not None:
                found.contents[number] = content
    found.bad -= set(found.contents)
    return found


def _unchecked(raw: dict[int, bytes], key: bytes) -> RawPages:
    """Decrypted without a check: noise where a page was damaged, to be told by its form."""
    found, aes = RawPages(len(raw), checked=False), algorithms.AES(key)
    for number, page in raw.items():
        if is_lock_page(number):
            continue
        if len(page) != PAGE or not any(page[CONTENT : CONTENT + 16]) or number == 1:
            found.bad.add(number)
            continue
        opener = Cipher(aes, modes.CBC(page[CONTENT : CONTENT + 16])).decryptor()
        found.contents[number] = opener.update(page[:CONTENT])
    first = raw.get(1, b"")
    if len(first) == PAGE and any(first[CONTENT : CONTENT + 16]):
        opener = Cipher(aes, modes.CBC(first[CONTENT : CONTENT + 16])).decryptor()
        content = MARK + opener.update(first[SALT:CONTENT])
        if content[16:18] == PAGE.to_bytes(2, "big") and content[20] == PAGE - CONTENT:
            found.contents[1] = content
            found.bad.discard(1)
    return found


def _committed(log: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(page number, raw page, size of the file in pages) of every committed frame, in order; a later one counts.

    SQLite's file format, section 4: frames hold while their salts are the header's and the checksums go on.
    """
    if len(log) < _LOG_HEADER:
        return
    mark, _, size, _ = struct.unpack(">4I", log[:16])
    order = "<" if mark == _LOG_MARKS[0] else ">"
    sums = _sum(order, log[:24], (0, 0))
    if mark not in _LOG_MARKS or size != PAGE or sums != struct.unpack(">2I", log[24:32]):
        return
    pending: list[tuple[int, bytes, int]] = []
    for start in range(_LOG_HEADER, len(log) - _FRAME_HEADER - PAGE + 1, _FRAME_HEADER + PAGE):
        header, page = (
            log[start : start + _FRAME_HEADER],
            log[start + _FRAME_HEADER : start + _FRAME_HEADER + PAGE],
        )
        number, pages = struct.unpack(">2I", header[:8])
        sums = _sum(order, page, _sum(order, header[:8], sums))
        if header[8:16] != log[16:24] or sums != struct.unpack(">2I", header[16:24]):
            return
        pending.append((number, page, pages))
        if pages:
            yield from ((n, p, pages) for n, p, _ in pending)
            pending = []


def _sum(order: str, data: bytes, before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
