# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust log: signed statements about who may write, read and admit. Shapes only; the rules are in clinic.keys.

A statement travels as CBOR `[body bytes, signature (64)]`; `body bytes` is an encoded Statement and the signature
covers ``b"posta trust 1" + body bytes``. `previous` is BLAKE2b-256 of the statement before, as it travelled.
"""

from datetime import datetime

from clinic.domain.ids import DeviceId, OrgId, TeamId, UserId
from clinic.domain.record import Record, Word, n, record

SIGNING_CONTEXT = b"posta trust 1"


class Role(Word):
    ADMINISTRATOR = "administrator"
    COMPLIANCE = "compliance"
    CLINICIAN = "clinician"
    NURSE = "nurse"
    RECEPTIONIST = "receptionist"
    KIOSK = "kiosk"
    GATEWAY = "gateway"
    CUSTODIAN = "custodian"
    """A station that keeps the teams' keys for emergencies: a program, nobody's log-in."""


class DeviceKind(Word):
    DESKTOP = "desktop"
    KIOSK = "kiosk"
    STATION = "station"


@record(201)
class Root(Record):
    """The first statement; its hash is the fingerprint pinned at enrolment. `public_key`: Ed25519 of the root."""

    organization: OrgId = n(1)
    name: str = n(2)
    public_key: bytes = n(3)
    jurisdiction: str = n(4, default="AR")


@record(202)
class AddUser(Record):
    """A person on one device: keys are per (user, device)."""

    user: UserId = n(1)
    name: str = n(2)
    role: Role = n(3)
    device: DeviceId = n(4)
    signing_key: bytes = n(5)
    box_key: bytes = n(6)


@record(203)
class AddDevice(Record):
    device: DeviceId = n(1)
    kind: DeviceKind = n(2)
    name: str = n(3)
    signing_key: bytes = n(4)
    box_key: bytes = n(5)


@record(204)
class TeamCreate(Record):
    team: TeamId = n(1)
    name: str = n(2)


@record(205)
class MemberAdd(Record):
    team: TeamId = n(1)
    user: UserId = n(2)


@record(206)
class MemberRemove(Record):
    team: TeamId = n(1)
    user: UserId = n(2)


@record(207)
class SealedFor(Record):
    """The epoch's private key sealed to one (user, device) box key."""

    user: UserId = n(1)
    device: DeviceId = n(2)
    sealed: bytes = n(3)


@record(208)
class TeamEpoch(Record):
    """A new key pair of a team. `sealed_previous`: the private half of epoch - 1 sealed under this one's public key."""

    team: TeamId = n(1)
    epoch: int = n(2)
    public_key: bytes = n(3)
    sealed: tuple[SealedFor, ...] = n(4)
    sealed_previous: bytes = n(5, default=b"")


@record(209)
class EpochShare(Record):
    """An existing epoch's private key sealed to members who came later. Any member may sign it."""

    team: TeamId = n(1)
    epoch: int = n(2)
    sealed: tuple[SealedFor, ...] = n(3)


@record(398)
class Counted(Record):
    """Envelopes of one incarnation of a device count up to and including `last_env_no`."""

    incarnation: int = n(1)
    last_env_no: int = n(2)


@record(210)
class Revoke(Record):
    """Envelopes of `device` count as `counted` says of each of its incarnations, and of one that it does not name none. Where it
    names none at all, as Posta wrote it before: those of earlier incarnations, and up to `last_env_no` of `incarnation`."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    last_env_no: int = n(3)
    reason: str = n(4, default="")
    counted: tuple[Counted, ...] = n(5, default=())


@record(211)
class Policy(Record):
    key: str = n(1)
    value: str = n(2)


@record(212)
class RecoveryUsed(Record):
    """The recovery sheets named a new administrator key."""

    new_signing_key: bytes = n(1)
    reason: str = n(2)


@record(213)
class Wipe(Record):
    device: DeviceId = n(1)
    reason: str = n(2, default="")


@record(214)
class RemoveUser(Record):
    """A person works on that computer no more; what she wrote there stands. From the last of her computers: she is in
    the organisation no more."""

    user: UserId = n(1)
    device: DeviceId = n(2)
    reason: str = n(3, default="")


@record(215)
class Beacon(Record):
    """An administrator was in contact at the statement's time: whoever holds it has heard of everything before it."""


@record(220)
class Statement(Record):
    """`position` counts from 0; `signer_device` '' means the root key signed."""

    position: int = n(1)
    previous: bytes = n(2, default=b"")
    at: datetime = n(3)
    body: Record = n(4)
    signer_user: UserId = n(5, default=UserId(""))
    signer_device: DeviceId = n(6, default=DeviceId(""))
