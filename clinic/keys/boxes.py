# SPDX-License-Identifier: GPL-3.0-or-later
"""libsodium's sealed boxes, its AEAD and X25519 pairs, with every failure turned into `Unreadable`."""

from functools import lru_cache

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_box_seal,
    crypto_box_seal_open,
    crypto_scalarmult,
    crypto_scalarmult_base,
)
from nacl.exceptions import CryptoError

from clinic.domain.clock import Random
from clinic.keys.refusals import Unreadable

BOX_BYTES = 32
SEAL_OVERHEAD = 48
NONCE_BYTES = 24
TAG_BYTES = 16


def new_box_key(random: Random) -> bytes:
    """A private X25519 key, 32 bytes."""
    return random(BOX_BYTES)


def public_box_key(private: bytes) -> bytes:
    """The public half of a private X25519 key."""
    return bytes(crypto_scalarmult_base(private))


@lru_cache(256)
def sound_box_key(public: bytes) -> bool:
    """False for anything that is no X25519 public key one can safely seal to (wrong length, small order)."""
    if len(public) != BOX_BYTES:
        return False
    try:
        crypto_scalarmult(b"\x01" * BOX_BYTES, public)
    except (RuntimeError, CryptoError):
        return False
    return True


def seal_to(public: bytes, data: bytes) -> bytes:
    """A SealedBox: 48 bytes longer than `data`. libsodium makes the one-time pair from its own randomness."""
    if not sound_box_key(public):
        raise Unreadable("This key cannot be sealed to. Enrol that device again.")
    return bytes(crypto_box_seal(data, public))


def open_sealed(private: bytes, sealed: bytes) -> bytes:
    """What is in a SealedBox. Raises Unreadable."""
    if len(sealed) < SEAL_OVERHEAD:
        raise Unreadable("This sealed message is cut short.")
    try:
        return bytes(crypto_box_seal_open(sealed, public_box_key(private), private))
    except CryptoError as error:
        raise Unreadable("This was sealed to somebody else, or it is damaged.") from error


def lock(key: bytes, nonce: bytes, data: bytes, context: bytes) -> bytes:
    """XChaCha20-Poly1305 with `context` as additional data: 16 bytes longer than `data`."""
    return bytes(crypto_aead_xchacha20poly1305_ietf_encrypt(data, context, nonce, key))


def unlock(key: bytes, nonce: bytes, locked: bytes, context: bytes) -> bytes:
    """The inverse of `lock`. Raises Unreadable."""
    if len(nonce) != NONCE_BYTES or len(locked) < TAG_BYTES:
        raise Unreadable("This sealed message is cut short.")
    try:
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(locked, context, nonce, key))
    except CryptoError as error:
        raise Unreadable("This was changed on its way, or another key made it.") from error
