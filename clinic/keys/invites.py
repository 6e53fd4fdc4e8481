# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations: how a new device meets an administrator through a mailbox on the server, which learns
nothing it could use.

The invitation's secret names the mailbox and authenticates what is laid into it. Somebody who overheard the
secret is caught by the six digits both people compare; they cost 64 MiB of Argon2id each, so that nobody
makes keys to fit them while the code lives. Team keys are sealed only after that.

Where the centre's certificate is of the clinic's own authority, the invitation names that authority by its mark. Its text lies
at the centre and is fetched from whoever answers there: what fits the mark is the authority, whoever handed it over.
"""

from base64 import b32encode
from dataclasses import replace
from datetime import datetime

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import TeamId
from clinic.keys.codes import CodeKind, WrongCode, read_code, write_code
from clinic.keys.hashing import SALT_BYTES, derive, digest, same, tag
from clinic.keys.identity import DeviceKeys, verify
from clinic.keys.refusals import Unreadable
from clinic.keys.stretch import FLOOR_KIB, Cost, stretch
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.custody import Invitation
from clinic.protocol.sync import JoinAnswer, JoinRequest
from clinic.protocol.trust import AddDevice, DeviceKind, Role

SECRET_BYTES = 16
MOST_AUTHORITY = 16 * 1024
"""Bytes of an authority's text that an invitation names. A longer one is a whole system's; it goes from hand to hand."""
DIGITS = 6
_REQUEST, _ANSWER = b"posta join ask", b"posta join reply"
_DIGITS_COST = Cost(time_cost=3, memory_kib=FLOOR_KIB, lanes=2)


def new_invitation(
    *,
    server: str,
    fingerprint: bytes,
    role: Role,
    kind: DeviceKind,
    team: TeamId,
    expires_at: datetime,
    random: Random,
    authority: bytes = b"",
) -> Invitation:
    """An invitation for one device; at most 24 h is the habit. `authority`: PEM text, b'' for none of the clinic's own."""
    return Invitation(
        server=server,
        fingerprint=fingerprint,
        secret=random(SECRET_BYTES),
        role=role,
        kind=kind,
        team=team,
        expires_at=expires_at,
        authority=authority_mark(authority),
    )


def authority_mark(authority: bytes) -> bytes:
    """32 bytes for the text of an authority; b'' for none, and for more than MOST_AUTHORITY."""
    return digest(authority, b"posta authority") if 0 < len(authority) <= MOST_AUTHORITY else b""


def is_named(invitation: Invitation, authority: bytes) -> bool:
    """True if this text is the authority that the invitation names."""
    return bool(authority) and same(authority_mark(authority), invitation.authority)


def invitation_text(invitation: Invitation) -> str:
    """What the QR code says: 'POSTA:JOIN:1:…'."""
    return write_code(CodeKind.JOIN, encode(invitation))


def read_invitation(text: str, now: datetime) -> Invitation:
    """The invitation in a scanned or typed text. Raises WrongCode, or Refusal once it has expired."""
    return invitation_in(read_code(CodeKind.JOIN, "".join(text.split())), now)


def invitation_in(data: bytes, now: datetime) -> Invitation:
    """The same of the bytes that stand in the text, or lie under a short code."""
    try:
        invitation = decode(data, Invitation)
    except Malformed as error:
        raise WrongCode(
            CodeKind.JOIN, "This invitation was made by another version of Posta. Update this computer."
        ) from error
    if (
        len(invitation.secret) != SECRET_BYTES
        or len(invitation.fingerprint) != 32
        or len(invitation.authority) not in (0, 32)
    ):
        raise WrongCode(CodeKind.JOIN, "This invitation is not complete. Ask for a new one.")
    if now >= invitation.expires_at:
        raise Refusal("This invitation has expired. Ask the administrator for a new one.")
    return invitation


def mailbox_id(secret: bytes) -> str:
    """Where request and answer are laid: 26 letters that do not tell the secret."""
    return b32encode(derive(secret, b"posta mailbox", size=16)).decode().rstrip("=").lower()


def authority_box(secret: bytes) -> str:
    """Where the text of the clinic's authority lies: whoever sees this name learns nothing of the mailbox."""
    return mailbox_id(derive(secret, b"posta auth box", size=SECRET_BYTES))


def sign_request(request: JoinRequest, device: DeviceKeys) -> JoinRequest:
    """The request with the signature of a computer that has been admitted already."""
    return replace(request, device_signature=device.sign(_signed(request)))


def check_device(request: JoinRequest, known: AddDevice) -> None:
    """Raises Unreadable unless the computer that was admitted under that name vouches for the request."""
    same_keys = (request.device_signing_key, request.device_box_key) == (known.signing_key, known.box_key)
    if not same_keys or not verify(known.signing_key, _signed(request), request.device_signature):
        raise Unreadable("This request names a computer that did not make it. Make a new invitation.")


def _signed(request: JoinRequest) -> bytes:
    return b"posta join on" + encode(replace(request, mac=b"", device_signature=b""))


def seal_request(request: JoinRequest, secret: bytes) -> JoinRequest:
    """The request with its MAC."""
    return replace(request, mac=tag(secret, encode(replace(request, mac=b"")), _REQUEST))


def check_request(request: JoinRequest, secret: bytes) -> None:
    """Raises Unreadable unless somebody who knows the secret made it."""
    if not same(request.mac, seal_request(request, secret).mac):
        raise Unreadable("This request was not made with your invitation. Make a new invitation.")


def seal_answer(answer: JoinAnswer, secret: bytes) -> JoinAnswer:
    """The answer with its MAC."""
    return replace(answer, mac=tag(secret, encode(replace(answer, mac=b"")), _ANSWER))


def check_answer(answer: JoinAnswer, secret: bytes) -> None:
    """Raises Unreadable unless somebody who knows the secret made it."""
    if not same(answer.mac, seal_answer(answer, secret).mac):
        raise Unreadable("This answer was not made with your invitation. Ask for a new invitation.")


def comparison_digits(
    request: JoinRequest, fingerprint: bytes, cost: Cost = _DIGITS_COST, *, weak_for_tests: bool = False
) -> str:
    """Six digits, the same on both screens only if both have the same request and the same organisation.
    About 0.15 s."""
    seen = digest(fingerprint + encode(replace(request, mac=b"")), b"posta join look")
    stretched = stretch(
        seen, digest(fingerprint, b"posta join salt", SALT_BYTES), cost, weak_for_tests=weak_for_tests
    )
    return f"{int.from_bytes(stretched[:8], 'big') % 10**DIGITS:0{DIGITS}d}"
