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


@record(571)
class RungSaid(Record):
    """What this side of a call allows (a rung of `clinic.calls.quality`) and why; said again every few seconds, over the
    data channel or as a letter. `loss`: of what the receiver of this has sent, 0..1. `wants`: somebody asks for more."""

    call_id: str = n(1)
    rung: str = n(2)
    why: str = n(3, default="")
    loss: float = n(4, default=0.0)
    wants: bool = n(5, default=False)


@record(572)
class StillAsked(Record):
    """Please send one picture of your camera. Over the data channel it is answered with parts; as a letter, with a message
    in the record."""

    call_id: str = n(1)
    number: int = n(2)


@record(573)
class StillPart(Record):
    """Part `index` of `count` of a still of `size` bytes, in order. Without parts, `trouble` says why there is none."""

    call_id: str = n(1)
    number: int = n(2)
    index: int = n(3, default=0)
    count: int = n(4, default=0)
    size: int = n(5, default=0)
    data: bytes = n(6, default=b"")
    trouble: str = n(7, default="")


@record(580)
class RecordingSaid(Record):
    """Whether this side of the call is recorded by the one who says so; `on` is said before anything is written, and again
    every few seconds while it is. Over the data channel, and as a letter while there is none."""

    call_id: str = n(1)
    on: bool = n(2)
    number: int = n(3, default=0)
    """Which recording of this call: an answer about an earlier one begins none."""


@record(581)
class RecordingShown(Record):
    """Whoever sits here sees that it is recorded: the answer to each RecordingSaid. An older program never gives it."""

    call_id: str = n(1)
    number: int = n(2, default=0)
    stop: bool = n(3, default=False)
    """Whoever sits here wants no more of it."""


@record(608)
class HoldSaid(Record):
    """Whether whoever says so has put the call on hold: neither heard nor seen, and hearing nothing. Said again every few
    seconds, over the data channel, and as a letter while there is none. `number` grows with each change: an older word that
    comes late says nothing. An older program does not know it, and sees a covered camera and a microphone that is off."""

    call_id: str = n(1)
    on: bool = n(2)
    number: int = n(3)


CallMessage = (
    Ring
    | Accept
    | Decline
    | Busy
    | Hang
    | Description
    | Again
    | RungSaid
    | StillAsked
    | RecordingSaid
    | RecordingShown
    | HoldSaid
)
"""Everything a device may post to its peer about a call."""
