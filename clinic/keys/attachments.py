# SPDX-License-Identifier: GPL-3.0-or-later
"""Attachments: a file under its own key, in pieces of 64 KiB (libsodium's secretstream), named by the hash
of its ciphertext.

Ciphertext: 24 bytes of header (libsodium's own randomness), then pieces each 17 bytes longer than their
plaintext; the last one says so, therefore a file that was cut short is noticed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as OVERHEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_BYTES,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as LAST,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MORE,
)
from nacl.exceptions import CryptoError

from clinic.domain.clock import Random
from clinic.keys.hashing import KEY_BYTES, fresh_key
from clinic.keys.refusals import Unreadable

PIECE = 64 * 1024
"""Bytes of plaintext in a piece."""


@dataclass(frozen=True, slots=True)
class SealedBytes:
    """A small file sealed whole: its name, its key, and what may lie anywhere."""

    id: str
    key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """`id`: BLAKE2b-256 of the ciphertext, 64 hexadecimal digits, without personalisation as servers check
    it; `size`: bytes of plaintext."""

    id: str
    size: int


def new_attachment_key(random: Random) -> bytes:
    """A key for one file."""
    return fresh_key(random)


def attachment_id(ciphertext: Iterable[bytes]) -> str:
    """The name of a ciphertext, given in parts of any length."""
    hashed = blake2b(digest_size=32)
    for part in ciphertext:
        hashed.update(part)
    return hashed.hexdigest()


def store_attachment(plain: Iterable[bytes], key: bytes, sink: Callable[[bytes], object]) -> Stored:
    """Encrypt `plain` (parts of any length) into `sink`, never holding more than two pieces."""
    hashed, size = blake2b(digest_size=32), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in plain:
            size += len(part)
            yield part

    for part in encrypt(counted(), key):
        hashed.update(part)
        sink(part)
    return Stored(hashed.hexdigest(), size)


def seal_bytes(data: bytes, random: Random) -> SealedBytes:
    """A photo or a page, sealed under a key of its own."""
    key = new_attachment_key(random)
    ciphertext = b"".join(encrypt([data], key))
    return SealedBytes(attachment_id([ciphertext]), key, ciphertext)


def unseal_bytes(ciphertext: bytes, key: bytes, id: str) -> bytes:
    """The plaintext. Raises Unreadable unless it is exactly the file of that name, whole."""
    if attachment_id([ciphertext]) != id:
        raise Unreadable("This is another file than the record names. Fetch it again.")
    return b"".join(decrypt([ciphertext], key))


def encrypt(plain: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Header, then one part a piece."""
    state = crypto_secretstream_xchacha20poly1305_state()
    yield bytes(crypto_secretstream_xchacha20poly1305_init_push(state, key))
    for piece, last in _pieces(plain, PIECE):
        yield bytes(crypto_secretstream_xchacha20poly1305_push(state, piece, None, LAST if last else MORE))


def decrypt(ciphertext: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Plaintext pieces of a ciphertext in parts of any length. Raises Unreadable where it was flipped, cut,
    reordered or added to.

    Pieces before the damage have been given out by then: keep nothing until the iterator ends.
    """
    state, parts = crypto_secretstream_xchacha20poly1305_state(), _Parts(ciphertext)
    header = parts.take(HEADER_BYTES)
    if len(header) != HEADER_BYTES or len(key) != KEY_BYTES:
        raise Unreadable("This file is cut short, or has no key. Fetch it again.")
    crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    while True:
        piece, tag = _pull(state, parts.take(PIECE + OVERHEAD))
        yield piece
        if tag == LAST:
            break
    if parts.take(1):
        raise Unreadable("This file is longer than it should be. Fetch it again.")


def _pull(state: crypto_secretstream_xchacha20poly1305_state, piece: bytes) -> tuple[bytes, int]:
    if len(piece) < OVERHEAD:
        raise Unreadable("This file is cut short. Fetch it again.")
    try:
        plain, tag = crypto_secretstream_xchacha20poly1305_pull(state, piece)
    except (CryptoError, RuntimeError) as error:
        raise Unreadable("This file is damaged. Fetch it again.") from error
    return bytes(plain), int(tag)


def _pieces(plain: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """(piece, is the last); an empty file is one empty piece."""
    parts = _Parts(plain)
    piece = parts.take(size)
    while True:
        following = parts.take(size)
        yield piece, not following
        if not following:
            return
        piece = following


class _Parts:
    """Takes exact lengths out of parts of any length."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts, self._left = iter(parts), bytearray()

    def take(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        while len(self._left) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._left += part
        taken = bytes(self._left[:size])
        del self._left[:size]
        return taken
