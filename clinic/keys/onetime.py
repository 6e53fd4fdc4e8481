# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time codes: eight digits that staff give a person who has no card, which work once, at a kiosk, with her id number.

From number and code (stretched) follow a look-up id and a key. The parcel lies at the centre under that look-up id: a
wrong guess finds nothing, and the centre counts guesses (S). It opens with the code *and* the key of a kiosk: the
centre, which could try all codes on what it holds, has no kiosk's key (C); a stolen kiosk would have to guess at the
centre, where each parcel lies for minutes and goes with the first who takes it.
"""

from base64 import b32encode
from dataclasses import dataclass, field, replace
from datetime import datetime

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, OrgId
from clinic.keys.boxes import NONCE_BYTES, lock, seal_to, unlock
from clinic.keys.hashing import SALT_BYTES, derive, digest, fresh_key, tag
from clinic.keys.identity import DeviceKeys, verify
from clinic.keys.packing import expand, squeeze
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.keys.stretch import Cost, stretch
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.onetime import CodeContents, CodeParcel, ForKiosk
from clinic.protocol.trust import DeviceKind

DIGITS = 8
LIFE_S = 15 * 60
AT_KIOSK = "identify at a kiosk"
"""The one purpose of today; it is part of what the key is made from."""
_COST = Cost(time_cost=3, memory_kib=64 * 1024, lanes=2)
_CONTEXT = b"posta code parcel 1"


class CodeWrong(Refusal):
    """Number and code do not fit, or the code was used, or is too old."""

    def __init__(self) -> None:
        super().__init__(
            "This code does not fit this id number, or it was used or is too old. Look at both, or ask for a new code."
        )


@dataclass(frozen=True, slots=True)
class CodeKey:
    """What follows from an id number and a code."""

    lookup: str
    key: bytes = field(repr=False)


def new_code(random: Random) -> str:
    """Eight digits, each as likely as any other (128 bits make the remainder even)."""
    return f"{int.from_bytes(random(16)) % 10**DIGITS:0{DIGITS}d}"


def code_key(organization: OrgId, number: str, code: str, purpose: str = AT_KIOSK) -> CodeKey:
    """About 0.2 s. Raises CodeWrong for what is no number, or no code."""
    for digits in (number, code):
        if not (digits.isascii() and digits.isdigit()):
            raise CodeWrong
    if len(code) != DIGITS:
        raise CodeWrong
    salt = digest(f"{organization}\n{purpose}".encode(), b"posta code salt", SALT_BYTES)
    strong = stretch(f"{number}\n{code}".encode(), salt, _COST)
    lookup = b32encode(derive(strong, b"posta code find", size=16)).decode().rstrip("=").lower()
    return CodeKey(lookup, derive(strong, b"posta code key"))


def seal_parcel(
    key: CodeKey, contents: CodeContents, log: TrustLog, device: DeviceId, keys: DeviceKeys, random: Random
) -> CodeParcel:
    """The parcel for every kiosk of the clinic. Raises Refusal where there is none."""
    kiosks = [d for d in log.devices() if d.kind == DeviceKind.KIOSK and not log.is_revoked(d.device)]
    if not kiosks:
        raise Refusal("This clinic has no kiosk at which a code could be used.")
    box, nonce = fresh_key(random), random(NONCE_BYTES)
    body = lock(_mixed(box, key), nonce, squeeze(encode(contents)), key.lookup.encode())
    rows = tuple(ForKiosk(device=d.device, sealed=seal_to(d.box_key, box)) for d in kiosks)
    bare = CodeParcel(device=device, kiosks=rows, body=nonce + body)
    return replace(bare, signature=keys.sign(_signed(key, bare)))


def open_parcel(
    key: CodeKey, parcel: CodeParcel, log: TrustLog, device: DeviceId, keys: DeviceKeys, now: datetime
) -> CodeContents:
    """What the code brings this kiosk. Raises Unreadable (forged, or not for this kiosk), CodeWrong (too old, or given for
    something else)."""
    issuer = log.device(parcel.device)
    if issuer is None or issuer.kind != DeviceKind.DESKTOP or log.is_revoked(parcel.device):
        raise Unreadable("Only a computer of the staff gives codes.")
    if not verify(issuer.signing_key, _signed(key, replace(parcel, signature=b"")), parcel.signature):
        raise Unreadable("Another computer made this code than the one it names.")
    sealed = next((row.sealed for row in parcel.kiosks if row.device == device), b"")
    nonce, body = parcel.body[:NONCE_BYTES], parcel.body[NONCE_BYTES:]
    plain = unlock(_mixed(keys.open(sealed), key), nonce, body, key.lookup.encode())
    try:
        contents = decode(expand(plain), CodeContents)
    except Malformed as error:
        raise Unreadable("This code was not made by Posta.") from error
    if contents.purpose != AT_KIOSK or now >= contents.expires_at:
        raise CodeWrong
    return contents


def _mixed(box: bytes, key: CodeKey) -> bytes:
    return tag(box, key.key, b"posta code mix")


def _signed(key: CodeKey, bare: CodeParcel) -> bytes:
    return _CONTEXT + key.lookup.encode() + encode(bare)
