# SPDX-License-Identifier: GPL-3.0-or-later
"""Who vouches for a snapshot."""

from dataclasses import replace

import pytest

from clinic.domain.ids import DeviceId
from clinic.keys.attesting import vouched
from clinic.keys.roster import TrustLog
from clinic.keys.trust import as_user, say
from clinic.protocol.envelope import ALG_SCOPE_KEY, ALG_TEAM_BOX, Header
from clinic.protocol.trust import DeviceKind, Revoke, Role
from tests.small_clinic import AT, OTHER_TEAM, TEAM, Somebody, admitted, enrolled, small_clinic, somebody

CLINIC = small_clinic()
EVA, BEN, OLA = CLINIC.eva, CLINIC.ben, CLINIC.ola
CAI, DUA = somebody("cai"), somebody("dua")


@pytest.fixture(scope="module")
def log() -> TrustLog:
    """Four desktops of a team, of four people."""
    log = CLINIC.log
    for one in (CAI, DUA):
        log = enrolled(log, one, TEAM, EVA.signer)
    return log


def said_by(who: Somebody, env_no: int = 7, **other: object) -> Header:
    header = Header(
        version=1, alg=ALG_SCOPE_KEY, scope=f"p:{1}", team=TEAM, device=who.device, incarnation=1, env_no=env_no,
        scope_no=1, key_epoch=1, salt=b"",
    )  # fmt: skip
    return replace(header, **other)  # type: ignore[arg-type]


def test_two_besides_the_maker_do(log: TrustLog) -> None:
    eva, ben, cai = (said_by(one) for one in (EVA, BEN, CAI))
    assert vouched(log, eva, [ben, cai])
    for words in ([], [ben], [ben, said_by(BEN, env_no=8)], [ben, eva]):
        assert not vouched(log, eva, words)


def test_of_the_same_chart_and_team_and_by_its_desktops(log: TrustLog) -> None:
    eva, ben = said_by(EVA), said_by(BEN)
    for no in (
        said_by(OLA), said_by(OLA, team=OTHER_TEAM), said_by(CAI, scope="p:2"), said_by(CAI, team=OTHER_TEAM),
        said_by(CLINIC.kiosk, alg=ALG_TEAM_BOX), said_by(CLINIC.station), said_by(CLINIC.mallory),
        said_by(CAI, alg=ALG_TEAM_BOX), replace(ben, device=DeviceId("nobody")),
    ):  # fmt: skip
        assert not vouched(log, eva, [ben, no])
    assert not vouched(log, said_by(OLA), [eva, ben]), "nor is one that somebody else made"


def test_not_after_a_revocation(log: TrustLog) -> None:
    eva, ben, cai = (said_by(one) for one in (EVA, BEN, CAI))
    before = say(log, Revoke(device=CAI.device, incarnation=1, last_env_no=6), EVA.signer, AT)
    after = say(log, Revoke(device=CAI.device, incarnation=1, last_env_no=7), EVA.signer, AT)
    assert not vouched(before, eva, [ben, cai]) and not vouched(before, cai, [eva, ben])
    assert vouched(after, eva, [ben, cai]) and vouched(after, cai, [eva, ben])


def test_two_computers_of_one_person_are_not_two_people(log: TrustLog) -> None:
    laptop, tablet = somebody("laptop"), somebody("tablet")
    for one in (laptop, tablet):
        log = admitted(log, one, DeviceKind.DESKTOP, EVA.signer)
        log = say(log, as_user(CAI.user, "cai", Role.CLINICIAN, one.device, one.keys), EVA.signer, AT)
    both = [said_by(laptop), said_by(tablet)]
    assert not vouched(log, said_by(EVA), both)
    assert vouched(log, said_by(EVA), [*both, said_by(BEN)])
