# SPDX-License-Identifier: GPL-3.0-or-later
"""A short code that stands for an invitation: for where no camera reads the long one.

The invitation lies at the centre, sealed under a key made of the code; the code never goes there. 70 random bits, each try
at 64 MiB of Argon2id, outlast the day the code lives by far. How it looks: `typed_codes`.
"""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.clock import Random
from clinic.keys.boxes import NONCE_BYTES, lock, unlock
from clinic.keys.codes import CodeKind, WrongCode
from clinic.keys.hashing import SALT_BYTES, derive, digest
from clinic.keys.invites import invitation_in, mailbox_id
from clinic.keys.packing import pad, unpad
from clinic.keys.stretch import FLOOR_KIB, Cost, stretch
from clinic.keys.typed_codes import DRAWN, as_read, is_right
from clinic.protocol.codec import encode
from clinic.protocol.custody import Invitation

_COST = Cost(time_cost=3, memory_kib=FLOOR_KIB, lanes=2)
_SALT, _CONTEXT = b"posta short salt", b"posta short code"


@dataclass(frozen=True, slots=True)
class ShortCode:
    """What a short code comes to: `box` names the mailbox, `key` (32 bytes) seals what lies there."""

    box: str
    key: bytes


def read_short_code(text: str, *, cost: Cost = _COST, weak_for_tests: bool = False) -> ShortCode:
    """About 0.15 s. Raises WrongCode for what was mistyped."""
    if not is_right(text):
        raise WrongCode(
            CodeKind.OTHER, "This code is mistyped. It has 16 letters and digits; compare them one by one."
        )
    drawn = as_read(text)[:DRAWN]
    salt = digest(b"", _SALT, SALT_BYTES)
    stretched = stretch(drawn.encode(), salt, cost, weak_for_tests=weak_for_tests)
    return ShortCode(mailbox_id(stretched), derive(stretched, b"posta short key"))


def seal_invitation(invitation: Invitation, code: ShortCode, random: Random) -> bytes:
    """What lies at the centre: a nonce and the sealed invitation, its length hidden."""
    nonce = random(NONCE_BYTES)
    return nonce + lock(code.key, nonce, pad(encode(invitation)), _CONTEXT)


def open_invitation(sealed: bytes, code: ShortCode, now: datetime) -> Invitation:
    """The inverse. Raises Unreadable for what was not laid there by whoever has the code; else as `read_invitation`."""
    return invitation_in(unpad(unlock(code.key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _CONTEXT)), now)
