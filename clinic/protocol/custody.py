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
    """One way to open a store. Everything but `sealed` is authenticated by it. Costs as Argon2id counts
    them, 0 for a key file."""

    label: str = n(1)
    kind: SlotKind = n(2)
    salt: bytes = n(3)
    time_cost: int = n(4, default=0)
    memory_kib: int = n(5, default=0)
    lanes: int = n(6, default=0)
    sealed: bytes = n(7, default=b"")


@record(231)
class SlotContent(Record):
    """`user_keys`: as UserKeys.encode gives them, or empty for a slot of a device."""

    store_key: bytes = n(1)
    user: UserId = n(2, default=UserId(""))
    user_keys: bytes = n(3, default=b"")


@record(232)
class SlotFile(Record):
    """`mac` is over this record without it, by a key derived from the store key: nobody else can add or
    take a slot."""

    slots: tuple[Slot, ...] = n(1)
    mac: bytes = n(2, default=b"")


@record(240)
class Invitation(Record):
    """What an administrator shows a new device. `fingerprint`: of the trust log; `secret`: 16 bytes, for
    this device only."""

    server: str = n(1)
    fingerprint: bytes = n(2)
    secret: bytes = n(3)
    role: Role = n(4)
    kind: DeviceKind = n(5)
    team: TeamId = n(6)
    expires_at: datetime = n(7)
