# SPDX-License-Identifier: GPL-3.0-or-later
"""A one-time code on its way: what a kiosk gets for a right id number and code, and nobody else can open.

PUT /v1/codes/{lookup}?seconds=N by staff; POST /v1/codes/{lookup} by a kiosk takes it away: it is there once.
"""

from datetime import datetime

from clinic.domain.ids import DeviceId, UserId
from clinic.domain.record import Record, n, record
from clinic.protocol.capsule import Capsule


@record(383)
class ForKiosk(Record):
    """The parcel's key, sealed to one kiosk's box key."""

    device: DeviceId = n(1)
    sealed: bytes = n(2)


@record(384)
class CodeParcel(Record):
    """`body`: nonce (24 bytes) and CodeContents under the parcel's key mixed with the code's; `signature`: Ed25519 of the
    issuing device over the look-up id and the record without it."""

    device: DeviceId = n(1)
    kiosks: tuple[ForKiosk, ...] = n(2)
    body: bytes = n(3)
    signature: bytes = n(4, default=b"")


@record(385)
class CodeContents(Record):
    """Whom the code names, for what, until when, and who gave it."""

    purpose: str = n(1)
    expires_at: datetime = n(2)
    capsule: Capsule = n(3)
    by: UserId = n(4)
    by_name: str = n(5)


@record(387)
class WaitingCode(Record):
    """A parcel in the store of whoever gave the code, until it has left."""

    lookup: str = n(1)
    parcel: bytes = n(2)
    expires_at: datetime = n(3)
