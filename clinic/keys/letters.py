# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters between devices: sealed to the receiver, signed by the sender, fresh, and never taken twice."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from clinic.domain.ids import DeviceId
from clinic.keys.boxes import seal_to
from clinic.keys.identity import DeviceKeys, device_id, verify
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import Malformed, decode, dumps, encode, loads
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.letters import MAX_LETTER, SIGNING_CONTEXT, Letter

FRESH = timedelta(minutes=2)


def seal_letter(device_keys: DeviceKeys, receiver_box_key: bytes, letter: Letter) -> bytes:
    """Wire bytes of a letter. libsodium makes the one-time key from its own randomness. Raises Malformed
    above 64 kB."""
    sealed = seal_to(receiver_box_key, encode(letter))
    data = dumps([device_keys.sign(_signed(letter.receiver, sealed)), sealed])
    if len(data) > MAX_LETTER:
        raise Malformed("This is too much for one letter (64 kB).")
    return data


def open_letter(
    data: bytes, trust: TrustLog, device_keys: DeviceKeys, now: datetime, last_numbers: Mapping[DeviceId, int]
) -> Letter:
    """The letter in wire bytes, for the device with these keys. `now`: the time both devices go by (the centre's);
    `last_numbers`: the highest number taken per sender.

    Raises Unreadable or Malformed (Refusals) for a letter that is forged, another's, old, early by 2
    minutes, or seen before.
    """
    me = device_id(device_keys.public.signing)
    signature, sealed = _parts(data)
    letter = decode(device_keys.open(sealed), Letter)
    sender = trust.device(letter.sender)
    if sender is None or trust.is_revoked(letter.sender):
        raise Unreadable("This letter comes from a computer that is not admitted here.")
    if letter.receiver != me or not verify(sender.signing_key, _signed(me, sealed), signature):
        raise Unreadable("This letter was not signed by the computer it names.")
    if abs(now - letter.sent_at) > FRESH:
        raise Unreadable(
            "This letter is too old, or the clocks of the two computers differ by more than 2 minutes."
        )
    if not letter.number < MAX_COUNT:
        raise Unreadable("This letter is numbered as no letter is.")
    if letter.number <= last_numbers.get(letter.sender, -1):
        raise Unreadable("This letter has been here before.")
    return letter


def _parts(data: bytes) -> tuple[bytes, bytes]:
    if len(data) > MAX_LETTER:
        raise Malformed("This letter is larger than 64 kB.")
    raw = loads(data)
    if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, bytes) for part in raw)):
        raise Malformed("This is not a letter.")
    return raw[0], raw[1]


def _signed(receiver: DeviceId, sealed: bytes) -> bytes:
    return SIGNING_CONTEXT + receiver.encode() + sealed
