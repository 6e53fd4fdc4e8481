# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs: the key pairs of a device, and of a user on one device (Ed25519 to sign, X25519 to be sealed
to)."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError

from clinic.domain.clock import Random
from clinic.domain.ids import DeviceId, short_hash_id
from clinic.keys.boxes import BOX_BYTES, new_box_key, open_sealed, public_box_key
from clinic.keys.hashing import digest
from clinic.keys.refusals import Unreadable

SEED_BYTES = 32
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The halves everybody may know: Ed25519 and X25519, 32 bytes each."""

    signing: bytes
    box: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """Two private keys; never printed. `signing_secret` is libsodium's form: seed, then public key."""

    MARK: ClassVar[bytes] = b"?"
    signing_secret: bytes = field(repr=False)
    box_private: bytes = field(repr=False)

    @classmethod
    def make(cls, random: Random) -> Self:
        """New keys from handed-in randomness."""
        return cls._of(random(SEED_BYTES), new_box_key(random))

    @classmethod
    def _of(cls, seed: bytes, box_private: bytes) -> Self:
        return cls(bytes(crypto_sign_seed_keypair(seed)[1]), box_private)

    @property
    def public(self) -> PublicKeys:
        return PublicKeys(self.signing_secret[SEED_BYTES:], public_box_key(self.box_private))

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature of `message`, 64 bytes."""
        return bytes(crypto_sign(message, self.signing_secret)[:SIGNATURE_BYTES])

    def open(self, sealed: bytes) -> bytes:
        """What was sealed to the box key. Raises Unreadable."""
        return open_sealed(self.box_private, sealed)

    def encode(self) -> bytes:
        """65 bytes for a slot or the store."""
        return self.MARK + self.signing_secret[:SEED_BYTES] + self.box_private

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises Unreadable for anything but `encode`'s bytes of the same class."""
        if len(data) != 1 + SEED_BYTES + BOX_BYTES or data[:1] != cls.MARK:
            raise Unreadable(
                "These are not the keys that should be here. Restore this computer from its backup."
            )
        return cls._of(data[1 : 1 + SEED_BYTES], data[1 + SEED_BYTES :])


@dataclass(frozen=True, slots=True)
class DeviceKeys(Keys):
    """A device's own keys: made on it, never exported; they sign envelopes and letters."""

    MARK: ClassVar[bytes] = b"D"


@dataclass(frozen=True, slots=True)
class UserKeys(Keys):
    """A person's keys on one device: they sign trust statements, notes and prescriptions, and open team
    epochs."""

    MARK: ClassVar[bytes] = b"U"


@dataclass(frozen=True, slots=True)
class RootKeys(Keys):
    """The organisation's root: signs the first administrator and recoveries, then lives on paper only."""

    MARK: ClassVar[bytes] = b"R"


def device_id(signing_public: bytes) -> DeviceId:
    """A device's name is the hash of its signing key: nobody can give his key another device's name."""
    return DeviceId(short_hash_id(digest(signing_public, b"posta device id")))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """True if the Ed25519 key `public` signed `message`; False for anything malformed."""
    if len(public) != SEED_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True
