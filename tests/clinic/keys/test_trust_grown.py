# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs grown at random out of every kind of statement, then changed in one place: refused each time, with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.domain.record import Record
from clinic.keys.epochs import new_epoch, open_epochs, share_epochs_with
from clinic.keys.identity import RootKeys
from clinic.keys.trust import (
    Distrust,
    Reason,
    Signer,
    TrustLog,
    as_device,
    as_user,
    follow,
    open_statement,
    say,
    verify_all,
)
from clinic.protocol.codec import dumps, encode
from clinic.protocol.trust import (
    SIGNING_CONTEXT,
    AddDevice,
    AddUser,
    DeviceKind,
    EpochShare,
    MemberAdd,
    MemberRemove,
    Policy,
    RecoveryUsed,
    Revoke,
    Role,
    Root,
    TeamCreate,
    TeamEpoch,
    Wipe,
)

from .conftest import AT, TEAM, Clinic, Somebody, repeating, somebody

KINDS = (
    Root, AddUser, AddDevice, TeamCreate, MemberAdd, MemberRemove, TeamEpoch, EpochShare, Revoke, Policy, RecoveryUsed, Wipe,
)  # fmt: skip
POOL = ("nina", "omar", "rosa")
TEAMS = (TEAM, TeamId("ward"))
ROLES = (Role.NURSE, Role.CLINICIAN, Role.RECEPTIONIST, Role.ADMINISTRATOR, Role.COMPLIANCE)
Step = tuple[str, int, int]


@cache
def _who(name: str) -> Somebody:
    return somebody(name)


@cache
def _root(number: int) -> RootKeys:
    return RootKeys.make(repeating(b"root %d" % number))


@dataclass
class Growing:
    """A log under way; a step that cannot be at this point is left out."""

    log: TrustLog
    eva: Somebody
    root: RootKeys
    seed: int = 0
    kinds: set[type[Record]] = field(default_factory=set)

    def step(self, what: str, a: int, b: int) -> None:
        made = getattr(self, f"_{what}")(a, b)
        for body, signer in [made] if isinstance(made, tuple) else made:
            try:
                self.log = say(self.log, body, signer, AT)
            except Distrust:
                return
            if isinstance(body, RecoveryUsed):
                self.root = _root(a)

    def _admin(self) -> Signer:
        return self.eva.signer

    def _device(self, a: int, b: int) -> tuple[Record, Signer]:
        who, kind = _who(POOL[a % 3]), (DeviceKind.DESKTOP, DeviceKind.STATION, DeviceKind.KIOSK)[b % 3]
        return as_device(who.device, who.name, kind, who.device_keys), self._admin()

    def _user(self, a: int, b: int) -> tuple[Record, Signer]:
        who = _who(POOL[a % 3])
        return as_user(who.user, who.name, ROLES[b % 5], who.device, who.keys), self._admin()

    def _team(self, a: int, b: int) -> tuple[Record, Signer]:
        return TeamCreate(team=TEAMS[1], name="Ward"), self._admin()

    def _join(self, a: int, b: int) -> tuple[Record, Signer]:
        return MemberAdd(team=TEAMS[b % 2], user=_who(POOL[a % 3]).user), self._admin()

    def _leave(self, a: int, b: int) -> tuple[Record, Signer]:
        who = _who(POOL[a % 3])
        return MemberRemove(team=TEAMS[b % 2], user=who.user), who.signer if a % 2 else self._admin()

    def _epoch(self, a: int, b: int) -> list[tuple[Record, Signer]]:
        self.seed += 1
        keys = self._keys()
        try:
            return [(new_epoch(self.log, TEAMS[b % 2], keys, repeating(b"e%d" % self.seed)), self._admin())]
        except Refusal:  # a team that is not there, or whose key is not known here
            return []

    def _share(self, a: int, b: int) -> list[tuple[Record, Signer]]:
        who = _who(POOL[a % 3])
        try:
            shares = share_epochs_with(self.log, who.user, who.device, self._keys())
        except Refusal:  # nobody is there by that name
            return []
        return [(share, self._admin()) for share in shares]

    def _keys(self) -> dict[tuple[TeamId, int], bytes]:
        return open_epochs(self.log, self.eva.keys, self.eva.user, self.eva.device)

    def _policy(self, a: int, b: int) -> tuple[Record, Signer]:
        return Policy(key=f"key {a}", value=str(b)), self._admin()

    def _revoke(self, a: int, b: int) -> tuple[Record, Signer]:
        return Revoke(device=_who(POOL[a % 3]).device, incarnation=1, last_env_no=b), self._admin()

    def _wipe(self, a: int, b: int) -> tuple[Record, Signer]:
        return Wipe(device=_who(POOL[a % 3]).device), self._admin()

    def _recover(self, a: int, b: int) -> tuple[Record, Signer]:
        fresh = _root(a)
        return RecoveryUsed(new_signing_key=fresh.public.signing, reason="lost"), _by_root(self.root)


