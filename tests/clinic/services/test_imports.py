# SPDX-License-Identifier: GPL-3.0-or-later
"""A Bundle comes in whole: what has a kind becomes a fact, everything keeps its original, and nobody is merged."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain import facts
from clinic.domain.cautions import counts
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    ClinicalStatus,
    Composition,
    Decision,
    Gender,
    MedicationRequest,
    Observation,
    OriginalResource,
    Patient,
    RequestStatus,
    ServiceRequest,
)
from clinic.domain.facts.orders import UNTOLD
from clinic.domain.ids import PatientId
from clinic.domain.medication import directions
from clinic.domain.values import DNI, HumanName, Verification
from clinic.exchange.fhir.kinds import KINDS
from clinic.keys.testimony import check_op
from clinic.services.consents import may
from clinic.services.desks import Desk
from clinic.services.imports import BATCH, ImportReport, import_bundle, plan_import, read_file
from clinic.services.known import original_lines, originals
from clinic.services.messages import picture
from clinic.services.people import register
from clinic.services.waiting import queue
from tests.clinic.desk_alone import desk_alone, permit
from tests.clinic.exchange.fhir.resources import (
    DOCTOR,
    PATIENT,
    SCT,
    WHOLE,
    about,
    bundle,
    doctor,
    observation,
    patient,
    text,
    url,
    visit,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = desk_alone(tmp_path / "home")
    yield desk
    desk.close()


def taken(desk: Desk, *resources: dict[str, Any], into: PatientId | None = None, **how: Any) -> ImportReport:
    return import_bundle(desk, plan_import(desk, bundle(*resources, **how), "test.json", into))


def all_of(desk: Desk, kind: type[Any], patient: str) -> tuple[Any, ...]:
    return desk.book.read(lambda page: page.facts(kind, PatientId(patient)))


def who(report: ImportReport) -> PatientId:
    return report.people[0].patient


def said(report: ImportReport) -> str:
    return "\n".join(f"{r.resource} {r.path}: {r.sentence}" for r in report.remarks)


def ops(desk: Desk) -> int:
    return desk.book.read(lambda page: page.count_ops())


# whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["transaction", "batch", "collection", "document", "searchset"])
def test_every_kind_comes_in_and_nothing_is_dropped(desk: Desk, type: str) -> None:
    report = taken(desk, *WHOLE, type=type)
    assert report.whole and not report.dangling, said(report)
    assert sum(c.held for c in report.counts.values()) == len(WHOLE)
    for kind, count in report.counts.items():
        assert (count.taken, count.original_only) == (
            (count.in_file, 0) if kind in KINDS else (0, count.in_file)
        ), kind
    person = who(report)
    held = {line.type for line in originals(desk, person)} | {
        line.type for line in desk.book.read(lambda page: original_lines(page, PatientId("")))
    }
    assert held == {resource["resourceType"] for resource in WHOLE}


def test_the_original_is_kept_letter_for_letter(desk: Desk) -> None:
    odd = observation(
        valueQuantity=None,
        _status={"extension": [{"url": "http://x", "valueCode": "y"}]},
        contained=[{"resourceType": "Basic", "id": "b", "code": {"text": "x"}}],
    )
    odd = {k: v for k, v in odd.items() if v is not None} | {
        "extension": [{"url": "http://x", "valueDecimal": 1}]
    }
    raw = bundle(patient(), odd).replace(b'"valueDecimal": 1}', b'"valueDecimal": 1.500}')
    report = import_bundle(desk, plan_import(desk, raw, "x"))
    kept = next(o for o in all_of(desk, OriginalResource, who(report)) if o.resource_type == "Observation")
    assert (
        json.loads(kept.content, parse_float=str) == json.loads(raw, parse_float=str)["entry"][1]["resource"]
    )
    assert '"valueDecimal":1.500' in kept.content


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    taken(desk, *WHOLE)
    before = ops(desk)
    again = taken(desk, *WHOLE)
    assert ops(desk) == before and again.whole
    assert all(count.here_already == count.in_file for count in again.counts.values())


def test_another_computer_makes_the_same_facts(desk: Desk, tmp_path: Path) -> None:
    other = desk_alone(tmp_path / "other")
    one, two = taken(desk, *WHOLE), taken(other, *WHOLE)
    assert who(one) == who(two)
    kinds = [
        k.fact
        for name, k in KINDS.items()
        if name not in ("Provenance", "AuditEvent", "Communication", "DocumentReference")
    ]
    for kind in kinds:  # the others name files under keys, or acts, of their own
        assert all_of(desk, kind, who(one)) == all_of(other, kind, who(two)), kind.__name__
    other.close()


def test_every_colleague_believes_what_came_in(desk: Desk) -> None:
    person = who(taken(desk, *WHOLE))
    brought = desk.book.read(lambda page: tuple(page.ops(person)))
    assert any(isinstance(op.fact, (MedicationRequest, ServiceRequest, Composition)) for op in brought)
    for op in brought:
        check_op(op, desk.device, desk.trust)


def test_a_cancelled_import_leaves_whole_resources_and_goes_on(desk: Desk) -> None:
    many = [observation(fullUrl=url(1000 + n), id=f"o{n}") for n in range(2 * BATCH + 50)]
    plan = plan_import(desk, bundle(patient(), doctor(), visit(), *many), "x")
    heard: list[tuple[int, int]] = []
    first = import_bundle(desk, plan, lambda done, of: heard.append((done, of)), lambda: len(heard) > 1)
    assert first.cancelled and not first.whole and heard == [(1, len(many) + 3), (1 + BATCH, len(many) + 3)]
    lines = originals(desk, who(first))
    held = {
        fact.id
        for name, kind in KINDS.items()
        for fact in all_of(desk, kind.fact, who(first))
        if name != "Provenance"
    }
    assert len(lines) == BATCH and {line.of for line in lines} <= held
    assert import_bundle(desk, plan).whole and len(all_of(desk, Observation, who(first))) == len(many)


# what becomes of it -------------------------------------------------------------------------------


def test_a_person_with_all_that_is_known_of_her(desk: Desk) -> None:
    person = all_of(desk, Patient, who(taken(desk, *WHOLE)))[0]
    assert (
        person.name == HumanName(family="Quispe Núñez", given=("María", "Elena"))
        and person.gender == Gender.FEMALE
    )
    assert person.birth_date == date(1958, 3, 7) and person.address == "Calle 1, Salta, AR"
    assert (person.identifiers[0].system, person.identifiers[0].value) == (DNI, "12345678")
    assert person.identifiers[0].verification == Verification.CLAIMED
    assert (person.language, person.languages) == ("qu", ("es",)) and person.telecom[0].value == "555-1234"
    assert person.contacts[0].relationship == "daughter" and person.contacts[0].name.spoken == "Ana Quispe"


def test_findings_keep_numbers_codes_words_and_ranges(desk: Desk) -> None:
    report = taken(desk, *WHOLE)
    pulse, pressure, smoking, tired = (
        next(o for o in all_of(desk, Observation, who(report)) if o.code.code == code)
        for code in ("8867-4", "85354-9", "72166-2", "8661-1")
    )
    assert (pulse.value.value, pulse.value.unit, pulse.low, pulse.high, pulse.interpretation) == (
        72,
        "/min",
        60,
        100,
        "N",
    )
    assert pulse.effective_at == datetime(2020, 5, 1, 13, 5, tzinfo=UTC) and pulse.category == "vital-signs"
    assert [(c.code.code, c.value.value, c.value.unit) for c in pressure.components] == [
        ("8480-6", 120, "mm[Hg]"),
        ("8462-4", 80, "mm[Hg]"),
    ]
    assert smoking.value_code.display == "Never smoked" and tired.text == "tired"
    visit_ = all_of(desk, facts.Encounter, who(report))[0]
    assert pulse.encounter == visit_.id and pulse.performer == visit_.practitioner != ""
    assert "is not given in UCUM" in said(report)


def test_orders_and_what_came_of_them(desk: Desk) -> None:
    person = who(taken(desk, *WHOLE))
    request = all_of(desk, facts.MedicationRequest, person)[0]
    assert (request.dose, request.every_hours, request.days, request.route) == ("500 mg", 8, 7, "oral")
    assert request.instructions == "with water\nas needed" and request.reason.code == "J06.9"
    assert request.user_signature == b"" and request.status == RequestStatus.ACTIVE
    statement = all_of(desk, facts.MedicationStatement, person)[0]
    assert (
        statement.medication.display == "Ibuprofen"
        and statement.since == date(2019, 1, 1)
        and statement.source == "patient"
    )
    report, order = (
        all_of(desk, facts.DiagnosticReport, person)[0],
        all_of(desk, facts.ServiceRequest, person)[0],
    )
    assert report.based_on == order.id and report.conclusion == "fine" and order.priority == "urgent"
    assert desk.book.read(lambda page: page.fact(Observation, report.results[0])) is not None
    assert all_of(desk, facts.Task, person)[0].due == date(2020, 6, 1)
    assert all_of(desk, facts.Appointment, person)[0].minutes == 30
    assert all_of(desk, facts.Immunization, person)[0].dose == 2


NOT_TOLD = "500 mg by mouth (how often is not on record)"


@pytest.mark.parametrize(
    ("dosage", "hours", "words"),
    [
        ({}, UNTOLD, NOT_TOLD),
        ({"timing": {"code": {"text": "BID"}}}, UNTOLD, NOT_TOLD),
        ({"timing": {"repeat": {"frequency": 5, "period": 7, "periodUnit": "h"}}}, UNTOLD, NOT_TOLD),
        ({"timing": {"repeat": {"count": 1}}}, 0, "500 mg by mouth once only"),
        ({"timing": {"event": ["2020-05-01"]}}, 0, "500 mg by mouth once only"),
    ],
)  # fmt: skip
def test_an_order_that_does_not_say_how_often_was_not_for_once(
    desk: Desk, dosage: dict[str, Any], hours: int, words: str
) -> None:
    dose = {
        "route": text("26643006", "Oral", SCT),
        "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}],
    }
    order = about(
        "MedicationRequest", fullUrl=url(63), status="active", intent="order", authoredOn="2020-05-01T10:15:00-03:00",
        medicationCodeableConcept=text("161", "Acetaminophen 500 MG"), dosageInstruction=[dose | dosage],
    )  # fmt: skip
    (request,) = all_of(desk, facts.MedicationRequest, who(taken(desk, patient(), order)))
    assert request.every_hours == hours
    assert directions(request.dose, request.route, request.every_hours, request.days, "en") == words
    assert counts(request, desk.clock.now()) is (hours == UNTOLD)


def test_notes_messages_files_and_forms(desk: Desk) -> None:
    person = who(taken(desk, *WHOLE))
    note = all_of(desk, facts.Composition, person)[0]
    assert (
        note.subjective == "Cough & fever\nsince Monday"
        and note.objective == "Family\nlives alone"
        and note.plan == "rest"
    )
    assert note.author_name == "Dra. Lucía Paz" and note.user_signature == b""
    message = all_of(desk, facts.Communication, person)[0]
    assert (message.sender, message.text) == ("patient", "Gracias ñ 😀")
    assert picture(desk, message.attachments[0]) == b"hola"
    document = all_of(desk, facts.DocumentReference, person)[0]
    assert picture(desk, document.attachment) == b"scan" and document.attachment.title == "scan"
    form, answers = (
        all_of(desk, facts.Questionnaire, "")[0],
        all_of(desk, facts.QuestionnaireResponse, person)[0],
    )
    assert [(i.key, i.kind, i.within, i.required) for i in form.items] == [
        ("g", "group", "", False),
        ("g.1", "boolean", "g", True),
        ("g.2", "choice", "g", False),
    ]
    assert json.loads(answers.answers) == {"g.1": True, "g.2": "none", "n": 1.5} and answers.version == 3


# dangers ------------------------------------------------------------------------------------------


def test_a_permit_from_elsewhere_opens_no_gate_and_a_denial_closes_one(desk: Desk) -> None:
    person = who(taken(desk, *WHOLE))
    consent = all_of(desk, facts.Consent, person)[0]
    assert {(i.scope, i.decision) for i in consent.items} == {
        ("sharing", Decision.PERMIT),
        ("recording", Decision.DENY),
    }
    assert not may(desk, person, "sharing")
    permit(desk, person, "sharing")
    permit(desk, person, "recording")
    assert may(desk, person, "sharing") and not may(desk, person, "recording")


def test_a_visit_under_way_elsewhere_is_not_in_our_waiting_room(desk: Desk) -> None:
    report = taken(desk, patient(), visit(status="in-progress", participant=None))
    assert queue(desk) == () and "does not enter the waiting room" in said(report)


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (observation(modifierExtension=[{"url": "http://x", "valueBoolean": True}]), "modifierExtension may change"),
        (observation(implicitRules="http://x"), "implicitRules may change"),
        (observation(valueString="twice"), "cannot both be"),
        (observation(code=None), "code is missing"),
        (observation(code=["x"]), "code is missing"),
        (observation(component=[{"code": "x", "valueString": "y"}]), "a component without a code"),
        (observation(valueQuantity=None, valueString="x" * 50_000), "longer than a chart's entry"),
        (about("MedicationRequest", status="active", intent="order", doNotPerform=True), "must not be done"),
        (about("MedicationRequest", status="active", intent="order"), "the medication is not named"),
        (about("Composition", status="entered-in-error"), "entered in error"),
        (about("DocumentReference", status="current", content=[{"attachment": {"url": "http://x/y"}}]), "not in this Bundle"),
        ({"resourceType": "Observation", "status": "final", "code": text("1")}, "does not say whom it is about"),
        ({"resourceType": "Consent", "status": "proposed", "patient": {"reference": PATIENT}}, "status is proposed"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_kept_and_says_why(desk: Desk, resource: dict[str, Any], why: str) -> None:
    report = taken(desk, patient(), visit(participant=None), resource)
    assert report.whole and why in said(report)
    line = next(line for line in originals(desk, who(report)) if line.type == resource["resourceType"])
    assert line.of == "" and "(" in line.title
    assert not all_of(desk, KINDS[line.type].fact, who(report))


def test_what_is_about_somebody_else_never_lands_on_this_chart(desk: Desk) -> None:
    stranger = observation(id="s", subject={"reference": "Patient/unknown"})
    group = observation(id="g", subject={"reference": url(50)})
    both = about("Provenance", target=[{"reference": PATIENT}, {"reference": url(51)}])
    other = patient(fullUrl=url(51), id="p2", name=[{"family": "Otra", "given": ["Persona"]}])
    crowd = {"resourceType": "Group", "fullUrl": url(50), "type": "person", "actual": True}
    report = taken(desk, patient(), stranger, group, crowd, both, other)
    assert report.whole and ("Observation/s", "Patient/unknown") in report.dangling
    for proposal in report.people:
        assert all_of(desk, Observation, proposal.patient) == ()
    assert "it names a patient who is not in this file" in said(report) and "it names no person" in said(
        report
    )
    assert "it names several people" in said(report)


@pytest.mark.parametrize(
    ("value", "text_"),
    [
        ({"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/dL"}}, "< 5 mg/dL"),
        ({"valueQuantity": {"value": 12, "unit": "furlong"}}, "12 furlong"),
        ({"valueBoolean": True}, "yes"),
        ({"valueInteger": 3}, "3"),
        ({"valueRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2, "unit": "g"}}}, "1 g – 2 g"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 / 128"),
        ({"valuePeriod": {"start": "2020", "end": "2021"}}, "2020 – 2021"),
        ({"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1}}, "(SampledData: see the original)"),
        ({"component": [{"code": text("1", "Colour"), "valueString": "red"}]}, "Colour: red"),
    ],
)  # fmt: skip
def test_what_is_no_plain_number_becomes_words_never_a_number(
    desk: Desk, value: dict[str, Any], text_: str
) -> None:
    resource = observation(valueQuantity=None) | value
    found = all_of(desk, Observation, who(taken(desk, patient(), resource)))[0]
    assert found.value is None and found.components == () and found.text == text_


def test_a_weight_in_pounds_is_not_read_as_kilograms(desk: Desk) -> None:
    pounds = {"value": 154, "unit": "lb", "system": "http://unitsofmeasure.org", "code": "[lb_av]"}
    report = taken(desk, patient(), observation(code=text("29463-7", "Weight"), valueQuantity=pounds))
    assert all_of(desk, Observation, who(report))[0].value.value == Decimal("69.85")


def test_what_was_wrong_or_denied_is_not_active(desk: Desk) -> None:
    report = taken(
        desk, patient(), observation(status="entered-in-error"),
        about("Condition", fullUrl=url(60), code=text("1"), verificationStatus=text("refuted"), clinicalStatus=text("active")),
        {"resourceType": "AllergyIntolerance", "fullUrl": url(61), "patient": {"reference": PATIENT}, "code": text("2", "Nuts"),
         "verificationStatus": text("entered-in-error")},
        about("MedicationRequest", fullUrl=url(62), status="active", intent="proposal", medicationCodeableConcept=text("3", "X")),
    )  # fmt: skip
    person = who(report)
    assert all_of(desk, Observation, person)[0].retracted == "entered-in-error"
    assert all_of(desk, facts.Condition, person)[0].status == ClinicalStatus.INACTIVE
    assert all_of(desk, facts.AllergyIntolerance, person)[0].status == ClinicalStatus.INACTIVE
    assert all_of(desk, facts.MedicationRequest, person)[0].status == RequestStatus.DRAFT


def test_half_known_dates_are_not_made_up(desk: Desk) -> None:
    report = taken(
        desk, patient(birthDate="1958"), observation(effectiveDateTime="2011-06"),
        about("Condition", code=text("1"), onsetDateTime="2011", recordedDate="2020-01-01"),
        about("Procedure", status="completed", code=text("2"), performedString="as a child"),
    )  # fmt: skip
    person = who(report)
    assert (
        all_of(desk, Patient, person)[0].birth_date is None
        and all_of(desk, facts.Condition, person)[0].onset is None
    )
    assert all_of(desk, Observation, person)[0].effective_at == datetime(2011, 6, 1, tzinfo=UTC)
    assert all(
        words in said(report)
        for words in ("only 1958 is known", "only 2011-06 is known", "only 2011 is known", "as a child")
    )


def test_structure_is_checked_and_every_finding_has_its_path(desk: Desk) -> None:
    wrong = {
        "resourceType": "Observation",
        "id": "w",
        "subject": {"reference": PATIENT},
        "status": "",
        "category": [],
        "foo": 1,
        "issued": "now",
    }
    report = taken(desk, patient(active="true"), wrong, {"resourceType": "Nonsense", "id": "n"})
    paths = {remark.path for remark in report.remarks}
    assert {
        "Bundle.entry[0].resource.active",
        "Bundle.entry[1].resource.status",
        "Bundle.entry[1].resource.code",
    } <= paths
    assert {
        "Bundle.entry[1].resource.category",
        "Bundle.entry[1].resource.foo",
        "Bundle.entry[1].resource.issued",
    } <= paths
    assert report.whole and "Observation/w" in {remark.resource for remark in report.remarks}


def test_long_texts_and_scans_travel_beside_the_record(desk: Desk) -> None:
    from base64 import b64encode
    from os import urandom

    scan = b64encode(urandom(300_000)).decode()
    document = about(
        "DocumentReference",
        status="current",
        content=[{"attachment": {"data": scan, "contentType": "image/png"}}],
    )
    plan = about(
        "CarePlan",
        status="active",
        intent="plan",
        description="x" * 30_000,
        note=[{"text": f"n {n}" * 20} for n in range(2000)],
    )
    report = taken(desk, patient(), document, plan)
    assert report.whole, said(report)
    person = who(report)
    assert max(len(o.content) for o in all_of(desk, OriginalResource, person)) < 25_000
    assert len(picture(desk, all_of(desk, facts.DocumentReference, person)[0].attachment)) == 300_000


# who is who ---------------------------------------------------------------------------------------


def test_somebody_alike_is_proposed_and_nobody_is_merged(desk: Desk) -> None:
    here = register(
        desk,
        HumanName(family="Quispe Nuñez", given=("Maria", "Elena")),
        date(1958, 3, 7),
        Gender.FEMALE,
        "12345678",
    )
    report = taken(desk, *WHOLE)
    assert [line.patient for line in report.people[0].alike] == [here] and not report.people[0].known
    assert who(report) != here and all_of(desk, Observation, here) == ()
    assert all_of(desk, facts.Link, who(report)) == ()


def test_a_file_can_be_taken_into_a_chart_that_somebody_chose(desk: Desk) -> None:
    here = register(desk, HumanName(family="Quispe", given=("María",)), None, Gender.FEMALE, "")
    report = taken(desk, patient(), observation(), into=here)
    assert who(report) == here and len(all_of(desk, Observation, here)) == 1
    assert all_of(desk, Patient, here)[0].name.family == "Quispe"
    loose = taken(desk, observation(id="l", fullUrl=url(70), subject={"reference": "Patient/9"}), into=here)
    assert loose.whole and len(all_of(desk, Observation, here)) == 2
    with pytest.raises(Refusal):
        taken(desk, patient(), patient(fullUrl=url(71), id="p2"), into=here)
    with pytest.raises(Refusal):
        taken(desk, patient(), into=PatientId("nobody"))


def test_the_staff_of_two_files_are_the_same_by_their_identifier(desk: Desk) -> None:
    taken(desk, doctor())
    other = doctor(fullUrl=url(80), id="elsewhere", gender="female")
    report = taken(desk, other, patient(), visit(participant=[{"individual": {"reference": url(80)}}]))
    staff = all_of(desk, facts.Practitioner, "")
    assert len(staff) == 1 and report.whole
    assert all_of(desk, facts.Encounter, who(report))[0].practitioner == staff[0].user
    kept = desk.book.read(lambda page: original_lines(page, PatientId("")))
    assert {line.of for line in kept} == {staff[0].id}


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": DOCTOR}, {"reference": "Practitioner/d1"}, {"reference": "Practitioner/d1/_history/2"},
        {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9876"},
        {"type": "Practitioner", "identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "9876"}},
    ],
)  # fmt: skip
def test_references_of_every_form_lead_there(desk: Desk, reference: dict[str, Any]) -> None:
    report = taken(desk, patient(), doctor(), visit(participant=[{"individual": reference}]))
    staff = all_of(desk, facts.Practitioner, "")[0]
    assert all_of(desk, facts.Encounter, who(report))[0].practitioner == staff.user and report.dangling == ()
    later = taken(desk, patient(), visit(fullUrl=url(81), id="e2", participant=[{"individual": reference}]))
    known = "d1" not in str(reference)
    assert bool(later.dangling) is not known


def test_references_that_lead_nowhere_are_kept_and_told(desk: Desk) -> None:
    report = taken(
        desk,
        patient(),
        observation(
            performer=[{"reference": "Practitioner/gone", "display": "Dr. Gone"}],
            encounter={"reference": url(99)},
        ),
    )
    assert set(report.dangling) == {("Observation/o1", "Practitioner/gone"), ("Observation/o1", url(99))}
    found = all_of(desk, Observation, who(report))[0]
    assert found.performer == "" and found.encounter == ""


def test_a_newer_version_renews_an_older_one_does_not_and_ours_stays(desk: Desk) -> None:
    first = observation(meta={"lastUpdated": "2020-06-01T00:00:00Z"})
    person = who(taken(desk, patient(), first))
    value = {"value": 75, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}
    newer = taken(
        desk, patient(), observation(meta={"lastUpdated": "2020-07-01T00:00:00Z"}, valueQuantity=value)
    )
    assert newer.counts["Observation"].renewed == 1
    (found,) = all_of(desk, Observation, person)
    assert found.value.value == 75
    older = taken(desk, patient(), observation(meta={"lastUpdated": "2020-05-01T00:00:00Z"}))
    assert "older than what is here" in said(older) and all_of(desk, Observation, person)[0].value.value == 75
    from dataclasses import replace

    desk.write(replace(found, retracted="a slip"))
    last = taken(desk, patient(), observation(meta={"lastUpdated": "2020-08-01T00:00:00Z"}))
    assert (
        "was changed here since" in said(last) and all_of(desk, Observation, person)[0].retracted == "a slip"
    )


def test_two_resources_of_one_name_are_both_kept(desk: Desk) -> None:
    report = taken(desk, patient(), observation(), observation(status="amended"), urls=False)
    assert report.whole and report.counts["Observation"].held == 2 and "has the same name" in said(report)


def test_one_server_s_patient_1_is_not_another_s(desk: Desk) -> None:
    one = taken(desk, patient(), urls=False)
    two = taken(desk, patient(name=[{"family": "Otra"}]), urls=False)
    assert who(one) != who(two)


# files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [b"[]", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","type":"history"}',
     b'{"resourceType":"Bundle","type":"collection"}',
     b'{"resourceType":"Bundle","type":"collection","entry":7}', b'{"a":1}'],
)  # fmt: skip
def test_a_file_that_is_no_bundle_is_refused_with_a_sentence(desk: Desk, data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        plan_import(desk, data, "x")
    assert str(refused.value).endswith(".") and ops(desk) == 0


def test_entries_without_a_resource_are_told(desk: Desk) -> None:
    data = json.loads(bundle(patient(), type="batch"))
    data["entry"] += [{"request": {"method": "DELETE", "url": "Patient/1"}}, {}, 7]
    report = import_bundle(desk, plan_import(desk, json.dumps(data).encode(), "x"))
    assert report.whole and "asks for DELETE Patient/1" in said(report)


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read_file(tmp_path / "nothing.json")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(Refusal):
        read_file(tmp_path / "large.json")


def test_an_import_is_audited_once_a_chart(desk: Desk) -> None:
    person = who(taken(desk, *WHOLE))
    taken(desk, *WHOLE)
    entries = [e for e in all_of(desk, facts.AuditEvent, person) if e.action == "import"]
    assert len(entries) == 1 and len(entries[0].entity) == 64
    sources = [p for p in all_of(desk, facts.Provenance, person) if p.activity == "import"]
    assert [(s.source, s.agent) for s in sources] == [("test.json", "Ana Ruiz")]


JUNK: list[Any] = [
    None, 5, -1, 10**20, 1e300, True, "", "x", "\ud800", "\x00", "2020-13-45", "9999-12-31T23:59:59Z", "urn:uuid:1",
    [], {}, [[]], [{}], ["x"], [None], {"a": 1}, {"reference": "#x"}, {"coding": [None]}, [5, "a", {}],
    {"value": "x"}, {"start": 5},
]  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(JUNK)), min_size=1, max_size=30))
def test_a_damaged_bundle_is_refused_or_kept_whole_never_a_crash(
    desk: Desk, damages: list[tuple[int, Any]]
) -> None:
    tree = json.loads(bundle(*WHOLE))
    for place, junk in damages:
        places = [at for entry in tree["entry"] for at in spots(entry)]
        holder, key = places[place % len(places)]
        holder[key] = json.loads(json.dumps(junk))
    try:
        report = import_bundle(desk, plan_import(desk, json.dumps(tree).encode(), "damaged"))
    except Refusal:
        return
    assert report.whole


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) inside a value."""
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from spots(value[key])
