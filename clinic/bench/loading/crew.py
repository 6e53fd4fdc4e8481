# SPDX-License-Identifier: GPL-3.0-or-later
"""A crew of devices in one organisation, made from a seed and their numbers alone: each process makes its own part of it.

Ten desks to a team, a clinician at each, five patients whom each writes about. The trust log is whole (computers, people, teams,
the teams' keys sealed to their members), and each envelope is sealed and signed as a desk's; the first of a scope grants its key.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count

from clinic.bench.crowd import START, reading
from clinic.domain.clock import Random
from clinic.domain.ids import (
    DeviceId,
    EncounterId,
    OpId,
    OrgId,
    PatientId,
    ScopeId,
    TeamId,
    UserId,
    counted_id,
    patient_scope,
)
from clinic.domain.record import Record
from clinic.keys.boxes import public_box_key, seal_to
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.roster import Epoch, statement_hash
from clinic.keys.sealing import Place, grant, packed_ops, seal_packed
from clinic.keys.trust import Signer, as_device, as_user
from clinic.protocol.codec import dumps, encode
from clinic.protocol.envelope import pack
from clinic.protocol.op import Op, Ops
from clinic.protocol.trust import (
    SIGNING_CONTEXT,
    DeviceKind,
    MemberAdd,
    Role,
    SealedFor,
    Statement,
    TeamCreate,
    TeamEpoch,
)

TEAM_SIZE, PATIENTS = 10, 5
_INCARNATION = 1


def chance(seed: bytes, *about: object) -> Random:
    """Randomness that is the same for the same words."""
    numbers, key = count(), blake2b(repr((seed, about)).encode(), digest_size=32).digest()

    def random(size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += blake2b(next(numbers).to_bytes(8, "big"), key=key).digest()
        return out[:size]

    return random


@dataclass
class Member:
    """One desk: its keys, its team, and how far it has counted."""

    seed: bytes
    number: int
    keys: DeviceKeys = field(init=False, repr=False)
    device: DeviceId = field(init=False)
    team: TeamId = field(init=False)
    written: dict[ScopeId, int] = field(default_factory=dict)
    """Scope -> the last number there; nobody else writes in these scopes, so it is the scope's seq as well."""
    env_no: int = 0

    def __post_init__(self) -> None:
        self.keys = DeviceKeys.make(chance(self.seed, "device", self.number))
        self.device = device_id(self.keys.public.signing)
        self.team = team_of(self.number)

    @property
    def user(self) -> UserId:
        return UserId(f"user{self.number}")

    @property
    def user_keys(self) -> UserKeys:
        return UserKeys.make(chance(self.seed, "user", self.number))

    def patient(self, nth: int) -> PatientId:
        return PatientId(f"{self.device}.p{nth}")

    def grants(self, patients: int = PATIENTS) -> Iterator[bytes]:
        """The first envelope of each of its scopes: the key, for the team."""
        return (self.grant(nth) for nth in range(patients))

    def grant(self, nth: int) -> bytes:
        """The key of that patient's scope."""
        epoch = Epoch(self.team, 1, public_box_key(team_key(self.seed, self.team)))
        place = self._place(patient_scope(self.patient(nth)))
        return pack(grant(scope_key(self.seed, place.scope), place, epoch, self.keys, os.urandom))

    def envelope(self, ops: int, nth: int) -> tuple[ScopeId, bytes]:
        """So many readings of that patient."""
        patient = self.patient(nth)
        scope = patient_scope(patient)
        place = self._place(scope)
        made = tuple(self._op(patient, place.env_no * ops + nth) for nth in range(ops))
        packed = packed_ops(encode(Ops(ops=made)))
        sealed = seal_packed(packed, place, scope_key(self.seed, scope), 1, self.keys, os.urandom)
        return scope, pack(sealed)

    def _op(self, patient: PatientId, number: int) -> Op:
        fact = reading(patient, self.number, number, EncounterId(f"{patient}.e"))
        name = OpId(counted_id(self.device, number))
        return Op(id=name, stamp=number << 16, author=self.user, fact=fact, window=patient)

    def _place(self, scope: ScopeId) -> Place:
        self.env_no += 1
        self.written[scope] = self.written.get(scope, 0) + 1
        return Place(
            scope=scope, team=self.team, device=self.device, incarnation=_INCARNATION, env_no=self.env_no,
            scope_no=self.written[scope],
        )  # fmt: skip


def team_of(number: int) -> TeamId:
    return TeamId(f"team{number // TEAM_SIZE}")


def team_key(seed: bytes, team: TeamId) -> bytes:
    """The private half of a team's only epoch."""
    return chance(seed, "team", team)(32)


def scope_key(seed: bytes, scope: ScopeId) -> bytes:
    return chance(seed, "scope", scope)(32)


class _Writer:
    """Signs statement after statement. None is checked here: the server follows the whole log, and refuses what is wrong."""

    def __init__(self, statements: tuple[bytes, ...]) -> None:
        self.statements = list(statements)

    def say(self, body: Record, by: Signer) -> None:
        statement = Statement(
            position=len(self.statements), previous=statement_hash(self.statements[-1]), at=START, body=body,
            signer_user=by.user, signer_device=by.device,
        )  # fmt: skip
        encoded = encode(statement)
        self.statements.append(dumps([encoded, by.keys.sign(SIGNING_CONTEXT + encoded)]))


def trust_log(seed: bytes, members: int) -> tuple[bytes, ...]:
    """The organisation of so many desks, and of an administrator in a team of her own."""
    founder = Founder(
        user=UserId("chief"), name="Chief", keys=UserKeys.make(chance(seed, "chief")), device_name="chief",
        device_keys=DeviceKeys.make(chance(seed, "chief's desk")),
    )  # fmt: skip
    log = found(
        organization=OrgId("load"), name="Load", team=TeamId("office"), team_name="Office", founder=founder,
        root=RootKeys.make(chance(seed, "root")), at=START, random=chance(seed, "office"),
    )  # fmt: skip
    writer = _Writer(log.statements)
    for first in range(0, members, TEAM_SIZE):
        _enrol(
            writer, founder.signer, [Member(seed, n) for n in range(first, min(first + TEAM_SIZE, members))]
        )
    return tuple(writer.statements)


def _enrol(writer: _Writer, chief: Signer, members: list[Member]) -> None:
    team = members[0].team
    writer.say(TeamCreate(team=team, name=team), chief)
    private, sealed = team_key(members[0].seed, team), []
    for one in members:
        keys, name = one.user_keys, f"desk {one.number}"
        writer.say(as_device(one.device, name, DeviceKind.DESKTOP, one.keys), chief)
        writer.say(as_user(one.user, one.user, Role.CLINICIAN, one.device, keys), chief)
        writer.say(MemberAdd(team=team, user=one.user), chief)
        sealed.append(SealedFor(user=one.user, device=one.device, sealed=seal_to(keys.public.box, private)))
    by = Signer(members[0].user, members[0].device, members[0].user_keys)
    writer.say(TeamEpoch(team=team, epoch=1, public_key=public_box_key(private), sealed=tuple(sealed)), by)
