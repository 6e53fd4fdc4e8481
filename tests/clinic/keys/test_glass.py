# SPDX-License-Identifier: GPL-3.0-or-later
"""Break-glass, decided: what a custodian believes, what the centre does, how long a chart stays open."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.facts import AccessReview, AllergyIntolerance, ReviewStatus, Task, TaskStatus
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, UserId, patient_scope
from clinic.domain.values import ICD10, Coding
from clinic.keys import glass
from clinic.keys.boxes import open_sealed
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import Distrust, TrustLog
from clinic.keys.testimony import GLASS_SUMMARY, REVIEW_CODE, check_op, review_id
from clinic.keys.trust import as_user, say
from clinic.protocol.codec import decode
from clinic.protocol.glass import GlassOpen, GlassPermit, GlassRequest, SignedGlass
from clinic.protocol.letters import Letter
from clinic.protocol.op import Op
from clinic.protocol.trust import Revoke, Role
from tests.small_clinic import AT, TEAM, Clinic, Somebody, small_clinic

ANA, NEIGHBOUR = PatientId("ana"), PatientId("eva")
REASON = "Unconscious in the emergency room"


@pytest.fixture
def clinic() -> Clinic:
    """The station is the custodian."""
    town = small_clinic()
    by, station = town.eva.signer, town.station
    log = say(
        town.log, as_user(station.user, "Custodia", Role.CUSTODIAN, station.device, station.keys), by, AT
    )
    for body in glass.memberships(log, station.user, Role.CUSTODIAN, TEAM):
        log = say(log, body, by, AT)
    return replace(town, log=log)


def asked(clinic: Clinic, who: Somebody, name: str = "a" * 32, now: datetime = AT) -> Letter:
    signed = glass.signed_request(clinic.log, who.keys, who.user, who.device, ANA, REASON, name, now)
    return letter(clinic, who, signed)


def letter(clinic: Clinic, who: Somebody, content: SignedGlass) -> Letter:
    return Letter(sender=who.device, receiver=clinic.station.device, number=1, sent_at=AT, content=content)


def test_a_request_is_believed_and_the_key_opens_for_the_asker_alone(clinic: Clinic) -> None:
    request, user = glass.checked_request(asked(clinic, clinic.ola), clinic.log, AT, ())
    assert (request.patient, user.user) == (ANA, clinic.ola.user)
    (sealed,) = glass.sealed_keys([b"k" * 32], user)
    assert glass.opened_keys([sealed], clinic.ola.keys) == (b"k" * 32,)
    with pytest.raises(Unreadable):
        open_sealed(clinic.ben.keys.box_private, sealed)
    with pytest.raises(Unreadable):
        glass.opened_keys([], clinic.ola.keys)


def test_a_custodian_is_in_every_team_and_is_nothing_else(clinic: Clinic) -> None:
    assert set(clinic.log.teams_of(clinic.station.user)) == {team.team for team in clinic.log.teams()}
    assert glass.is_custodian(clinic.log, clinic.station.device)
    station, mine, by = clinic.station, clinic.ben, clinic.eva.signer
    for body in (
        as_user(station.user, "C", Role.CLINICIAN, station.device, station.keys),
        as_user(mine.user, "Ben", Role.CUSTODIAN, mine.device, mine.keys),
        as_user(mine.user, "Ben", Role.GATEWAY, mine.device, mine.keys),
    ):
        with pytest.raises(Distrust, match=r"no second role|station only"):
            say(clinic.log, body, by, AT)


def test_what_is_refused(clinic: Clinic) -> None:
    good, log = asked(clinic, clinic.ola), clinic.log
    content = good.content
    assert isinstance(content, SignedGlass)
    bens = glass.signed_request(
        log, clinic.ben.keys, clinic.ola.user, clinic.ola.device, ANA, REASON, "b" * 32, AT
    )
    cases: list[tuple[str, Letter, TrustLog, datetime, tuple[str, ...]]] = [
        ("before", good, log, AT, ("a" * 32,)),
        ("too old", good, log, AT + timedelta(minutes=3), ()),
        ("not signed", letter(clinic, clinic.ola, bens), log, AT, ()),
        ("not admitted", replace(good, sender=clinic.ben.device), log, AT, ()),
        ("not signed", letter(clinic, clinic.ola, replace(content, user_signature=b"x" * 64)), log, AT, ()),
        ("newest colleagues", good, small_clinic().log, AT, ()),
        ("not admitted", good, revoked(clinic, clinic.ola.device), AT, ()),
    ]
    for why, said, known, now, seen in cases:
        with pytest.raises(Refusal, match=why):
            glass.checked_request(said, known, now, seen)


def test_a_role_that_may_not_is_refused(clinic: Clinic) -> None:
    who = clinic.mallory
    log = say(clinic.log, _device(who), clinic.eva.signer, AT)
    log = say(log, as_user(who.user, "Rita", Role.RECEPTIONIST, who.device, who.keys), clinic.eva.signer, AT)
    town = replace(clinic, log=log)
    with pytest.raises(Refusal, match="role"):
        glass.checked_request(asked(town, who), log, AT, ())


def test_a_forked_list_of_colleagues_is_no_ground(clinic: Clinic) -> None:
    request = decode(content_of(asked(clinic, clinic.ola)).request, GlassRequest)
    forged = replace(request, head=b"x" * 32)
    from clinic.protocol.codec import encode
    from clinic.protocol.glass import REQUEST_CONTEXT

    data = encode(forged)
    signed = SignedGlass(request=data, user_signature=clinic.ola.keys.sign(REQUEST_CONTEXT + data))
    with pytest.raises(Unreadable, match="another list"):
        glass.checked_request(letter(clinic, clinic.ola, signed), clinic.log, AT, ())


@pytest.mark.parametrize("text", ["", "urgent", "x" * 19, "x" * 40, " " * 30, "y" * 1001])
def test_a_reason_says_something(text: str) -> None:
    with pytest.raises(Refusal):
        glass.reason_of(text)


def test_a_permit_is_for_one_computer_one_scope_and_four_hours(clinic: Clinic) -> None:
    request = decode(content_of(asked(clinic, clinic.ola)).request, GlassRequest)
    station, scope = clinic.station, patient_scope(ANA)
    permit, signature = glass.signed_permit(request, station.device, station.device_keys, AT)
    log, ola = clinic.log, clinic.ola.device
    good = glass.checked_permit(permit, signature, log, ola, scope, AT + timedelta(hours=3, minutes=59))
    assert isinstance(good, GlassPermit)
    bens = glass.signed_permit(request, clinic.ben.device, clinic.ben.device_keys, AT)
    long = glass.signed_permit(request, station.device, station.device_keys, AT + timedelta(days=1))
    for data, proof, known, device, where, now in (
        (permit, signature, log, ola, scope, AT + timedelta(hours=4)),
        (permit, signature, log, clinic.ben.device, scope, AT),
        (permit, signature, log, ola, patient_scope(NEIGHBOUR), AT),
        (permit, bytes(64), log, ola, scope, AT),
        (*bens, log, ola, scope, AT),
        (*long, log, ola, scope, AT),
        (permit, signature, revoked(clinic, station.device), ola, scope, AT),
        (permit, signature, revoked(clinic, ola), ola, scope, AT),
    ):
        with pytest.raises(Unreadable):
            glass.checked_permit(data, proof, known, device, where, now)


@given(st.lists(st.integers(-600, 20_000), max_size=12))
def test_a_chart_never_stays_open_longer_than_four_hours_of_seen_time(seconds: list[int]) -> None:
    """Whatever a clock does between two looks, time that was seen is spent."""
    open_ = GlassOpen(
        request="r",
        patient=ANA,
        user=UserId("u"),
        opened_at=AT,
        until=AT + timedelta(days=9),
        seen_at=AT,
        key=b"",
    )
    for moved in seconds:
        now = AT + timedelta(seconds=moved)
        left = glass.left(open_, now)
        assert timedelta(0) <= left <= max(glass.SHOWN_FOR - (open_.seen_at - AT), timedelta(0))
        if now < open_.seen_at - timedelta(minutes=2) or now >= AT + glass.SHOWN_FOR:
            assert left == timedelta(0)
        open_ = replace(open_, seen_at=max(open_.seen_at, now))


def test_nobody_closes_the_review_of_her_own(clinic: Clinic) -> None:
    ola, log = clinic.ola, clinic.log
    task = Task(
        id=FactId(review_id("a" * 32, ola.user)), patient=ANA, title="Review", authored_at=AT, author=ola.user, code=REVIEW_CODE,
    )  # fmt: skip
    check_op(_op(clinic.station, task, author=clinic.station.user), clinic.station.device, log)
    closed = replace(task, status=TaskStatus.COMPLETED)
    check_op(_op(clinic.ben, closed), clinic.ben.device, log)
    for wrong in (closed, replace(task, author=clinic.ben.user), replace(task, code="")):
        with pytest.raises(Unreadable):
            check_op(_op(ola, wrong), ola.device, log)


def test_a_word_of_break_glass_names_who_broke_it_and_she_does_not_judge_it(clinic: Clinic) -> None:
    ola, log = clinic.ola, clinic.log
    word = AccessReview(
        id=FactId(review_id("e1", ola.user)), rule=f"{GLASS_SUMMARY}/1", severity="high", concerns=ola.user, about=ANA,
        evidence=(FactId("e1"),), since=AT, identified_at=AT, group=FactId("e1"), reason="She does not wake up at all",
    )  # fmt: skip
    check_op(_op(ola, word), ola.device, log)
    check_op(_op(clinic.station, word, author=clinic.station.user), clinic.station.device, log)
    check_op(_op(clinic.ben, replace(word, status=ReviewStatus.ACCEPTED)), clinic.ben.device, log)
    taken = replace(word, status=ReviewStatus.ACCEPTED)
    for wrong in (
        replace(word, concerns=clinic.ben.user), replace(word, rule="own-chart/1"), replace(word, id=FactId("x")), taken,
        replace(word, concerns=UserId("")),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            check_op(_op(ola, wrong), ola.device, log)
    judged = replace(word, status=ReviewStatus.COMPLETED, closed_by=clinic.station.user)
    for wrong in (taken, judged):
        with pytest.raises(Unreadable, match="custodian judged"):
            check_op(_op(clinic.station, wrong), clinic.station.device, log)


def test_a_custodian_writes_on_no_chart(clinic: Clinic) -> None:
    allergy = AllergyIntolerance(
        id=FactId("x"), patient=ANA, substance=Coding(system=ICD10, code="Z88.0"), recorded_at=AT
    )
    with pytest.raises(Unreadable, match="custodian"):
        check_op(_op(clinic.station, allergy), clinic.station.device, clinic.log)


def _op(who: Somebody, fact: Task | AllergyIntolerance | AccessReview, author: UserId | None = None) -> Op:
    return Op(id=OpId(f"{who.device}.1"), stamp=1, fact=fact, author=who.user if author is None else author)


def revoked(clinic: Clinic, device: DeviceId) -> TrustLog:
    return say(clinic.log, Revoke(device=device, incarnation=1, last_env_no=0), clinic.eva.signer, AT)


def content_of(said: Letter) -> SignedGlass:
    assert isinstance(said.content, SignedGlass)
    return said.content


def _device(who: Somebody) -> object:
    from clinic.keys.trust import as_device
    from clinic.protocol.trust import DeviceKind

    return as_device(who.device, who.name, DeviceKind.DESKTOP, who.device_keys)
