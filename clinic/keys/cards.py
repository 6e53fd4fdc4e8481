# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's card: 32 secret bytes on paper, and the look-up id and box key that follow from them.

The team keeps a capsule (what the patient may see at a kiosk) sealed to that key; only who holds the card
opens it. A capsule says nothing about who sealed it: it is believed because only staff (and whoever holds the card)
know the key to seal to. It is shown to the patient and never filed.
"""

from base64 import b32encode
from dataclasses import dataclass, field

from clinic.domain.clock import Random
from clinic.keys.boxes import open_sealed, public_box_key, seal_to
from clinic.keys.codes import CodeKind, WrongCode, read_code, write_code
from clinic.keys.hashing import KEY_BYTES, derive, fresh_key
from clinic.keys.packing import expand, squeeze


@dataclass(frozen=True, slots=True)
class Card:
    """The secret and what follows from it; `lookup` and `public_key` go into the PatientCard fact, the
    secret never."""

    secret: bytes = field(repr=False)

    @property
    def lookup(self) -> str:
        """26 letters that find the capsule and tell nothing about the secret."""
        return b32encode(derive(self.secret, b"posta card find", size=16)).decode().rstrip("=").lower()

    @property
    def private_key(self) -> bytes:
        return derive(self.secret, b"posta card box")

    @property
    def public_key(self) -> bytes:
        return public_box_key(self.private_key)


def card_text(secret: bytes) -> str:
    """What the QR code says: 'POSTA:CARD:1:…', 71 characters."""
    return write_code(CodeKind.CARD, secret)


def new_card(random: Random) -> Card:
    """A card for a patient."""
    return Card(fresh_key(random))


def read_card(text: str) -> Card:
    """The card in a scanned text. Raises WrongCode, whose sentence says what it was instead or how to hold
    it."""
    secret = read_code(CodeKind.CARD, text)
    if len(secret) != KEY_BYTES:
        raise WrongCode(
            CodeKind.CARD, "This code was not read whole. Clean it, hold it flat and show it again."
        )
    return Card(secret)


def seal_capsule(public_key: bytes, contents: bytes) -> bytes:
    """Contents only the card opens. libsodium makes the one-time key from its own randomness."""
    return seal_to(public_key, squeeze(contents))


def open_capsule(card: Card, capsule: bytes) -> bytes:
    """The contents. Raises Unreadable for another card's capsule, or a damaged one."""
    return expand(open_sealed(card.private_key, capsule))
