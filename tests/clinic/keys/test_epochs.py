# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.ids import AUDITORS, TeamId, UserId
from clinic.keys.epochs import new_epoch, open_epochs, share_epochs_with, waiting_for_keys
from clinic.keys.refusals import KeyMissing
from clinic.keys.roster import Distrust, TrustLog
from clinic.keys.tending import due
from clinic.keys.trust import as_user, say
from clinic.protocol.trust import (
    DeviceKind,
    EpochShare,
    MemberAdd,
    MemberRemove,
    Revoke,
    Role,
    SealedFor,
    TeamCreate,
    TeamEpoch,
)

from .conftest import AT, TEAM, Clinic, Somebody, admit, repeating, somebody


def test_members_hold_the_same_key(clinic: Clinic) -> None:
    eva = open_epochs(clinic.log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)
    ben = open_epochs(clinic.log, clinic.ben.keys, clinic.ben.user, clinic.ben.device)
    assert ben == {(TEAM, 1): eva[TEAM, 1]}
    assert set(eva) == {(TEAM, 1), (AUDITORS, 1)}


def test_outsiders_and_wrong_keys_open_nothing(clinic: Clinic) -> None:
    assert open_epochs(clinic.log, clinic.mallory.keys, clinic.mallory.user, clinic.mallory.device) == {}
    assert open_epochs(clinic.log, clinic.mallory.keys, clinic.eva.user, clinic.eva.device) == {}


def test_a_newcomer_reads_history_through_the_newest_key(clinic: Clinic) -> None:
    log, mine = clinic.log, clinic.eva_team_keys
    for seed in (b"2", b"3"):
        log = say(log, new_epoch(log, TEAM, mine, repeating(seed)), clinic.eva.signer, AT)
        mine = open_epochs(log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)
    new = somebody("new")
    log = admit(log, new, DeviceKind.DESKTOP, clinic.eva.signer)
    log = say(log, as_user(new.user, "New", Role.NURSE, new.device, new.keys), clinic.eva.signer, AT)
    assert share_epochs_with(log, new.user, new.device, mine) == []
    log = say(log, MemberAdd(team=TEAM, user=new.user), clinic.eva.signer, AT)
    assert [reader.user for reader in waiting_for_keys(log, TEAM)] == [new.user]
    (share,) = share_epochs_with(log, new.user, new.device, mine)
    log = say(log, share, clinic.ben.signer, AT)
    assert waiting_for_keys(log, TEAM) == ()
    theirs = open_epochs(log, new.keys, new.user, new.device)
    assert set(theirs) == {(TEAM, 1), (TEAM, 2), (TEAM, 3)} and theirs.items() <= mine.items()


def test_who_was_removed_or_revoked_gets_no_next_key(clinic: Clinic) -> None:
    for gone in (
        MemberRemove(team=TEAM, user=clinic.ben.user),
        Revoke(device=clinic.ben.device, incarnation=0, last_env_no=0),
    ):
        log = say(clinic.log, gone, clinic.eva.signer, AT)
        log = say(log, new_epoch(log, TEAM, clinic.eva_team_keys, repeating(b"n")), clinic.eva.signer, AT)
        assert set(open_epochs(log, clinic.ben.keys, clinic.ben.user, clinic.ben.device)) == {(TEAM, 1)}
        assert (TEAM, 2) in open_epochs(log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)


def test_renewing_needs_the_key_before(clinic: Clinic) -> None:
    with pytest.raises(KeyMissing):
        new_epoch(clinic.log, TEAM, {}, repeating(b"n"))


def test_a_key_sealed_wrongly_is_left_out(clinic: Clinic) -> None:
    good = new_epoch(clinic.log, TEAM, clinic.eva_team_keys, repeating(b"n"))
    torn = tuple(replace(item, sealed=b"x" * 80) for item in good.sealed)
    log = say(clinic.log, replace(good, sealed=torn), clinic.eva.signer, AT)
    assert set(open_epochs(log, clinic.ben.keys, clinic.ben.user, clinic.ben.device)) == {(TEAM, 1)}
    log = say(clinic.log, replace(good, sealed_previous=b"x" * 80), clinic.eva.signer, AT)
    new = somebody("new")
    log = admit(log, new, DeviceKind.DESKTOP, clinic.eva.signer)
    log = say(log, as_user(new.user, "New", Role.NURSE, new.device, new.keys), clinic.eva.signer, AT)
    log = say(log, MemberAdd(team=TEAM, user=new.user), clinic.eva.signer, AT)
    mine = open_epochs(log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)
    log = say(log, share_epochs_with(log, new.user, new.device, mine)[0], clinic.eva.signer, AT)
    assert set(open_epochs(log, new.keys, new.user, new.device)) == {(TEAM, 2)}


