# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange through the route: who may write and read, what is refused, what the trust log adds."""

import pytest

from clinic.domain.ids import OrgId, TeamId
from clinic.keys.identity import RootKeys
from clinic.keys.roster import TrustLog
from clinic.keys.trust import EMPTY, Signer, make_statement, say
from clinic.protocol.envelope import MAX_ENVELOPE, Envelope, pack, unpack
from clinic.protocol.sync import FaultNumber, Refused, SyncRequest, TrustPart
from clinic.protocol.trust import MemberRemove, Policy, Revoke, Root
from tests.small_clinic import AT, OTHER_TEAM, TEAM, Somebody, repeating

from .conftest import Inside, fault_of


def test_a_note_travels_to_the_team_and_to_nobody_else(inside: Inside) -> None:
    c = inside.clinic
    wire = c.eva.envelope(c.log, "p:1")
    assert inside.sync(c.eva, wire).acked_env_no == 1
    assert [got.envelope for got in inside.sync(c.ben).envelopes] == [wire]
    for other in (c.ola, c.kiosk, c.station, c.eva):
        assert inside.sync(other).envelopes == ()


def test_a_kiosk_writes_for_its_team_and_reads_the_organisation(inside: Inside) -> None:
    c = inside.clinic
    assert (
        inside.sync(c.kiosk, c.kiosk.envelope(c.log, "p:1"), c.kiosk.envelope(c.log, "t:post")).refused == ()
    )
    assert len(inside.sync(c.ben).envelopes) == 2
    inside.sync(c.ben, c.ben.envelope(c.log, "o:org"))
    assert [got.scope for got in inside.sync(c.kiosk).envelopes] == ["o:org"]


@pytest.mark.parametrize(
    ("who", "scope", "team"),
    [
        ("kiosk", "o:org", TEAM),
        ("station", "p:1", TEAM),
        ("station", "o:org", TEAM),
        ("ola", "p:1", TEAM),
        ("ola", "t:post", OTHER_TEAM),
        ("ben", "t:other", TEAM),
        ("ben", "o:elsewhere", TEAM),
        ("ben", "x:1", TEAM),
    ],
)
def test_what_a_device_may_not_write(inside: Inside, who: str, scope: str, team: TeamId) -> None:
    somebody: Somebody = getattr(inside.clinic, who)
    done = inside.sync(somebody, somebody.envelope(inside.clinic.log, scope, team=team))
    assert [no.why for no in done.refused] == [Refused.NOT_ALLOWED]
    assert done.acked_env_no == 1


def test_another_teams_patient_cannot_be_written_into(inside: Inside) -> None:
    c = inside.clinic
    inside.sync(c.ben, c.ben.envelope(c.log, "p:1"))
    done = inside.sync(c.ola, c.ola.envelope(c.log, "p:1", team=OTHER_TEAM))
    assert [no.why for no in done.refused] == [Refused.NOT_ALLOWED]


def test_wrong_envelopes_are_refused_by_number_and_the_rest_goes_on(inside: Inside) -> None:
    c = inside.clinic
    one, two, three = (c.ben.envelope(c.log, "p:1", text) for text in "abc")
    parsed = unpack(two)
    forged = pack(Envelope(bytes(64), parsed.header_bytes, parsed.body, parsed.header))
    foreign = c.eva.envelope(c.log, "p:1")
    done = inside.sync(c.ben, one, forged, foreign, b"no envelope", c.ben.envelope(c.log, "p:1"), three)
    assert {(no.env_no, no.why) for no in done.refused} == {
        (2, Refused.BAD_SIGNATURE),
        (1, Refused.WRONG_SENDER),
        (3, Refused.MALFORMED),
        (3, Refused.CONFLICTING_NUMBER),
    }
    assert done.acked_env_no == 4
    assert len(inside.sync(c.eva).envelopes) == 2


def test_a_giant_is_refused(inside: Inside) -> None:
    done = inside.sync(inside.clinic.ben, bytes(MAX_ENVELOPE + 2000))
    assert [(no.env_no, no.why) for no in done.refused] == [(1, Refused.TOO_LARGE)]


def test_a_session_is_only_for_its_own_device(inside: Inside) -> None:
    c = inside.clinic
    request = SyncRequest(device=c.eva.device, incarnation=1, sent_at=AT)
    answer = inside.say("POST", "/v1/sync", request, inside.token_of(c.ben))
    assert fault_of(answer).number == FaultNumber.NOT_ALLOWED


