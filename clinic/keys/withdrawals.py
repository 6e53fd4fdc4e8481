# SPDX-License-Identifier: GPL-3.0-or-later
"""A card that was lost opens nothing any more: a computer of the staff says so, signed, and every kiosk checks it.

The centre can keep such a word back (it can refuse service); it cannot make one up.
"""

from dataclasses import replace
from datetime import datetime

from clinic.domain.ids import DeviceId
from clinic.keys.identity import DeviceKeys, verify
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.protocol.capsule import Withdrawal
from clinic.protocol.codec import encode
from clinic.protocol.trust import DeviceKind

_CONTEXT = b"posta card withdrawn 1"


def withdraw(lookup: str, device: DeviceId, keys: DeviceKeys, at: datetime) -> Withdrawal:
    """The signed word that this card opens nothing any more."""
    bare = Withdrawal(lookup=lookup, device=device, at=at)
    return replace(bare, signature=keys.sign(_CONTEXT + encode(bare)))


def check_withdrawal(said: Withdrawal, log: TrustLog) -> None:
    """Raises Unreadable unless a computer of the staff signed it. One that was revoked since counts: what it withdrew
    stays withdrawn."""
    device = log.device(said.device)
    if device is None or device.kind != DeviceKind.DESKTOP:
        raise Unreadable("Only a computer of the staff withdraws a card.")
    if not verify(device.signing_key, _CONTEXT + encode(replace(said, signature=b"")), said.signature):
        raise Unreadable("Another computer wrote this than the one it names.")
