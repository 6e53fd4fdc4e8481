# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's card: 32 secret bytes on paper, and the look-up id and box key that follow from them.

The team keeps a capsule (what the patient may see at a kiosk) sealed to that key; only who holds the card
opens it. A capsule says nothing about who sealed it: it is believed because only staff (and whoever holds the card)
know the key to seal to. It is shown to the patient and never filed.

A card may ask for a PIN of 4 to 6 digits, which is stretched into the key: the QR code alone finds the capsule and
opens nothing. So few digits hold only while tries are counted (the kiosk, L): who has the card *and* a copy of the
capsule can try them all, at about 0.2 s each.
"""

from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.keys.boxes import open_sealed, public_box_key, seal_to
from clinic.keys.codes import CodeKind, WrongCode, read_code, write_code
from clinic.keys.hashing import KEY_BYTES, SALT_BYTES, derive, fresh_key, tag
from clinic.keys.packing import expand, squeeze
from clinic.keys.passwords import is_row_of_keys
from clinic.keys.stretch import Cost, stretch

MIN_PIN, MAX_PIN = 4, 6
_COST = Cost(time_cost=3, memory_kib=64 * 1024, lanes=2)
"""For ever: another cost would be another key."""
_ASKS_PIN = b"\x01"


class PinMissing(Refusal):
    """The card asks for its PIN."""


@dataclass(frozen=True, slots=True)
class Card:
    """The secret and what follows from it; `lookup` and `public_key` go into the PatientCard fact, the
    secret and the PIN never."""

    secret: bytes = field(repr=False)
    asks_pin: bool = field(default=False, repr=False)
    pin: str = field(default="", repr=False)

    @property
    def lookup(self) -> str:
        """26 letters that find the capsule and tell nothing about the secret."""
        return b32encode(derive(self.secret, b"posta card find", size=16)).decode().rstrip("=").lower()

    @property
    def private_key(self) -> bytes:
        """With a PIN about 0.2 s. Raises PinMissing."""
        if not self.asks_pin:
            return derive(self.secret, b"posta card box")
        if not self.pin:
            raise PinMissing("This card asks for its PIN.")
        salt = derive(self.secret, b"posta card salt", size=SALT_BYTES)
        return tag(self.secret, stretch(self.pin.encode(), salt, _COST), b"posta card pin")

    @property
    def public_key(self) -> bytes:
        return public_box_key(self.private_key)

    def with_pin(self, pin: str) -> "Card":
        """The same card, once its PIN was typed."""
        return replace(self, pin=pin) if self.asks_pin else self


def check_new_pin(pin: str, known: Iterable[str] = ()) -> None:
    """4 to 6 digits, no row and no repetition, no part of the digits others know of her (id number, birth date).
    Raises Refusal."""
    if not (pin.isascii() and pin.isdigit() and MIN_PIN <= len(pin) <= MAX_PIN):
        raise Refusal("The PIN of a card has 4 to 6 digits.")
    if is_row_of_keys(pin) or len(set(pin)) < 3:
        raise Refusal("That PIN is one of the first that are tried. Choose another one.")
    if any(pin in digits for digits in known):
        raise Refusal("That PIN stands in her id number or birth date. Choose another one.")


def card_text(secret: bytes, asks_pin: bool = False) -> str:
    """What the QR code says: 'POSTA:CARD:1:…', 71 characters; 73 for a card that asks for a PIN."""
    return write_code(CodeKind.CARD, (_ASKS_PIN if asks_pin else b"") + secret)


def new_card(random: Random, pin: str = "") -> Card:
    """A card for a patient. A PIN was checked before (`check_new_pin`)."""
    return Card(fresh_key(random), bool(pin), pin)


def read_card(text: str) -> Card:
    """The card in a scanned text. Raises WrongCode, whose sentence says what it was instead or how to hold
    it."""
    payload = read_code(CodeKind.CARD, text)
    if len(payload) == KEY_BYTES:
        return Card(payload)
    if len(payload) == KEY_BYTES + 1 and payload[:1] == _ASKS_PIN:
        return Card(payload[1:], asks_pin=True)
    raise WrongCode(CodeKind.CARD, "This code was not read whole. Clean it, hold it flat and show it again.")


def seal_capsule(public_key: bytes, contents: bytes) -> bytes:
    """Contents only the card opens. libsodium makes the one-time key from its own randomness."""
    return seal_to(public_key, squeeze(contents))


def open_capsule(card: Card, capsule: bytes) -> bytes:
    """The contents. Raises Unreadable for another card's capsule, another PIN, or a damaged one; PinMissing."""
    return expand(open_sealed(card.private_key, capsule))
