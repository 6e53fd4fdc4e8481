# SPDX-License-Identifier: GPL-3.0-or-later
"""What two devices say to each other to make a call. It travels sealed end to end; here is what is inside.

Every message names its call; a message of another call, or of an older attempt, never changes anything.
"""

from datetime import datetime

from clinic.domain.record import Record, Word, n, record


class Role(Word):
    """Whose description it is: the caller always offers."""

    CALLER = "caller"
    CALLEE = "callee"


@record(400)
class Ring(Record):
    """Please answer. Said again every few seconds until answered; the same call rings only once."""

    call_id: str = n(1)
    encounter_id: str = n(2)
    caller_name: str = n(3)


@record(401)
class Accept(Record):
    call_id: str = n(1)


@record(402)
class Decline(Record):
    call_id: str = n(1)


@record(403)
class Busy(Record):
    call_id: str = n(1)


@record(404)
class Hang(Record):
    call_id: str = n(1)
    reason: str = n(2, default="hung up")


@record(405)
class Claim(Record):
    """What a device signs about its description: nobody between us can put other keys into the call."""

    call_id: str = n(1)
    encounter_id: str = n(2)
    attempt: int = n(3)
    role: Role = n(4)
    fingerprints: tuple[str, ...] = n(5)
    """Sorted `sha-256 AA:BB…` of the description's DTLS certificate (RFC 8122)."""
    expires_at: datetime = n(6)


@record(406)
class Description(Record):
    """An offer or an answer of one attempt, with the encoded Claim and its signature."""

    call_id: str = n(1)
    attempt: int = n(2)
    sdp: str = n(3)
    type: str = n(4)
    claim: bytes = n(5)
    signature: bytes = n(6)


@record(407)
class Again(Record):
    """The callee has lost its transport of that attempt: please offer anew."""

    call_id: str = n(1)
    attempt: int = n(2)


CallMessage = Ring | Accept | Decline | Busy | Hang | Description | Again
"""Everything a device may post to its peer about a call."""
