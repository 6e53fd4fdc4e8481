# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes that rest on a disk or on paper: the slots that open a store, and the invitation a new device
reads."""

from datetime import datetime

from clinic.domain.ids import TeamId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.protocol.trust import DeviceKind, Role


class SlotKind(Word):
    PASSWORD = "password"
    DEVICE_KEY = "device-key"
    """A key file beside the store: keeps nobody out who has the disk."""
    RECOVERY = "recovery"


@record(230)
class Slot(Record):
    """One way to open a store. Everything but `sealed` and `passed_on` is authenticated by it. Costs as
    Argon2id counts them, 0 for a key file."""

    label: str = n(1)
    kind: SlotKind = n(2)
    salt: bytes = n(3)
    time_cost: int = n(4, default=0)
    memory_kib: int = n(5, default=0)
    lanes: int = n(6, default=0)
    sealed: bytes = n(7, default=b"")
    asks_code: bool = n(8, default=False)
    """A code of six digits is asked for after the password."""
    credential: bytes = n(9, default=b"")
    """Which credential of a security key is mixed into this slot's key; b'' for none."""
    factor_salt: bytes = n(10, default=b"")
    """What that security key is asked to make a secret of."""
    box_key: bytes = n(11, default=b"")
    """X25519, its private half made of this slot's key: a new store key is sealed to it without its password."""
    passed_on: tuple[bytes, ...] = n(12, default=())
    """Newer store keys, each sealed to `box_key` and proved by the one before."""
    mark: str = n(13, default="")
    """Which set of recovery sheets opens this slot, as printed on them."""


@record(231)
class SlotContent(Record):
    """`user_keys`: as UserKeys.encode gives them, or empty for a slot of a device. `totp`: what the codes of
    six digits are made of, b'' where none are asked."""

    store_key: bytes = n(1)
    user: UserId = n(2, default=UserId(""))
    user_keys: bytes = n(3, default=b"")
    totp: bytes = n(4, default=b"")


@record(232)
class SlotFile(Record):
    """`mac` is over this record without it, by a key derived from the store key: nobody else can add or
    take a slot."""

    slots: tuple[Slot, ...] = n(1)
    mac: bytes = n(2, default=b"")


@record(233)
class Knock(Record):
    """A try to get in that failed. `label`: whose way in, '' if that was not said; `why`: password or code."""

    label: str = n(1)
    at: datetime = n(2)
    why: str = n(3, default="password")


@record(234)
class KnockRow(Record):
    """Wrong tries in a row at one way in."""

    label: str = n(1)
    tries: int = n(2)
    last_at: datetime = n(3)


@record(235)
class KnockFile(Record):
    """Failed tries of a profile: what the wait follows from, and what the audit still has to hear."""

    in_a_row: tuple[KnockRow, ...] = n(1, default=())
    untold: tuple[Knock, ...] = n(2, default=())
    lost: int = n(3, default=0)
    """Tries beyond what is kept one by one."""


@record(240)
class Invitation(Record):
    """What an administrator shows a new device. `fingerprint`: of the trust log; `secret`: 16 bytes, for
    this device only. `authority`: mark of the clinic's own certificate authority, whose text lies at the centre; b'' where the
    administrator's computer believes what its system believes."""

    server: str = n(1)
    fingerprint: bytes = n(2)
    secret: bytes = n(3)
    role: Role = n(4)
    kind: DeviceKind = n(5)
    team: TeamId = n(6)
    expires_at: datetime = n(7)
    authority: bytes = n(8, default=b"")