def _by_root(root: RootKeys) -> Signer:
    return Signer(UserId(""), DeviceId(""), root)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "device",
                "user",
                "team",
                "join",
                "leave",
                "epoch",
                "share",
                "policy",
                "revoke",
                "wipe",
                "recover",
            )
        ),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=14,
)
EVERY: list[Step] = [
    ("device", 0, 0), ("user", 0, 0), ("join", 0, 0), ("share", 0, 0), ("team", 0, 0), ("device", 1, 1), ("user", 1, 1),
    ("join", 1, 1), ("epoch", 0, 0), ("policy", 1, 1), ("leave", 1, 1), ("recover", 1, 0), ("revoke", 1, 3),
    ("wipe", 1, 0), ("device", 2, 2),
]  # fmt: skip


def grown(founded: Clinic, steps: list[Step]) -> TrustLog:
    growing = Growing(founded.log, founded.eva, founded.root)
    for step in steps:
        growing.step(*step)
    return growing.log


def kinds_in(log: TrustLog) -> set[type[Record]]:
    return {type(open_statement(data)[0].body) for data in log.statements}


# what may be done to one ---------------------------------------------------------------------------


def forged(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    """Said again under a key of the forger's own; what follows is as it was."""
    _, body, _ = open_statement(run[at])
    again = dumps([body, _who("mallory").keys.sign(SIGNING_CONTEXT + body)])
    return (*run[:at], again, *run[at + 1 :])


def rewritten(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    """Another time in it, under the old signature."""
    statement, _, signature = open_statement(run[at])
    body = encode(replace(statement, at=statement.at.replace(year=2031)))
    return (*run[:at], dumps([body, signature]), *run[at + 1 :])


def flipped(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    data = run[at]
    place = other % len(data)
    return (
        *run[:at],
        data[:place] + bytes([data[place] ^ 1 << other % 8]) + data[place + 1 :],
        *run[at + 1 :],
    )


def reordered(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    there = other % len(run)
    if there == at:
        there = (at + 1) % len(run)
    swapped = list(run)
    swapped[at], swapped[there] = run[there], run[at]
    return tuple(swapped)


def left_out(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    return (*run[:at], *run[at + 1 :])


def cut(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    return run[:at]


def replayed(run: tuple[bytes, ...], at: int, other: int) -> tuple[bytes, ...]:
    there = other % len(run)
    return (*run[: there + 1], run[at], *run[there + 1 :])


CHANGES: tuple[Callable[[tuple[bytes, ...], int, int], tuple[bytes, ...]], ...] = (
    forged, rewritten, flipped, reordered, left_out, cut, replayed,
)  # fmt: skip


def is_refused(log: TrustLog, changed: tuple[bytes, ...]) -> Reason:
    """By a newcomer who pinned the root and by who has seen the whole."""
    with pytest.raises(Distrust) as seen:
        verify_all(changed, log.fingerprint, log.position)
    assert seen.value.sentence and isinstance(seen.value.reason, Reason)
    if changed != log.statements[: len(changed)]:  # a shorter run brings a device that holds more nothing new
        with pytest.raises(Distrust):
            follow(log, 0, changed)
    return seen.value.reason


def test_the_example_holds_every_kind(founded: Clinic) -> None:
    log = grown(founded, EVERY)
    assert kinds_in(log) == set(KINDS)
    assert verify_all(log.statements, log.fingerprint, log.position) == log


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_statement_of_the_example_changed(founded: Clinic, change) -> None:  # type: ignore[no-untyped-def]
    log = grown(founded, EVERY)
    for at in range(len(log.statements)):
        for other in (0, at + 1, 77):
            is_refused(log, change(log.statements, at, other))


@settings(max_examples=150)
@given(steps=STEPS, change=st.sampled_from(CHANGES), at=st.integers(0, 60), other=st.integers(0, 5000))
def test_one_change_anywhere_is_refused(
    founded: Clinic, steps: list[Step], change, at: int, other: int
) -> None:  # type: ignore[no-untyped-def]
    log = grown(founded, steps)
    assert verify_all(log.statements, log.fingerprint, log.position) == log
    reason = is_refused(log, change(log.statements, at % len(log.statements), other))
    event(f"{change.__name__}: {reason}")


@settings(max_examples=100)
@given(before=STEPS, mine=STEPS, theirs=STEPS)
def test_two_histories_never_meet_again(
    founded: Clinic, before: list[Step], mine: list[Step], theirs: list[Step]
) -> None:
    """A fork that administrators really signed: who holds one believes nothing of the other."""
    common = grown(founded, before)
    one = grown_on(founded, common, [*mine, ("policy", 5, 0)])
    other = grown_on(founded, common, [*theirs, ("policy", 5, 1)])
    if (
        one.statements[: len(other.statements)] == other.statements
        or other.statements[: len(one.statements)] == one.statements
    ):
        return
    with pytest.raises(Distrust) as seen:
        follow(one, 0, other.statements)
    assert seen.value.reason == Reason.FORK
    with pytest.raises(Distrust):
        follow(one, one.position + 1, other.statements[len(common.statements) :])


def grown_on(founded: Clinic, log: TrustLog, steps: list[Step]) -> TrustLog:
    growing = Growing(log, founded.eva, founded.root)
    for step in steps:
        growing.step(*step)
    return growing.log


@settings(max_examples=100)
@given(steps=STEPS, kind=st.integers(0, 8), who=st.integers(0, 2))
def test_nobody_truly_signs_more_than_she_may(
    founded: Clinic, steps: list[Step], kind: int, who: int
) -> None:
    """Whoever is no administrator at that point signs each administrator's act with her own true key."""
    log, signs = grown(founded, steps), _who(POOL[who])
    if Role.ADMINISTRATOR in log.roles_of(signs.user):
        return
    new = _who("mallory")
    acts: tuple[Record, ...] = (
        as_device(new.device, "x", DeviceKind.DESKTOP, new.device_keys),
        as_user(new.user, "x", Role.NURSE, founded.eva.device, new.keys),
        as_user(signs.user, "x", Role.ADMINISTRATOR, signs.device, signs.keys),
        TeamCreate(team=TeamId("another"), name="x"),
        MemberAdd(team=TEAM, user=signs.user),
        MemberRemove(team=TEAM, user=founded.eva.user),
        Policy(key="k", value="v"),
        Revoke(device=founded.eva.device, incarnation=0, last_env_no=0),
        Wipe(device=founded.eva.device),
    )
    with pytest.raises(Distrust) as seen:
        say(log, acts[kind], signs.signer, AT)
    event(f"{type(acts[kind]).__name__}: {seen.value.reason}")
    assert seen.value.reason in (Reason.NO_RIGHT, Reason.UNKNOWN_SIGNER, Reason.REVOKED)
