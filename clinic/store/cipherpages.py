# SPDX-License-Identifier: GPL-3.0-or-later
"""Single pages of a SQLCipher 4 file, without SQLite: what backup and salvage need, page by page.

A page of 4096 bytes holds 4016 of content under AES-256-CBC, 16 of initialisation vector, 64 of HMAC-SHA512 over
content, vector and page number; page 1 begins with 16 bytes of salt instead of SQLite's mark. With a raw key the
HMAC's key is PBKDF2-HMAC-SHA512 of it, two rounds, salt xor 0x3a (SQLCipher's design notes, version 4).
"""

import hmac
from hashlib import pbkdf2_hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, CONTENT, SALT = 4096, 4016, 16
_IV = 16
MARK = b"SQLite format 3\x00"
_LOCK_BYTE = 0x40000000 // PAGE + 1
"""SQLite never uses the page that its locks lie on."""


class PageCipher:
    """Opens and seals pages of one file, numbered from 1."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._aes, self._salt = algorithms.AES(key), salt
        self._mac = pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)

    def open(self, number: int, raw: bytes) -> bytes | None:
        """The 4016 bytes of content, or None if the page is not what was written there."""
        begin = SALT if number == 1 else 0
        if len(raw) != PAGE or not hmac.compare_digest(
            raw[CONTENT + _IV :], self._tag(number, raw[begin : CONTENT + _IV])
        ):
            return None
        opener = Cipher(self._aes, modes.CBC(raw[CONTENT : CONTENT + _IV])).decryptor()
        return (MARK if number == 1 else b"") + opener.update(raw[begin:CONTENT])

    def seal(self, number: int, content: bytes, vector: bytes) -> bytes:
        """The 4096 bytes on disk; `vector`: 16 random bytes."""
        begin = SALT if number == 1 else 0
        sealer = Cipher(self._aes, modes.CBC(vector)).encryptor()
        body = sealer.update(content[begin:]) + vector
        return (self._salt if number == 1 else b"") + body + self._tag(number, body)

    def _tag(self, number: int, body: bytes) -> bytes:
        return hmac.digest(self._mac, body + number.to_bytes(4, "little"), "sha512")


def is_lock_page(number: int) -> bool:
    """True for the page SQLite leaves alone: what it reads is nothing."""
    return number == _LOCK_BYTE
