# SPDX-License-Identifier: GPL-3.0-or-later
"""A log that was forged, reordered, truncated, forked, replayed or that exceeds a right is never believed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.ids import AUDITORS, DeviceId, OrgId, TeamId, UserId
from clinic.domain.record import Record, UnknownRecord
from clinic.domain.values import HumanName
from clinic.keys.epochs import new_epoch
from clinic.keys.founding import Founder, found
from clinic.keys.identity import RootKeys, device_id
from clinic.keys.trust import (
    EMPTY,
    Distrust,
    Reason,
    Signer,
    TrustLog,
    as_device,
    as_user,
    extend,
    follow,
    make_statement,
    say,
    verify_all,
)
from clinic.protocol.codec import dumps, encode, loads
from clinic.protocol.trust import (
    SIGNING_CONTEXT,
    Counted,
    DeviceKind,
    EpochShare,
    MemberAdd,
    MemberRemove,
    Policy,
    RecoveryUsed,
    Revoke,
    Role,
    Root,
    SealedFor,
    Statement,
    TeamCreate,
    TeamEpoch,
    Wipe,
)

from .conftest import AT, TEAM, Clinic, repeating, somebody


def refused(log: TrustLog, body: Record, who: Signer, why: Reason | None = None) -> Reason:
    with pytest.raises(Distrust) as problem:
        say(log, body, who, AT)
    assert why is None or problem.value.reason == why, problem.value
    return problem.value.reason


def forged(log: TrustLog, body: Record, names: Signer, signs: Signer) -> bytes:
    """A statement that names one signer and is signed by another."""
    encoded = encode(
        Statement(
            position=log.position + 1,
            previous=log.head,
            at=AT,
            body=body,
            signer_user=names.user,
            signer_device=names.device,
        )
    )
    return dumps([encoded, signs.keys.sign(SIGNING_CONTEXT + encoded)])


# what a log tells ------------------------------------------------------------------------------


def test_a_founded_clinic_is_checked_by_everybody(clinic: Clinic) -> None:
    log = verify_all(clinic.log.statements, clinic.log.fingerprint, height=clinic.log.position)
    assert log == clinic.log
    assert log.organization().name == "Hospital"
    assert log.roles_of(clinic.eva.user) == (Role.ADMINISTRATOR, Role.CLINICIAN)
    assert log.role_of(clinic.eva.user) == Role.CLINICIAN and log.role_of(clinic.ben.user) == Role.CLINICIAN
    assert log.role_of(UserId("nobody")) is None
    assert log.members(TEAM) == (clinic.eva.user, clinic.ben.user) and log.members(TeamId("other")) == ()
    assert log.teams_of(clinic.ben.user) == (TEAM,)
    assert log.desks(TEAM) == (clinic.eva.device, clinic.ben.device) and log.desks(TeamId("other")) == ()
    assert log.device(clinic.kiosk.device).kind == DeviceKind.KIOSK  # type: ignore[union-attr]
    assert log.user(clinic.ben.user, clinic.ben.device).name == "Ben"  # type: ignore[union-attr]
    assert log.name_of(clinic.ben.user) == "Ben" and log.name_of(UserId("nobody")) == ""
    assert [place.device for place in log.places_of(clinic.ben.user)] == [clinic.ben.device]
    assert (
        len(log.devices()) == 3
        and len(log.users()) == 2
        and [one.team for one in log.teams()] == [TEAM, AUDITORS]
    )
    assert log.epoch(TEAM).epoch == 1 and log.epoch(TeamId("other")) is None  # type: ignore[union-attr]
    assert log.epoch_at(TEAM, 2) is None and log.epoch_at(TEAM, 0) is None


def test_an_empty_log_belongs_to_nobody() -> None:
    assert EMPTY.position == -1 and EMPTY.fingerprint == b""
    with pytest.raises(Refusal, match="invitation"):
        EMPTY.organization()


# chain -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(data=st.data())
def test_any_flipped_bit_is_refused(clinic: Clinic, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, clinic.log.position))
    statements = [bytearray(s) for s in clinic.log.statements]
    place = data.draw(st.integers(0, len(statements[number]) - 1))
    statements[number][place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Distrust):
        verify_all([bytes(s) for s in statements], clinic.log.fingerprint)


@settings(max_examples=60)
@given(data=st.data())
def test_any_other_order_is_refused(clinic: Clinic, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(clinic.log.position + 1)))
    statements = [clinic.log.statements[i] for i in order]
    if order == sorted(order):
        assert verify_all(statements, clinic.log.fingerprint) == clinic.log
        return
    with pytest.raises(Distrust):
        verify_all(statements, clinic.log.fingerprint)


@given(data=st.data())
def test_a_missing_or_repeated_statement_is_refused(clinic: Clinic, data: st.DataObject) -> None:
    whole = list(clinic.log.statements)
    number = data.draw(st.integers(0, clinic.log.position - 1))
    for broken in (whole[:number] + whole[number + 1 :], whole[: number + 1] + whole[number:]):
        with pytest.raises(Distrust):
            verify_all(broken, clinic.log.fingerprint)


@given(data=st.data())
def test_a_cut_tail_is_a_rollback_for_who_has_seen_more(clinic: Clinic, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, clinic.log.position))
    cut = clinic.log.statements[:length]
    with pytest.raises(Distrust) as problem:
        verify_all(cut, clinic.log.fingerprint, height=clinic.log.position)
    assert problem.value.reason == Reason.ROLLBACK
    if length:
        assert verify_all(cut, clinic.log.fingerprint, height=length - 1).position == length - 1


@given(st.binary(max_size=100))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(Distrust):
        extend(EMPTY, garbage)


def test_another_organisation_is_refused(clinic: Clinic) -> None:
    with pytest.raises(Distrust) as problem:
        verify_all(clinic.log.statements, b"\0" * 32)
    assert problem.value.reason == Reason.OTHER_ROOT


def test_following_takes_what_is_new_and_notices_a_fork(clinic: Clinic) -> None:
    short = verify_all(clinic.log.statements[:4], clinic.log.fingerprint)
    assert follow(short, 2, clinic.log.statements[2:]) == clinic.log
    one, other = (say(clinic.log, Policy(key="k", value=v), clinic.eva.signer, AT) for v in ("1", "2"))
    for at in (clinic.log.position + 1, 0):
        with pytest.raises(Distrust) as problem:
            follow(one, at, other.statements[at:][-1:] if at else other.statements)
        assert problem.value.reason == Reason.FORK
    with pytest.raises(Distrust):
        follow(one, -1, [other.statements[0]])
    with pytest.raises(Distrust):  # what comes after the fork
        extend(one, make_statement(other, Policy(key="k", value="3"), clinic.eva.signer, AT))


def test_a_replayed_statement_is_refused(clinic: Clinic) -> None:
    with pytest.raises(Distrust) as problem:
        extend(clinic.log, clinic.log.statements[-1])
    assert problem.value.reason == Reason.BROKEN_CHAIN


def test_a_statement_wrapped_differently_is_refused(clinic: Clinic) -> None:
    last = clinic.log.statements[-1]
    body, signature = loads(last)
    longer = b"\x98\x02" + dumps(body) + dumps(signature)  # an array head one byte longer than need be
    assert loads(longer) == [body, signature]
    before = verify_all(clinic.log.statements[:-1], clinic.log.fingerprint)
    with pytest.raises(Distrust):
        extend(before, longer)


# signers ---------------------------------------------------------------------------------------


def test_a_forged_signature_is_refused(clinic: Clinic) -> None:
    for signs in (clinic.mallory.signer, clinic.ben.signer, clinic.by_root):
        with pytest.raises(Distrust) as problem:
            extend(clinic.log, forged(clinic.log, Policy(key="k", value="v"), clinic.eva.signer, signs))
        assert problem.value.reason == Reason.BAD_SIGNATURE


def test_a_device_key_is_no_users_key(clinic: Clinic) -> None:
    device_signs = Signer(clinic.eva.user, clinic.eva.device, clinic.eva.device_keys)
    refused(clinic.log, Policy(key="k", value="v"), device_signs, Reason.BAD_SIGNATURE)


def test_a_stranger_is_refused(clinic: Clinic) -> None:
    refused(clinic.log, Policy(key="k", value="v"), clinic.mallory.signer, Reason.UNKNOWN_SIGNER)
    refused(
        clinic.log,
        Policy(key="k", value="v"),
        Signer(clinic.eva.user, DeviceId(""), clinic.eva.keys),
        Reason.UNKNOWN_SIGNER,
    )
    elsewhere = Signer(clinic.eva.user, clinic.ben.device, clinic.eva.keys)
    refused(clinic.log, Policy(key="k", value="v"), elsewhere, Reason.UNKNOWN_SIGNER)


def test_a_revoked_administrator_says_nothing_more(clinic: Clinic) -> None:
    second = clinic.plus(
        as_user(clinic.ben.user, "Ben", Role.ADMINISTRATOR, clinic.ben.device, clinic.ben.keys)
    )
    gone = second.plus(Revoke(device=clinic.eva.device, incarnation=0, last_env_no=7), clinic.ben.signer)
    refused(gone.log, Policy(key="k", value="v"), clinic.eva.signer, Reason.REVOKED)
    assert gone.log.is_revoked(clinic.eva.device)
    assert gone.log.places_of(clinic.eva.user) == ()


# rights ----------------------------------------------------------------------------------------


def every_administrators_act(clinic: Clinic) -> list[Record]:
    new = somebody("new")
    return [
        as_device(new.device, "New", DeviceKind.DESKTOP, new.device_keys),
        as_user(new.user, "New", Role.NURSE, clinic.ben.device, new.keys),
        TeamCreate(team=TeamId("two"), name="Two"),
        MemberRemove(team=TEAM, user=clinic.eva.user),
        Policy(key="lock", value="5"),
        Revoke(device=clinic.kiosk.device, incarnation=0, last_env_no=3),
        Wipe(device=clinic.kiosk.device),
    ]


def test_an_administrator_may_what_others_may_not(clinic: Clinic) -> None:
    for body in every_administrators_act(clinic):
        say(clinic.log, body, clinic.eva.signer, AT)
        refused(clinic.log, body, clinic.ben.signer, Reason.NO_RIGHT)
        refused(clinic.log, body, clinic.by_root, Reason.NO_RIGHT)


def test_the_root_is_done_when_the_first_administrator_speaks(founded: Clinic) -> None:
    for body in (
        as_device(founded.ben.device, "x", DeviceKind.DESKTOP, founded.ben.device_keys),
        as_user(founded.eva.user, "Eva", Role.COMPLIANCE, founded.eva.device, founded.eva.keys),
    ):
        refused(founded.log, body, founded.by_root, Reason.NO_RIGHT)


def test_the_root_admits_one_device_and_one_administrator_only(founded: Clinic) -> None:
    eva, ben, root = founded.eva, founded.ben, founded.by_root
    log = verify_all(founded.log.statements[:2], founded.log.fingerprint)
    refused(log, as_device(ben.device, "x", DeviceKind.DESKTOP, ben.device_keys), root, Reason.NO_RIGHT)
    refused(log, as_user(eva.user, "Eva", Role.CLINICIAN, eva.device, eva.keys), root, Reason.NO_RIGHT)
    log = say(log, as_user(eva.user, "Eva", Role.ADMINISTRATOR, eva.device, eva.keys), root, AT)
    refused(log, as_user(ben.user, "Ben", Role.ADMINISTRATOR, eva.device, ben.keys), root, Reason.NO_RIGHT)
    refused(log, TeamCreate(team=TEAM, name="x"), root, Reason.NO_RIGHT)


def test_the_first_statement_is_a_root_and_there_is_one(clinic: Clinic) -> None:
    refused(EMPTY, Policy(key="k", value="v"), clinic.by_root)
    short = RootKeys.make(repeating(b"other"))
    refused(
        EMPTY,
        Root(organization=OrgId("o"), name="n", public_key=b"x"),
        Signer(UserId(""), DeviceId(""), short),
    )
    second = Root(organization=OrgId("o"), name="n", public_key=short.public.signing)
    refused(clinic.log, second, clinic.eva.signer, Reason.IMPOSSIBLE)
    refused(EMPTY, second, clinic.by_root, Reason.BAD_SIGNATURE)


def test_nobody_gives_himself_what_he_does_not_have(clinic: Clinic) -> None:
    eva, ben = clinic.eva, clinic.ben
    refused(
        clinic.log,
        as_user(eva.user, "Eva", Role.COMPLIANCE, eva.device, eva.keys),
        eva.signer,
        Reason.NO_RIGHT,
    )
    refused(
        clinic.log,
        as_user(ben.user, "Ben", Role.ADMINISTRATOR, ben.device, ben.keys),
        ben.signer,
        Reason.NO_RIGHT,
    )
    left = clinic.plus(MemberRemove(team=TEAM, user=eva.user))
    refused(left.log, MemberAdd(team=TEAM, user=eva.user), eva.signer, Reason.NO_RIGHT)
    everybody_left = left.plus(MemberRemove(team=TEAM, user=ben.user))
    refused(everybody_left.log, MemberAdd(team=TEAM, user=eva.user), eva.signer, Reason.NO_RIGHT)


def test_a_member_may_leave(clinic: Clinic) -> None:
    left = clinic.plus(MemberRemove(team=TEAM, user=clinic.ben.user), clinic.ben.signer)
    assert left.log.members(TEAM) == (clinic.eva.user,)
    refused(left.log, MemberRemove(team=TEAM, user=clinic.ben.user), clinic.eva.signer, Reason.IMPOSSIBLE)


def test_a_device_is_the_hash_of_its_key(clinic: Clinic) -> None:
    new = somebody("new")
    honest = as_device(new.device, "New", DeviceKind.DESKTOP, new.device_keys)
    for body in (
        replace(honest, device=clinic.kiosk.device),
        replace(honest, device=DeviceId("another")),
        replace(honest, signing_key=b"short"),
        replace(honest, box_key=b"\0" * 32),
        as_device(clinic.kiosk.device, "again", DeviceKind.DESKTOP, clinic.kiosk.device_keys),
        as_device(
            device_id(clinic.ben.keys.public.signing), "a user's key", DeviceKind.DESKTOP, clinic.ben.keys
        ),
    ):
        refused(clinic.log, body, clinic.eva.signer, Reason.IMPOSSIBLE)


def test_users_that_cannot_be(clinic: Clinic) -> None:
    new, eva = somebody("new"), clinic.eva
    honest = as_user(new.user, "New", Role.NURSE, clinic.ben.device, new.keys)
    for body in (
        replace(honest, device=DeviceId("nowhere")),
        replace(honest, device=clinic.kiosk.device),
        replace(honest, box_key=b"\0" * 32),
        replace(honest, signing_key=b""),
        replace(honest, signing_key=clinic.ben.keys.public.signing),
        replace(honest, user=clinic.ben.user),  # other keys for the same user on the same device
    ):
        refused(clinic.log, body, eva.signer, Reason.IMPOSSIBLE)
    gone = clinic.plus(Revoke(device=clinic.ben.device, incarnation=0, last_env_no=0))
    refused(gone.log, honest, eva.signer, Reason.IMPOSSIBLE)


def test_a_kiosk_never_gets_a_teams_key(clinic: Clinic) -> None:
    new = somebody("robot")
    with_robot = clinic.plus(as_user(new.user, "Robot", Role.KIOSK, clinic.kiosk.device, new.keys))
    refused(with_robot.log, MemberAdd(team=TEAM, user=new.user), clinic.eva.signer, Reason.IMPOSSIBLE)
    refused(
        with_robot.log,
        as_user(new.user, "Robot", Role.NURSE, clinic.ben.device, somebody("r2").keys),
        clinic.eva.signer,
        Reason.IMPOSSIBLE,
    )
    for user, device in (
        (new.user, clinic.kiosk.device),
        (clinic.ben.user, clinic.kiosk.device),
        (clinic.ben.user, clinic.eva.device),
    ):
        share = EpochShare(team=TEAM, epoch=1, sealed=(SealedFor(user=user, device=device, sealed=b"x"),))
        refused(with_robot.log, share, clinic.eva.signer, Reason.IMPOSSIBLE)


def test_teams_that_cannot_be(clinic: Clinic) -> None:
    for body in (
        TeamCreate(team=TEAM, name="again"),
        TeamCreate(team=TeamId(""), name="no id"),
        MemberAdd(team=TeamId("none"), user=clinic.ben.user),
        MemberAdd(team=TEAM, user=UserId("nobody")),
        MemberAdd(team=TEAM, user=clinic.ben.user),
        MemberRemove(team=TEAM, user=UserId("nobody")),
        Wipe(device=DeviceId("none")),
        Revoke(device=DeviceId("none"), incarnation=0, last_env_no=0),
    ):
        refused(clinic.log, body, clinic.eva.signer, Reason.IMPOSSIBLE)


def test_epochs_that_cannot_be(clinic: Clinic) -> None:
    good = new_epoch(clinic.log, TEAM, clinic.eva_team_keys, repeating(b"next"))
    say(clinic.log, good, clinic.ben.signer, AT)
    first = clinic.log.epoch_at(TEAM, 1)
    assert first is not None
    for body in (
        replace(good, epoch=3),
        replace(good, epoch=1),
        replace(good, sealed_previous=b""),
        replace(good, public_key=b"\0" * 32),
        replace(good, public_key=first.public_key),
        EpochShare(team=TEAM, epoch=2, sealed=()),
        EpochShare(team=TEAM, epoch=0, sealed=()),
    ):
        refused(clinic.log, body, clinic.eva.signer, Reason.IMPOSSIBLE)


def test_only_members_share_and_renew_a_teams_key(clinic: Clinic) -> None:
    nurse = somebody("nina")
    outside = clinic.plus(as_user(nurse.user, "Nina", Role.NURSE, clinic.ben.device, nurse.keys))
    signer = Signer(nurse.user, clinic.ben.device, nurse.keys)
    good = new_epoch(outside.log, TEAM, clinic.eva_team_keys, repeating(b"next"))
    refused(outside.log, good, signer, Reason.NO_RIGHT)
    refused(outside.log, EpochShare(team=TEAM, epoch=1, sealed=()), signer, Reason.NO_RIGHT)
    left = outside.plus(MemberRemove(team=TEAM, user=clinic.eva.user))
    refused(
        left.log, good, clinic.eva.signer, Reason.NO_RIGHT
    )  # an administrator reads no team she is not in


def test_a_revocation_cuts_where_it_says_and_is_never_taken_back(clinic: Clinic) -> None:
    log = clinic.plus(Revoke(device=clinic.ben.device, incarnation=1, last_env_no=10)).log
    for incarnation, env_no, out in ((0, 99, False), (1, 10, False), (1, 11, True), (2, 0, True)):
        assert log.is_revoked(clinic.ben.device, incarnation, env_no) is out
    for incarnation, last in ((1, 10), (1, 11), (2, 0)):
        refused(
            log,
            Revoke(device=clinic.ben.device, incarnation=incarnation, last_env_no=last),
            clinic.eva.signer,
        )
    stricter = say(log, Revoke(device=clinic.ben.device, incarnation=0, last_env_no=5), clinic.eva.signer, AT)
    assert stricter.is_revoked(clinic.ben.device, 1, 1)
    assert not stricter.is_revoked(clinic.eva.device, 1, 1)


def test_a_revocation_cuts_each_incarnation_where_it_says(clinic: Clinic) -> None:
    ben = clinic.ben.device
    said = Revoke(
        device=ben, incarnation=7, last_env_no=3,
        counted=(Counted(incarnation=1, last_env_no=10), Counted(incarnation=7, last_env_no=3)),
    )  # fmt: skip
    log = clinic.plus(said).log
    out = {
        (1, 10): False,
        (1, 11): True,
        (2, 0): True,
        (0, 1): True,
        (7, 3): False,
        (7, 4): True,
        (8, 1): True,
    }
    assert {at: log.is_revoked(ben, *at) for at in out} == out
    refused(
        log, Revoke(device=ben, incarnation=7, last_env_no=2), clinic.eva.signer
    )  # of incarnation 1 it lets more count
    refused(log, said, clinic.eva.signer)
    more = replace(said, counted=(*said.counted, Counted(incarnation=2, last_env_no=1)))
    refused(log, more, clinic.eva.signer)
    stricter = say(log, replace(said, counted=said.counted[:1]), clinic.eva.signer, AT)
    assert stricter.is_revoked(ben, 7, 1) and not stricter.is_revoked(ben, 1, 10)


def test_wipe_and_policy_are_told(clinic: Clinic) -> None:
    log = clinic.plus(Wipe(device=clinic.kiosk.device)).plus(Policy(key="lock", value="5")).log
    assert log.is_wiped(clinic.kiosk.device) and not log.is_wiped(clinic.ben.device)
    assert log.policies["lock"] == "5"


def test_recovery_names_one_new_administrator(clinic: Clinic) -> None:
    new, fresh = somebody("nora"), RootKeys.make(repeating(b"new root"))
    recovered = RecoveryUsed(new_signing_key=fresh.public.signing, reason="both administrators are gone")
    refused(clinic.log, recovered, clinic.eva.signer, Reason.NO_RIGHT)
    refused(
        clinic.log,
        replace(recovered, new_signing_key=clinic.root.public.signing),
        clinic.by_root,
        Reason.IMPOSSIBLE,
    )
    log = say(clinic.log, recovered, clinic.by_root, AT)
    refused(log, Policy(key="k", value="v"), clinic.by_root, Reason.BAD_SIGNATURE)
    by_new = Signer(UserId(""), DeviceId(""), fresh)
    log = say(log, as_device(new.device, "New", DeviceKind.DESKTOP, new.device_keys), by_new, AT)
    refused(
        log,
        as_user(new.user, "Nora", Role.ADMINISTRATOR, clinic.ben.device, new.keys),
        by_new,
        Reason.NO_RIGHT,
    )
    log = say(log, as_user(new.user, "Nora", Role.ADMINISTRATOR, new.device, new.keys), by_new, AT)
    log = say(log, Revoke(device=clinic.eva.device, incarnation=0, last_env_no=0), new.signer, AT)
    refused(log, as_user(new.user, "Nora", Role.CLINICIAN, new.device, new.keys), by_new, Reason.NO_RIGHT)


def test_what_this_program_does_not_know_asks_for_an_update(clinic: Clinic) -> None:
    refused(clinic.log, UnknownRecord(kind=299, unknown=((1, "x"),)), clinic.eva.signer, Reason.NEWER)
    refused(clinic.log, Policy(key="k", value="v", unknown=((0, True),)), clinic.eva.signer, Reason.NEWER)
    refused(clinic.log, HumanName(family="x"), clinic.eva.signer, Reason.IMPOSSIBLE)
    kept = say(clinic.log, Policy(key="k", value="v", unknown=((9, "later"),)), clinic.eva.signer, AT)
    assert kept.policies["k"] == "v"


def test_a_founder_must_be_an_administrator() -> None:
    eva = somebody("eva")
    founder = Founder(
        user=eva.user,
        name="Eva",
        keys=eva.keys,
        device_name="d",
        device_keys=eva.device_keys,
        roles=(Role.NURSE,),
    )
    with pytest.raises(Distrust):
        found(
            organization=OrgId("o"),
            name="n",
            team=TEAM,
            team_name="t",
            founder=founder,
            root=RootKeys.make(repeating(b"r")),
            at=AT,
            random=repeating(b"x"),
        )


BODIES = st.sampled_from(
    [
        "device",
        "user",
        "team",
        "add",
        "remove",
        "policy",
        "revoke",
        "wipe",
        "epoch",
        "share",
        "root",
        "recovery",
    ]
)


@settings(max_examples=80)
@given(kinds=st.lists(BODIES, min_size=1, max_size=6))
def test_nobody_but_administrators_and_members_ever_changes_the_log(clinic: Clinic, kinds: list[str]) -> None:
    nurse = somebody("nina")
    log = say(
        clinic.log,
        as_user(nurse.user, "Nina", Role.NURSE, clinic.ben.device, nurse.keys),
        clinic.eva.signer,
        AT,
    )
    signer, new = Signer(nurse.user, clinic.ben.device, nurse.keys), somebody("new")
    bodies: dict[str, Record] = {
        "device": as_device(new.device, "x", DeviceKind.DESKTOP, new.device_keys),
        "user": as_user(new.user, "x", Role.ADMINISTRATOR, clinic.ben.device, new.keys),
        "team": TeamCreate(team=TeamId("n"), name="n"),
        "add": MemberAdd(team=TEAM, user=nurse.user),
        "remove": MemberRemove(team=TEAM, user=clinic.eva.user),
        "policy": Policy(key="k", value="v"),
        "revoke": Revoke(device=clinic.eva.device, incarnation=0, last_env_no=0),
        "wipe": Wipe(device=clinic.eva.device),
        "epoch": TeamEpoch(
            team=TEAM, epoch=2, public_key=new.keys.public.box, sealed=(), sealed_previous=b"x"
        ),
        "share": EpochShare(team=TEAM, epoch=1, sealed=()),
        "root": Root(organization=OrgId("o"), name="n", public_key=nurse.keys.public.signing),
        "recovery": RecoveryUsed(new_signing_key=new.keys.public.signing, reason="r"),
    }
    for kind in kinds:
        refused(log, bodies[kind], signer)
