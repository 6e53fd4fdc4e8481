# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic for tests of the server and its clients: two desks in one team, a desk of another team, a
station, a kiosk."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from itertools import count

from clinic.domain.clock import Random
from clinic.domain.facts import Communication
from clinic.domain.ids import DeviceId, FactId, OpId, OrgId, PatientId, ScopeId, TeamId, UserId
from clinic.keys.epochs import new_epoch
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.roster import TrustLog
from clinic.keys.sealing import Place, seal_for_team
from clinic.keys.sessions import session_proof
from clinic.keys.trust import Signer, as_device, as_user, say
from clinic.protocol.envelope import P2_RECORD, Header, pack, unpack
from clinic.protocol.op import Op, Ops
from clinic.protocol.sync import Challenge, SessionRequest
from clinic.protocol.trust import DeviceKind, MemberAdd, Role, TeamCreate

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORG, TEAM, OTHER_TEAM = OrgId("org"), TeamId("post"), TeamId("other")


def repeating(seed: bytes) -> Random:
    """Randomness that is the same each run."""
    numbers = count()

    def random(size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += blake2b(next(numbers).to_bytes(8, "big"), key=seed).digest()
        return out[:size]

    return random


@dataclass
class Somebody:
    """A user on a device; counts its envelopes."""

    name: str
    keys: UserKeys
    device_keys: DeviceKeys
    incarnation: int = 1
    env_no: int = 0
    scope_nos: dict[str, int] = field(default_factory=dict)

    @property
    def user(self) -> UserId:
        return UserId(self.name)

    @property
    def device(self) -> DeviceId:
        return device_id(self.device_keys.public.signing)

    @property
    def signer(self) -> Signer:
        return Signer(self.user, self.device, self.keys)

    def sign(self, message: bytes) -> bytes:
        return self.device_keys.sign(message)

    def envelope(
        self, log: TrustLog, scope: str, text: str = "hello", priority: int = P2_RECORD, team: TeamId = TEAM
    ) -> bytes:
        """The next envelope, really sealed to the team and signed, as it travels."""
        self.env_no += 1
        self.scope_nos[scope] = self.scope_nos.get(scope, 0) + 1
        place = Place(
            scope=ScopeId(scope),
            team=team,
            device=self.device,
            incarnation=self.incarnation,
            env_no=self.env_no,
            scope_no=self.scope_nos[scope],
            priority=priority,
        )
        patient = PatientId(scope[2:] if scope.startswith("p:") else "")
        said = Communication(
            id=FactId(f"{self.device}.{self.env_no}"),
            patient=patient,
            sent_at=AT,
            sender=self.name,
            text=text,
        )
        op = Op(id=OpId(f"{self.device}.{self.env_no}"), stamp=self.env_no, fact=said, window=patient)
        epoch = log.epoch(team)
        assert epoch is not None
        return pack(
            seal_for_team(Ops(ops=(op,)), place, epoch, self.device_keys, repeating(text.encode()[:64]))
        )


def header_of(wire: bytes) -> Header:
    return unpack(wire).header


def somebody(name: str) -> Somebody:
    random = repeating(name.encode())
    return Somebody(name, UserKeys.make(random), DeviceKeys.make(random))


@dataclass
class Clinic:
    """`eva` founded it and is an administrator; `ben` is in her team, `ola` in another; `mallory` is
    outside."""

    log: TrustLog
    eva: Somebody
    ben: Somebody
    ola: Somebody
    kiosk: Somebody
    station: Somebody
    mallory: Somebody


def admitted(log: TrustLog, who: Somebody, kind: DeviceKind, by: Signer) -> TrustLog:
    """The log once that device is in it."""
    return say(log, as_device(who.device, who.name, kind, who.device_keys), by, AT)


def enrolled(log: TrustLog, who: Somebody, team: TeamId, by: Signer) -> TrustLog:
    """The log once a clinician on a desktop is in the team."""
    log = admitted(log, who, DeviceKind.DESKTOP, by)
    log = say(log, as_user(who.user, who.name, Role.CLINICIAN, who.device, who.keys), by, AT)
    return say(log, MemberAdd(team=team, user=who.user), by, AT)


@cache
def _log() -> TrustLog:
    eva, by = somebody("eva"), somebody("eva").signer
    founder = Founder(
        user=eva.user, name=eva.name, keys=eva.keys, device_name="desk", device_keys=eva.device_keys
    )
    log = found(
        organization=ORG,
        name="Hospital",
        team=TEAM,
        team_name="Health post",
        founder=founder,
        root=RootKeys.make(repeating(b"root")),
        at=AT,
        random=repeating(b"epoch"),
    )
    log = enrolled(log, somebody("ben"), TEAM, by)
    log = say(log, TeamCreate(team=OTHER_TEAM, name="Ward"), by, AT)
    log = enrolled(log, somebody("ola"), OTHER_TEAM, by)
    log = say(log, new_epoch(log, OTHER_TEAM, {}, repeating(b"ward")), by, AT)
    log = admitted(log, somebody("station"), DeviceKind.STATION, by)
    return admitted(log, somebody("kiosk"), DeviceKind.KIOSK, by)


def pinned() -> bytes:
    """The fingerprint of the organisation, as its devices pinned it."""
    return _log().fingerprint


def proof(who: Somebody, told: Challenge) -> SessionRequest:
    """What a device answers to a challenge over a link without TLS."""
    message = session_proof(pinned(), told.server, b"", told.nonce)
    return SessionRequest(device=who.device, nonce=told.nonce, signature=who.sign(message))


def small_clinic() -> Clinic:
    """Fresh people with their counters at 0 around the same log."""
    return Clinic(_log(), *(somebody(name) for name in ("eva", "ben", "ola", "kiosk", "station", "mallory")))
