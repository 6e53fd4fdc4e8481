# SPDX-License-Identifier: GPL-3.0-or-later
"""What an admitted computer, and a stolen one, may say; and what it may not, however well it is sealed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clinic.domain.facts import (
    AccessReview,
    Appointment,
    AppointmentRequest,
    AskedStatus,
    AuditEvent,
    AuditHead,
    Composition,
    CompositionStatus,
    Consent,
    Fact,
    IdentifiedBy,
    MedicationRequest,
    Patient,
    RequestStatus,
    ReviewStatus,
    ServiceRequest,
    Task,
    TaskStatus,
    VerificationResult,
)
from clinic.domain.ids import DeviceId, EncounterId, FactId, OpId, PatientId, UserId
from clinic.domain.values import Coding, HumanName
from clinic.keys.consents import sign_consent, sign_fact, template_hash
from clinic.keys.refusals import Unreadable
from clinic.keys.testimony import REVIEW_CODE, check_op
from clinic.protocol.op import Op
from tests.clinic.keys.conftest import AT, Clinic, Somebody

P1 = PatientId("p1")
PERSON = Patient(id=FactId("p1"), patient=P1, name=HumanName(family="Quiroga"))
NOTE = Composition(
    id=FactId("n"), patient=P1, encounter=EncounterId("e"), status=CompositionStatus.FINAL, plan="x",
    author=UserId("eva"), signed_at=AT,
)  # fmt: skip
ORDER = MedicationRequest(
    id=FactId("m"), patient=P1, medication=Coding(system="s", code="c", display="d"), authored_at=AT,
    requester=UserId("eva"),
)  # fmt: skip

TEST = ServiceRequest(
    id=FactId("s"), patient=P1, code=Coding(system="s", code="c", display="d"), authored_at=AT, requester=UserId("eva")
)  # fmt: skip


def op(who: Somebody, fact: Fact, **more: object) -> Op:
    return replace(Op(id=OpId(f"{who.device}.1"), stamp=1, fact=fact), **more)  # type: ignore[arg-type]


def refused(clinic: Clinic, who: Somebody, said: Op, match: str) -> None:
    with pytest.raises(Unreadable, match=match):
        check_op(said, who.device, clinic.log)


def test_staff_may_say_who_somebody_is(clinic: Clinic) -> None:
    check_op(op(clinic.ben, PERSON, author=clinic.ben.user), clinic.ben.device, clinic.log)
    check_op(
        op(clinic.ben, PERSON, replaces=(OpId(f"{clinic.eva.device}.1"),)), clinic.ben.device, clinic.log
    )


@pytest.mark.parametrize("name", ["1", "", "other.1", "{eva}", "{eva}x.1"])
def test_an_id_of_another_computer_would_shut_out_what_that_one_writes(clinic: Clinic, name: str) -> None:
    said = op(clinic.ben, PERSON, id=OpId(name.format(eva=clinic.eva.device)))
    refused(clinic, clinic.ben, said, "numbered by another computer")


def test_nobody_writes_in_the_name_of_a_colleague_elsewhere(clinic: Clinic) -> None:
    refused(clinic, clinic.ben, op(clinic.ben, PERSON, author=clinic.eva.user), "author who does not work")


@pytest.mark.parametrize("stamp", [-1, 2**62, 2**64])
def test_a_stamp_that_cannot_be(clinic: Clinic, stamp: int) -> None:
    refused(clinic, clinic.ben, op(clinic.ben, PERSON, stamp=stamp), "time that cannot be")


def test_one_person_under_the_id_of_another(clinic: Clinic) -> None:
    refused(clinic, clinic.ben, op(clinic.ben, replace(PERSON, id=FactId("p2"))), "names one person")


def test_an_audit_entry_is_of_the_computer_that_sends_it(clinic: Clinic) -> None:
    entry = AuditEvent(id=FactId("a"), action="open", recorded_at=AT, agent="eva", device=clinic.eva.device)
    check_op(op(clinic.eva, entry), clinic.eva.device, clinic.log)
    refused(clinic, clinic.ben, op(clinic.ben, entry), "another computer")
    brought = replace(entry, device=DeviceId("foreign:Hospital"))
    check_op(op(clinic.ben, brought), clinic.ben.device, clinic.log)
    refused(clinic, clinic.ben, op(clinic.ben, replace(brought, sequence=3)), "another computer")


def test_a_kiosk_adds_and_corrects_itself_and_nothing_else(clinic: Clinic) -> None:
    kiosk, claimed = clinic.kiosk, replace(PERSON, provisional=True)
    check_op(op(kiosk, claimed, replaces=(OpId(f"{kiosk.device}.0"),)), kiosk.device, clinic.log)
    refused(clinic, kiosk, op(kiosk, claimed, replaces=(OpId(f"{clinic.eva.device}.1"),)), "did not write")
    refused(clinic, kiosk, op(kiosk, PERSON), "known for certain")
    refused(clinic, kiosk, op(kiosk, NOTE), "only staff")
    refused(clinic, clinic.mallory, op(clinic.mallory, NOTE), "only staff")


def test_a_kiosk_asks_for_an_appointment_and_answers_nothing(clinic: Clinic) -> None:
    kiosk = clinic.kiosk
    asked = AppointmentRequest(
        id=FactId("r"), patient=P1, status=AskedStatus.PROPOSED, wish="book", authored_at=AT
    )
    for status in (AskedStatus.PROPOSED, AskedStatus.CANCELLED):
        check_op(op(kiosk, replace(asked, status=status)), kiosk.device, clinic.log)
    for status in (AskedStatus.ACCEPTED, AskedStatus.DECLINED):
        refused(clinic, kiosk, op(kiosk, replace(asked, status=status)), "Only staff answer")
        check_op(op(clinic.eva, replace(asked, status=status)), clinic.eva.device, clinic.log)
    booked = Appointment(id=FactId("a"), patient=P1, start=AT)
    refused(clinic, kiosk, op(kiosk, booked), "only staff")


@pytest.mark.parametrize(
    "changes",
    [
        {"start": datetime.min.replace(tzinfo=UTC)},
        {"start": datetime.max.replace(tzinfo=UTC)},
        {"start": AT, "minutes": 10**12},
        {"start": AT, "minutes": -20},
        {"requested_from": datetime.min.replace(tzinfo=UTC), "requested_until": AT, "minutes": 5},
        {"requested_from": AT, "requested_until": datetime.max.replace(tzinfo=UTC)},
        {"authored_at": datetime.max.replace(tzinfo=UTC)},
        {"wish": "everything"},
        {"reason": Coding(system="", code="", display="a" * 4_000_000)},
        {"answer": "a" * 501},
    ],
)
def test_a_kiosk_asks_for_nothing_that_cannot_be(clinic: Clinic, changes: dict[str, Any]) -> None:
    asked = AppointmentRequest(
        id=FactId("r"), patient=P1, status=AskedStatus.PROPOSED, wish="book", authored_at=AT
    )
    refused(clinic, clinic.kiosk, op(clinic.kiosk, replace(asked, **changes)), "cannot be")


def test_a_kiosk_asks_for_half_a_day_months_ahead(clinic: Clinic) -> None:
    begins = AT + timedelta(days=300)
    asked = AppointmentRequest(
        id=FactId("r"), patient=P1, status=AskedStatus.PROPOSED, wish="move", authored_at=AT,
        requested_from=begins, requested_until=begins + timedelta(hours=4),
    )  # fmt: skip
    check_op(op(clinic.kiosk, asked), clinic.kiosk.device, clinic.log)


def test_a_note_is_signed_by_whom_it_names_where_she_works(clinic: Clinic) -> None:
    eva, ben = clinic.eva, clinic.ben
    check_op(op(eva, sign_fact(NOTE, eva.keys), author=eva.user), eva.device, clinic.log)
    check_op(op(eva, replace(NOTE, author=UserId(""))), eva.device, clinic.log)
    refused(clinic, eva, op(eva, NOTE, author=eva.user), "does not belong")
    refused(clinic, ben, op(ben, sign_fact(NOTE, ben.keys), author=ben.user), "does not belong")
    refused(clinic, ben, op(ben, sign_fact(NOTE, eva.keys)), "does not belong")
    nobodys = sign_fact(replace(NOTE, author=UserId("")), ben.keys)
    refused(clinic, ben, op(ben, nobodys, author=ben.user), "does not belong")


@pytest.mark.parametrize("order", [ORDER, TEST])
def test_a_colleague_may_stop_an_order_under_her_own_name_but_not_make_one_in_another(
    clinic: Clinic, order: MedicationRequest | ServiceRequest
) -> None:
    ben = clinic.ben
    stopped = sign_fact(replace(order, status=RequestStatus.STOPPED), ben.keys)
    check_op(op(ben, stopped, author=ben.user), ben.device, clinic.log)
    refused(clinic, ben, op(ben, sign_fact(order, ben.keys), author=ben.user), "does not belong")


def test_a_consent_is_signed_by_the_device_it_names(clinic: Clinic) -> None:
    kiosk, eva = clinic.kiosk, clinic.eva
    told = Consent(
        id=FactId("c"), patient=P1, template="t", template_version=1, template_hash=template_hash("text"),
        language="es", jurisdiction="AR", items=(), given_at=AT, device=kiosk.device,
    )  # fmt: skip
    signed = sign_consent(told, kiosk.device_keys)
    check_op(op(kiosk, signed), kiosk.device, clinic.log)
    for forged in (
        told,
        replace(signed, patient=PatientId("p2")),
        replace(signed, device=eva.device),
        sign_consent(told, clinic.mallory.device_keys),
    ):
        refused(clinic, kiosk, op(kiosk, forged), "not signed on the device")


@pytest.mark.parametrize("order", [ORDER, TEST])
def test_what_came_from_another_system_names_its_author_there_and_nobody_signed_it(
    clinic: Clinic, order: MedicationRequest | ServiceRequest
) -> None:
    ben, there = clinic.ben, UserId("fhir.someone")
    brought = replace(order, requester=there)
    check_op(op(ben, brought, author=ben.user), ben.device, clinic.log)
    check_op(op(ben, replace(NOTE, author=there), author=ben.user), ben.device, clinic.log)
    refused(clinic, ben, op(ben, sign_fact(brought, ben.keys), author=ben.user), "does not belong")
    refused(
        clinic, ben, op(ben, replace(order, requester=UserId("somebody")), author=ben.user), "does not belong"
    )


# each kind with a check of its own has it, whoever sends it


def test_a_head_of_an_audit_that_its_computer_did_not_sign(clinic: Clinic) -> None:
    head = AuditHead(
        id=FactId("h"), patient=PatientId(""), device=clinic.ben.device, incarnation=1, size=1, root=bytes(32), at=AT,
        leaves=bytes(32), device_signature=bytes(64),
    )  # fmt: skip
    refused(clinic, clinic.ben, op(clinic.ben, head), "head of an audit")


def test_whoever_broke_the_glass_does_not_close_the_review(clinic: Clinic) -> None:
    task = Task(
        id=FactId(f"glass.r.{clinic.ben.user}"), patient=P1, title="x", status=TaskStatus.COMPLETED, authored_at=AT,
        author=clinic.ben.user, code=REVIEW_CODE,
    )  # fmt: skip
    refused(
        clinic, clinic.ben, op(clinic.ben, task, author=clinic.ben.user), "closed by the person it is about"
    )


def test_nobody_vouches_in_a_colleagues_name(clinic: Clinic) -> None:
    said = VerificationResult(
        id=FactId("v"), patient=P1, encounter=EncounterId("e"), how=IdentifiedBy.VOUCHED, at=AT, by=clinic.eva.user
    )  # fmt: skip
    refused(clinic, clinic.ben, op(clinic.ben, said, author=clinic.ben.user), "somebody else vouches")


def test_nobody_judges_what_she_did_herself(clinic: Clinic) -> None:
    review = AccessReview(
        id=FactId("r"), patient=PatientId(""), rule="own-chart/1", status=ReviewStatus.COMPLETED, severity="high",
        concerns=clinic.ben.user, evidence=(), closed_by=clinic.ben.user,
        since=AT, identified_at=AT, group=FactId("g"),
    )  # fmt: skip
    refused(clinic, clinic.ben, op(clinic.ben, review, author=clinic.ben.user), "somebody who may not judge")