def test_another_key_than_the_log_names_is_left_out(clinic: Clinic) -> None:
    from clinic.keys.boxes import seal_to

    other = seal_to(clinic.ben.keys.public.box, b"k" * 32)
    log = say(clinic.log, MemberRemove(team=TEAM, user=clinic.ben.user), clinic.eva.signer, AT)
    log = say(log, new_epoch(log, TEAM, clinic.eva_team_keys, repeating(b"n")), clinic.eva.signer, AT)
    log = say(log, MemberAdd(team=TEAM, user=clinic.ben.user), clinic.eva.signer, AT)
    bad = SealedFor(user=clinic.ben.user, device=clinic.ben.device, sealed=other)
    log = say(log, EpochShare(team=TEAM, epoch=2, sealed=(bad,)), clinic.eva.signer, AT)
    assert open_epochs(log, clinic.ben.keys, clinic.ben.user, clinic.ben.device).keys() == {(TEAM, 1)}


def test_who_is_not_admitted_gets_nothing(clinic: Clinic) -> None:
    with pytest.raises(Refusal):
        share_epochs_with(clinic.log, UserId("nobody"), clinic.eva.device, clinic.eva_team_keys)


def test_a_team_without_a_key_waits_for_nobody(clinic: Clinic) -> None:
    log = say(clinic.log, TeamCreate(team=TeamId("two"), name="Two"), clinic.eva.signer, AT)
    assert waiting_for_keys(log, TeamId("two")) == ()
    log = say(log, MemberAdd(team=TeamId("two"), user=clinic.ben.user), clinic.eva.signer, AT)
    log = say(log, new_epoch(log, TeamId("two"), {}, repeating(b"two")), clinic.eva.signer, AT)
    assert (TeamId("two"), 1) in open_epochs(log, clinic.ben.keys, clinic.ben.user, clinic.ben.device)
    assert (TeamId("two"), 1) not in open_epochs(log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)


def test_a_key_that_everybody_lost_is_begun_anew_by_an_administrator_and_no_other(clinic: Clinic) -> None:
    """Ben alone holds it, until his computer is gone; Ana waits for it, Eva administers and is no member."""
    team, ana = TeamId("two"), somebody("ana")
    log = admit(clinic.log, ana, DeviceKind.DESKTOP, clinic.eva.signer)
    log = say(log, as_user(ana.user, "Ana", Role.NURSE, ana.device, ana.keys), clinic.eva.signer, AT)
    log = say(log, TeamCreate(team=team, name="Two"), clinic.eva.signer, AT)
    log = say(log, MemberAdd(team=team, user=clinic.ben.user), clinic.eva.signer, AT)
    log = say(log, new_epoch(log, team, {}, repeating(b"1")), clinic.eva.signer, AT)
    log = say(log, MemberAdd(team=team, user=ana.user), clinic.eva.signer, AT)

    def said_by(who: Somebody, log: TrustLog) -> list[TeamEpoch]:
        made = due(log, who.user, who.device, {}, AT, repeating(b"3"))
        return [one for one in made if isinstance(one, TeamEpoch)]

    with pytest.raises(KeyMissing):
        new_epoch(log, team, {}, repeating(b"2"))
    assert not said_by(clinic.eva, log)
    lost = say(log, Revoke(device=clinic.ben.device, incarnation=0, last_env_no=0), clinic.eva.signer, AT)
    (anew,) = said_by(clinic.eva, lost)
    assert (anew.team, anew.epoch, anew.sealed_previous) == (team, 2, b"")
    assert not said_by(ana, lost)
    with pytest.raises(Distrust):
        say(log, anew, clinic.eva.signer, AT)
    after = say(lost, anew, clinic.eva.signer, AT)
    assert set(open_epochs(after, ana.keys, ana.user, ana.device)) == {(team, 2)}
    assert not said_by(clinic.eva, after)
    with pytest.raises(Distrust):
        say(after, replace(anew, epoch=3, public_key=ana.keys.public.box), clinic.eva.signer, AT)
