# SPDX-License-Identifier: GPL-3.0-or-later
"""One small clinic for all tests of this floor, and randomness that repeats."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count

import pytest

from clinic.domain.clock import Random
from clinic.domain.facts import Patient
from clinic.domain.ids import DeviceId, FactId, OpId, OrgId, TeamId, UserId, patient_scope
from clinic.domain.ids import PatientId as P
from clinic.domain.values import HumanName
from clinic.keys.epochs import open_epochs, share_epochs_with
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.sealing import Place
from clinic.keys.trust import Signer, TrustLog, as_device, as_user, say
from clinic.protocol.op import Op, Ops
from clinic.protocol.trust import DeviceKind, MemberAdd, Role

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEAM = TeamId("health-post")


def repeating(seed: bytes) -> Random:
    """Randomness that is the same each run."""
    numbers = count()

    def random(size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += blake2b(next(numbers).to_bytes(8, "big"), key=seed).digest()
        return out[:size]

    return random


@dataclass(frozen=True)
class Somebody:
    """A user on a device, with all private keys."""

    user: UserId
    name: str
    keys: UserKeys
    device_keys: DeviceKeys

    @property
    def device(self) -> DeviceId:
        return device_id(self.device_keys.public.signing)

    @property
    def signer(self) -> Signer:
        return Signer(self.user, self.device, self.keys)


def somebody(name: str) -> Somebody:
    random = repeating(name.encode())
    return Somebody(UserId(name), name.title(), UserKeys.make(random), DeviceKeys.make(random))


@dataclass(frozen=True)
class Clinic:
    """The log, and everybody's keys. `eva` found it, `ben` is a clinician, `kiosk` stands in the hall, `mallory` outside."""

    log: TrustLog
    root: RootKeys
    eva: Somebody
    ben: Somebody
    kiosk: Somebody
    mallory: Somebody
    founded_at: int

    def plus(self, body: object, who: Signer | None = None) -> "Clinic":
        return replace(self, log=say(self.log, body, who or self.eva.signer, AT))  # type: ignore[arg-type]

    @property
    def by_root(self) -> Signer:
        return Signer(UserId(""), DeviceId(""), self.root)

    @property
    def eva_team_keys(self) -> dict[tuple[TeamId, int], bytes]:
        return open_epochs(self.log, self.eva.keys, self.eva.user, self.eva.device)


def admit(log: TrustLog, who: Somebody, kind: DeviceKind, by: Signer) -> TrustLog:
    return say(log, as_device(who.device, f"{who.name}'s", kind, who.device_keys), by, AT)


def _founded() -> Clinic:
    eva, root = somebody("eva"), RootKeys.make(repeating(b"root"))
    founder = Founder(
        user=eva.user, name=eva.name, keys=eva.keys, device_name="Desk 1", device_keys=eva.device_keys
    )
    log = found(
        organization=OrgId("org"),
        name="Hospital",
        team=TEAM,
        team_name="Health post",
        founder=founder,
        root=root,
        at=AT,
        random=repeating(b"epoch"),
    )
    return Clinic(log, root, eva, somebody("ben"), somebody("kiosk"), somebody("mallory"), log.position)


@pytest.fixture(scope="session")
def founded() -> Clinic:
    """Only the founder."""
    return _founded()


@pytest.fixture(scope="session")
def clinic(founded: Clinic) -> Clinic:
    """Founder, a clinician with the team's key, a kiosk."""
    eva, ben, log = founded.eva, founded.ben, founded.log
    log = admit(log, ben, DeviceKind.DESKTOP, eva.signer)
    log = say(log, as_user(ben.user, ben.name, Role.CLINICIAN, ben.device, ben.keys), eva.signer, AT)
    log = say(log, MemberAdd(team=TEAM, user=ben.user), eva.signer, AT)
    mine = open_epochs(log, eva.keys, eva.user, eva.device)
    for share in share_epochs_with(log, ben.user, ben.device, mine):
        log = say(log, share, eva.signer, AT)
    log = admit(log, founded.kiosk, DeviceKind.KIOSK, eva.signer)
    return replace(founded, log=log)


def ops_about(patient: str, name: str = "Quiroga") -> Ops:
    fact = Patient(id=FactId(patient), patient=P(patient), name=HumanName(family=name))
    return Ops(ops=(Op(id=OpId("op1"), stamp=1, fact=fact, window=P(patient)),))


def place_of(device: DeviceId, patient: str = "p1", env_no: int = 1, incarnation: int = 0) -> Place:
    return Place(
        scope=patient_scope(P(patient)),
        team=TEAM,
        device=device,
        incarnation=incarnation,
        env_no=env_no,
        scope_no=env_no,
    )
