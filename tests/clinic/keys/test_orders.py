# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator's order consists of, and who is out afterwards."""

import pytest

from clinic.keys.epochs import has_outsiders, open_epochs
from clinic.keys.orders import NothingLeft, spoken
from clinic.keys.tending import due
from clinic.keys.trust import Distrust, Reason, TrustLog, say
from clinic.protocol.organisation import ComputerSeen
from clinic.protocol.trust import Beacon, MemberRemove, RemoveUser, Revoke, TeamEpoch, Wipe
from tests.clinic.keys.conftest import AT, TEAM, Clinic, repeating


def told(clinic: Clinic, body: object, seen: dict = {}) -> TrustLog:  # type: ignore[type-arg]  # noqa: B006
    log, eva = clinic.log, clinic.eva
    mine = open_epochs(log, eva.keys, eva.user, eva.device)
    for one in spoken(log, body, seen, eva.signer, mine, AT, repeating(b"new")):  # type: ignore[arg-type]
        log = say(log, one, eva.signer, AT)
    return log


def test_a_revocation_counts_what_the_centre_has_and_starts_the_next_key_in_the_same_batch(
    clinic: Clinic,
) -> None:
    ben = clinic.ben
    seen = {ben.device: ComputerSeen(device=ben.device, incarnation=1, last_env_no=7)}
    log = told(clinic, Revoke(device=ben.device, incarnation=0, last_env_no=0, reason="stolen"), seen)
    assert not log.is_revoked(ben.device, 1, 7) and log.is_revoked(ben.device, 1, 8)
    assert log.epoch(TEAM).epoch == 2 and not has_outsiders(log, TEAM)  # type: ignore[union-attr]
    assert (TEAM, 2) not in open_epochs(log, ben.keys, ben.user, ben.device)
    assert {(TEAM, 1), (TEAM, 2)} <= set(
        open_epochs(log, clinic.eva.keys, clinic.eva.user, clinic.eva.device)
    )


def test_somebody_who_is_removed_signs_reads_and_belongs_no_more(clinic: Clinic) -> None:
    ben = clinic.ben
    log = told(clinic, RemoveUser(user=ben.user, device=ben.device, reason="left"))
    assert log.roles_of(ben.user) == () and ben.user not in log.members(TEAM) and not log.places_of(ben.user)
    assert log.user(ben.user, ben.device) is not None, "what he wrote stands"
    assert log.epoch(TEAM).epoch == 2  # type: ignore[union-attr]
    with pytest.raises(Distrust) as no:
        say(log, MemberRemove(team=TEAM, user=ben.user), ben.signer, AT)
    assert no.value.reason == Reason.REVOKED
    with pytest.raises(NothingLeft):
        spoken(
            log, RemoveUser(user=ben.user, device=ben.device), {}, clinic.eva.signer, {}, AT, repeating(b"y")
        )


def test_only_administrators_remove_and_one_of_them_stays(clinic: Clinic) -> None:
    eva, ben = clinic.eva, clinic.ben
    for body in (RemoveUser(user=eva.user, device=eva.device), Beacon()):
        with pytest.raises(Distrust) as no:
            say(clinic.log, body, ben.signer, AT)
        assert no.value.reason == Reason.NO_RIGHT
    with pytest.raises(Distrust, match="administers"):
        say(clinic.log, RemoveUser(user=eva.user, device=eva.device), eva.signer, AT)
    with pytest.raises(Distrust):
        say(clinic.log, RemoveUser(user=ben.user, device=eva.device), eva.signer, AT)


def test_a_member_makes_the_key_that_an_administrator_outside_the_team_could_not(clinic: Clinic) -> None:
    eva, ben = clinic.eva, clinic.ben
    log = say(clinic.log, MemberRemove(team=TEAM, user=eva.user), eva.signer, AT)
    mine = open_epochs(log, ben.keys, ben.user, ben.device)
    if (TEAM, 1) not in mine:
        pytest.skip("this clinic's second member has no key yet")
    (epoch,) = due(log, ben.user, ben.device, mine, AT, repeating(b"z"))
    assert isinstance(epoch, TeamEpoch) and epoch.epoch == 2
    log = say(log, epoch, ben.signer, AT)
    assert not has_outsiders(log, TEAM) and due(log, ben.user, ben.device, mine, AT, repeating(b"z")) == []
    assert (TEAM, 2) not in open_epochs(log, eva.keys, eva.user, eva.device)


def test_a_wipe_is_an_administrators_word(clinic: Clinic) -> None:
    with pytest.raises(Distrust):
        say(clinic.log, Wipe(device=clinic.eva.device), clinic.ben.signer, AT)