def test_versions_that_do_not_meet_are_told(inside: Inside) -> None:
    ben = inside.clinic.ben
    request = SyncRequest(protocol_min=7, protocol_max=9, device=ben.device, incarnation=1, sent_at=AT)
    answer = inside.say("POST", "/v1/sync", request, inside.token_of(ben))
    assert (answer.status_code, fault_of(answer).number) == (426, FaultNumber.VERSION)


def test_too_many_exchanges_are_turned_away(inside: Inside) -> None:
    token = inside.token_of(inside.clinic.ben)
    answers = {inside.send("GET", "/v1/trust?from=99", token=token).status_code for _ in range(320)}
    assert answers == {200, 429}


# the trust log


def test_statements_travel_with_the_exchange(inside: Inside) -> None:
    c = inside.clinic
    statement = make_statement(c.log, Policy(key="lock", value="5"), c.eva.signer, AT)
    assert inside.sync(c.eva, trust=(statement,), trust_position=c.log.position).trust_refused == ""
    done = inside.sync(c.ben, trust_position=c.log.position)
    assert (done.trust, done.trust_position) == ((statement,), c.log.position + 1)
    again = inside.sync(c.eva, trust=(statement,), trust_position=c.log.position + 1)
    assert (again.trust_refused, again.trust) == ("", ())


def test_a_forged_statement_is_refused_and_the_envelopes_are_taken(inside: Inside) -> None:
    c = inside.clinic
    good = make_statement(c.log, Policy(key="lock", value="5"), c.eva.signer, AT)
    done = inside.sync(c.ben, c.ben.envelope(c.log, "p:1"), trust=(good[:-64] + bytes(64),))
    assert done.trust_refused
    assert done.acked_env_no == 1
    assert inside.desk.log.position == c.log.position


def test_statements_may_not_leave_a_hole(inside: Inside) -> None:
    c = inside.clinic
    later = say(c.log, Policy(key="a", value="1"), c.eva.signer, AT)
    second = make_statement(later, Policy(key="b", value="2"), c.eva.signer, AT)
    assert inside.sync(c.eva, trust=(second,)).trust_refused
    part = TrustPart(first=c.log.position + 2, statements=(second,))
    assert inside.say("POST", "/v1/trust", part, inside.token_of(c.eva)).status_code == 403


def test_the_log_survives_a_restart(inside: Inside) -> None:
    inside.desk.log = EMPTY
    inside.desk.read_trust()
    assert inside.desk.log.position == inside.clinic.log.position


def test_nobody_founds_a_second_organisation(inside: Inside) -> None:
    root = RootKeys.make(repeating(b"another"))
    by = Signer(inside.clinic.eva.user.__class__(""), inside.clinic.eva.device.__class__(""), root)
    other = say(EMPTY, Root(organization=OrgId("evil"), name="Evil", public_key=root.public.signing), by, AT)
    part = TrustPart(first=0, statements=other.statements)
    assert inside.say("POST", "/v1/trust", part).status_code == 401
    assert inside.say("POST", "/v1/trust", part, inside.token_of(inside.clinic.ben)).status_code == 403


def revoked(inside: Inside, last_env_no: int) -> TrustLog:
    c = inside.clinic
    body = Revoke(device=c.ben.device, incarnation=1, last_env_no=last_env_no)
    statement = make_statement(c.log, body, c.eva.signer, AT)
    inside.sync(c.eva, trust=(statement,))
    return inside.desk.log


def test_a_revoked_device_hands_in_what_counts_and_reads_only_the_log(inside: Inside) -> None:
    c = inside.clinic
    inside.sync(c.eva, c.eva.envelope(c.log, "p:1"))
    before, after = c.ben.envelope(c.log, "p:1"), c.ben.envelope(c.log, "p:1")
    revoked(inside, last_env_no=1)
    done = inside.sync(c.ben, before, after)
    assert (done.acked_env_no, [no.why for no in done.refused]) == (1, [Refused.REVOKED])
    assert done.envelopes == ()
    assert len(done.trust) == c.log.position + 2


def test_who_left_a_team_reads_it_no_more(inside: Inside) -> None:
    c = inside.clinic
    inside.sync(c.eva, c.eva.envelope(c.log, "p:1"))
    statement = make_statement(c.log, MemberRemove(team=TEAM, user=c.ben.user), c.eva.signer, AT)
    inside.sync(c.eva, trust=(statement,))
    assert inside.sync(c.ben).envelopes == ()
    assert inside.sync(c.ben, c.ben.envelope(c.log, "p:1")).refused == (), (
        "what was sealed as a member still counts"
    )
