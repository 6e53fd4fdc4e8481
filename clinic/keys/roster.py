# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who, as a checked trust log says: organisation, devices, users, teams and their keys. Values and
questions only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.keys.hashing import digest
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.trust import AddDevice, DeviceKind, Revoke, Role, Root, TeamEpoch


class Reason(StrEnum):
    """Why a statement, or a whole log, is not trusted."""

    MALFORMED = "malformed"
    OTHER_ROOT = "other root"
    BROKEN_CHAIN = "broken chain"
    FORK = "fork"
    ROLLBACK = "rollback"
    UNKNOWN_SIGNER = "unknown signer"
    BAD_SIGNATURE = "bad signature"
    REVOKED = "revoked"
    NO_RIGHT = "no right"
    IMPOSSIBLE = "impossible"
    NEWER = "newer"


class Distrust(Refusal):
    """A statement or a log that is not to be believed; `reason` is for programs, the sentence for people."""

    def __init__(self, reason: Reason, sentence: str, **values: object) -> None:
        super().__init__(sentence, **values)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class User:
    """A person on one device, as the log knows them. `roles`: all the user has been given, in order."""

    user: UserId
    device: DeviceId
    name: str
    roles: tuple[Role, ...]
    signing_key: bytes
    box_key: bytes


@dataclass(frozen=True, slots=True)
class Team:
    """`members` now; `ever` also those who left: what they wrote as members still counts."""

    team: TeamId
    name: str
    members: tuple[UserId, ...] = ()
    ever: frozenset[UserId] = frozenset()
    epochs: tuple[TeamEpoch, ...] = ()
    shares: tuple[tuple[int, UserId, DeviceId, bytes], ...] = ()
    """(epoch, user, device, sealed private key), from epochs and later shares."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A team's key pair as it stands: number from 1 and the public X25519 key one seals to."""

    team: TeamId
    epoch: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class TrustLog:
    """All that follows from a checked log. Values, never changed in place."""

    root: Root | None = None
    root_key: bytes = b""
    founding: bool = True
    """The root key may still admit one device and one administrator."""
    root_device: DeviceId | None = None
    root_user: UserId | None = None
    """Whom it has admitted since the founding, or since the last recovery."""
    statements: tuple[bytes, ...] = field(default=(), repr=False)
    head: bytes = b""
    """BLAKE2b-256 of the last statement as it travelled."""
    by_device: Mapping[DeviceId, AddDevice] = field(default_factory=dict)
    by_user: Mapping[tuple[UserId, DeviceId], User] = field(default_factory=dict)
    by_team: Mapping[TeamId, Team] = field(default_factory=dict)
    revocations: Mapping[DeviceId, Revoke] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    wiped: frozenset[DeviceId] = frozenset()
    removed: frozenset[tuple[UserId, DeviceId]] = frozenset()
    """Who works on a computer no more; what they wrote there stands."""
    heard: datetime | None = None
    """When an administrator signed her newest statement, by her own clock."""
    lately: tuple[datetime, ...] = ()
    """The same of the last few statements of administrators, each by the clock of whoever signed it."""

    @property
    def position(self) -> int:
        """Position of the last statement; -1 for an empty log."""
        return len(self.statements) - 1

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that name the organisation: the hash of the root statement."""
        return statement_hash(self.statements[0]) if self.statements else b""

    def organization(self) -> Root:
        """The first statement's body. Raises Refusal for an empty log."""
        if self.root is None:
            raise Refusal("This computer belongs to no organisation yet. Enrol it with an invitation.")
        return self.root

    def users(self) -> tuple[User, ...]:
        """Every (user, device) pair, also of those who were removed since."""
        return tuple(self.by_user.values())

    def at_work(self) -> tuple[User, ...]:
        """Every (user, device) pair that was not removed and whose computer was not revoked."""
        return tuple(u for u in self.by_user.values() if self.works(u.user, u.device))

    def works(self, user: UserId, device: DeviceId) -> bool:
        """True if that person may work on that computer now."""
        pair = (user, device)
        return pair in self.by_user and pair not in self.removed and device not in self.revocations

    def devices(self) -> tuple[AddDevice, ...]:
        return tuple(self.by_device.values())

    def teams(self) -> tuple[Team, ...]:
        return tuple(self.by_team.values())

    def device(self, device: DeviceId) -> AddDevice | None:
        return self.by_device.get(device)

    def user(self, user: UserId, device: DeviceId) -> User | None:
        return self.by_user.get((user, device))

    def places_of(self, user: UserId) -> tuple[User, ...]:
        """The devices a user is on, but for revoked ones and those she was removed from."""
        return tuple(u for u in self.at_work() if u.user == user)

    def name_of(self, user: UserId) -> str:
        """The name the log gives a user, '' if it knows none."""
        return next((u.name for u in self.by_user.values() if u.user == user), "")

    def roles_of(self, user: UserId) -> tuple[Role, ...]:
        """Every role a user has, () for nobody, or for somebody who was removed everywhere."""
        places = (u for u in self.by_user.values() if u.user == user)
        return next((u.roles for u in places if (u.user, u.device) not in self.removed), ())

    def role_of(self, user: UserId) -> Role | None:
        """The role a user works in: the first that is not administrator's, if there is one."""
        roles = self.roles_of(user)
        return next((r for r in roles if r != Role.ADMINISTRATOR), roles[0] if roles else None)

    def members(self, team: TeamId) -> tuple[UserId, ...]:
        known = self.by_team.get(team)
        return known.members if known else ()

    def teams_of(self, user: UserId) -> tuple[TeamId, ...]:
        return tuple(t.team for t in self.by_team.values() if user in t.members)

    def epoch(self, team: TeamId) -> Epoch | None:
        """The epoch to seal to now; None while the team has no key."""
        known = self.by_team.get(team)
        if known is None or not known.epochs:
            return None
        last = known.epochs[-1]
        return Epoch(team, last.epoch, last.public_key)

    def epoch_at(self, team: TeamId, epoch: int) -> TeamEpoch | None:
        known = self.by_team.get(team)
        return known.epochs[epoch - 1] if known and 1 <= epoch <= len(known.epochs) else None

    def sealed_epochs_for(self, user: UserId, device: DeviceId) -> tuple[tuple[TeamId, int, bytes], ...]:
        """(team, epoch, sealed private key) of everything sealed to that user on that device."""
        return tuple(
            (team.team, epoch, sealed)
            for team in self.by_team.values()
            for epoch, for_user, for_device, sealed in team.shares
            if (for_user, for_device) == (user, device)
        )

    def readers(self, team: TeamId) -> tuple[User, ...]:
        """The members' computers that may hold the team's key."""
        members = self.members(team)
        return tuple(
            u
            for u in self.at_work()
            if u.user in members and self.by_device[u.device].kind != DeviceKind.KIOSK
        )

    def desks(self, team: TeamId) -> tuple[DeviceId, ...]:
        """The desktops at which somebody of the team works."""
        found = (u.device for u in self.readers(team) if self.by_device[u.device].kind == DeviceKind.DESKTOP)
        return tuple(dict.fromkeys(found))

    def is_held(self, team: TeamId) -> bool:
        """True if the team's newest key was sealed to a computer that may still hold it; False before the first."""
        known = self.by_team.get(team)
        return known is not None and any(
            epoch == len(known.epochs) and user in known.members and self.works(user, device)
            for epoch, user, device, _ in reversed(known.shares)
        )

    def is_revoked(self, device: DeviceId, incarnation: int | None = None, env_no: int | None = None) -> bool:
        """True if the device is revoked, or, with numbers, if that envelope no longer counts."""
        revoke = self.revocations.get(device)
        if revoke is None or incarnation is None or env_no is None:
            return revoke is not None
        return env_no > counts_up_to(revoke, incarnation)

    def is_wiped(self, device: DeviceId) -> bool:
        """True if an administrator ordered the device to destroy its store."""
        return device in self.wiped


def counts_up_to(revoke: Revoke, incarnation: int) -> int:
    """The last number of an incarnation that a revocation lets count: MAX_COUNT for all of it, -1 for none."""
    if revoke.counted:
        return max((one.last_env_no for one in revoke.counted if one.incarnation == incarnation), default=-1)
    if incarnation == revoke.incarnation:
        return revoke.last_env_no
    return MAX_COUNT if incarnation < revoke.incarnation else -1


def narrows(revoke: Revoke, before: Revoke) -> bool:
    """True if it lets less count than the one before, and nothing more."""
    both = (revoke, before)
    steps = {one.incarnation for one in both} | {one.incarnation for each in both for one in each.counted}
    looked_at = {edge + beside for edge in steps for beside in (-1, 0, 1)}
    then_now = [(counts_up_to(before, at), counts_up_to(revoke, at)) for at in looked_at]
    return all(now <= then for then, now in then_now) and any(now < then for then, now in then_now)


def statement_hash(statement: bytes) -> bytes:
    """BLAKE2b-256 of a statement as it travelled."""
    return digest(statement, b"posta statement")
