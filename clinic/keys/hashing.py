# SPDX-License-Identifier: GPL-3.0-or-later
"""BLAKE2b (RFC 7693) in its four uses: hash, message authentication, key derivation, checksum.

Each use has its own personalisation (at most 16 bytes), so that a value of one use is never one of another.
"""

from hashlib import blake2b
from hmac import compare_digest

from clinic.domain.clock import Random

KEY_BYTES = 32
SALT_BYTES = 16


def digest(data: bytes, person: bytes, size: int = 32) -> bytes:
    """Hash of `data`, `size` bytes (1 to 64)."""
    return blake2b(data, digest_size=size, person=person).digest()


def tag(key: bytes, data: bytes, person: bytes) -> bytes:
    """Message authentication code of `data`, 32 bytes; `key` at most 64 bytes."""
    return blake2b(data, digest_size=32, key=key, person=person).digest()


def derive(key: bytes, person: bytes, salt: bytes = b"", size: int = KEY_BYTES) -> bytes:
    """A key of `size` bytes (at most 64) from a strong `key`, HKDF's work done by keyed BLAKE2b with a salt
    (at most 16 bytes)."""
    return blake2b(b"", digest_size=size, key=key, salt=salt, person=person).digest()


def same(one: bytes, other: bytes) -> bool:
    """Equality in constant time."""
    return compare_digest(one, other)


def fresh_key(random: Random) -> bytes:
    """32 new random bytes."""
    return random(KEY_BYTES)
