# SPDX-License-Identifier: GPL-3.0-or-later
"""What a description must prove before a single packet flows: its keys belong to the device we are calling.

The signalling server could swap the DTLS fingerprint of a description and sit in the middle; the device key's
signature over call, encounter, attempt, role, fingerprints and expiry makes that visible (RFC 8827, 5).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from clinic.calls.call import Call
from clinic.calls.fingerprints import fingerprints
from clinic.domain.errors import Refusal
from clinic.protocol.calling import Claim, Description, Role
from clinic.protocol.codec import decode, encode

VALID_FOR = timedelta(minutes=2)
Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]
"""`verify(device, data, signature)`: True if that device signed exactly these bytes."""

_CONTEXT = b"posta call claim 1\x00"
"""A signature over a claim can never be taken for one over anything else."""


class Distrusted(Refusal):
    """The description was not made by the device we are talking to, or not for this call, or not now."""


def describe(call: Call, attempt: int, sdp: str, kind: str, now: datetime, sign: Sign) -> Description:
    """Our description of that attempt with its claim signed; `kind` is offer or answer."""
    claim = Claim(
        call_id=call.call_id,
        encounter_id=call.encounter_id,
        attempt=attempt,
        role=_role(call.caller),
        fingerprints=fingerprints(sdp),
        expires_at=now + VALID_FOR,
    )
    body = encode(claim)
    return Description(
        call_id=call.call_id, attempt=attempt, sdp=sdp, type=kind, claim=body, signature=sign(_CONTEXT + body)
    )


def check(call: Call, peer: str, came: Description, now: datetime, verify: Verify) -> None:
    """Raises Distrusted unless `peer` claims this description, for this call, in the other role, in time."""
    if not verify(peer, _CONTEXT + came.claim, came.signature):
        raise Distrusted("This call was not signed by the other device, so it was not connected. Call again.")
    claim = decode(came.claim, Claim)
    ours = (call.call_id, call.encounter_id)
    if (claim.call_id, claim.encounter_id) != ours or claim.call_id != came.call_id:
        raise Distrusted("This answer belongs to another call, so it was not connected.")
    if claim.attempt != came.attempt or claim.role is not _role(not call.caller):
        raise Distrusted("This answer was made for another part of the call, so it was not connected.")
    if not claim.fingerprints or claim.fingerprints != fingerprints(came.sdp):
        raise Distrusted("Somebody has changed the keys of this call on the way, so it was not connected.")
    if not now < claim.expires_at <= now + 2 * VALID_FOR:
        raise Distrusted("This answer is too old, or one of the two clocks is wrong. Check both clocks.")


def _role(caller: bool) -> Role:
    return Role.CALLER if caller else Role.CALLEE
