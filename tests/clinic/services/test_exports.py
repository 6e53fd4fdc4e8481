# SPDX-License-Identifier: GPL-3.0-or-later
"""A record goes out whole and valid: what came in unchanged as it came, what was changed with its unknown parts."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fhirkit
import pytest

from clinic.domain import facts
from clinic.domain.errors import Refusal
from clinic.domain.facts import Consent, Decision, Fact, Method, Patient
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId
from clinic.domain.values import DNI, Coding, ContactPoint, HumanName, Identifier, Quantity
from clinic.exchange.fhir.context import FOREIGN
from clinic.exchange.fhir.kinds import KINDS
from clinic.services.desks import Desk
from clinic.services.exports import export_bundle
from clinic.services.imports import import_bundle, plan_import, read_file
from clinic.services.messages import keep_bytes
from clinic.services.people import confirm_identity
from tests.clinic.desk_alone import desk_alone, permit
from tests.clinic.exchange.fhir.resources import EXTRA, WHOLE, about, bundle, observation, patient, url

AT = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)
BIRD = Coding(system="http://snomed.info/sct", code="1", display="Bird")
OWN_ACTS = ("import", "export")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = desk_alone(tmp_path / "home")
    yield desk
    desk.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    desk = desk_alone(tmp_path / "other")
    yield desk
    desk.close()


def taken(desk: Desk, data: bytes) -> PatientId:
    report = import_bundle(desk, plan_import(desk, data, "test.json"))
    assert report.whole, report.remarks
    return report.people[0].patient


def resources(data: bytes) -> list[dict[str, Any]]:
    """What is in a Bundle, after it proved to be R4 throughout."""
    assert [str(issue) for issue in fhirkit.validate(data)] == []
    return [entry["resource"] for entry in json.loads(data, parse_float=Decimal)["entry"]]


def facts_of(desk: Desk, patient: PatientId) -> dict[tuple[str, str], Fact]:
    """Everything with an R4 name but what the acts of importing and exporting left."""
    found = desk.book.read(
        lambda page: [(n, f) for n, k in KINDS.items() for f in page.facts(k.fact, patient)]
    )
    return {
        (name, fact.id): fact
        for name, fact in found
        if not (getattr(fact, "action", "") in OWN_ACTS or getattr(fact, "activity", "") in OWN_ACTS)
    }


def one(data: bytes, kind: str) -> dict[str, Any]:
    return next(resource for resource in resources(data) if resource["resourceType"] == kind)


def test_what_came_in_goes_out_as_it_came(desk: Desk, other: Desk) -> None:
    person = taken(desk, bundle(*WHOLE))
    permit(desk, person)
    gone = export_bundle(desk, [person])
    entries = json.loads(bundle(*WHOLE), parse_float=Decimal)["entry"]
    came = {
        e["resource"]["id"]: e["resource"] for e in entries if e["resource"]["resourceType"] != "Medication"
    }
    assert {r["id"]: r for r in resources(gone.data) if r["id"] in came} == came
    assert gone.as_they_came == len(came) == len(WHOLE) - 1  # a Medication that nothing of hers names stays
    left = Counter(e["resource"]["resourceType"] for e in entries if e["resource"]["id"] in came)
    assert Counter(gone.counts) == left + Counter({
        "Consent": 1, "AuditEvent": 1, "Provenance": 1, "Practitioner": 1,  # the witness of her consent
    })  # fmt: skip
    assert taken(other, gone.data) == person
    ours, theirs = facts_of(desk, person), facts_of(other, person)
    assert ours.keys() - theirs.keys() == {
        key for key in ours if key[0] == "Consent" and not key[1].startswith("fhir.")
    }
    with_files = ("Communication", "DocumentReference")
    assert all(theirs[key] == ours[key] for key in ours if key in theirs and key[0] not in with_files)


def test_a_second_round_changes_nothing_more(desk: Desk, other: Desk) -> None:
    person = taken(desk, bundle(*WHOLE, urls=True))
    permit(desk, person)
    first = export_bundle(desk, [person]).data
    taken(other, first)
    permit(other, person)
    again = export_bundle(other, [person]).data
    ids = {r["id"] for r in WHOLE}
    assert {r["id"]: r for r in resources(first) if r["id"] in ids} == {
        r["id"]: r for r in resources(again) if r["id"] in ids
    }


def test_what_was_changed_here_keeps_what_the_model_does_not_know(desk: Desk) -> None:
    person = taken(desk, bundle(patient(), observation()))
    permit(desk, person)
    (her,), (pulse,) = desk.book.read(
        lambda page: (page.facts(Patient, person), page.facts(facts.Observation, person))
    )
    desk.write(
        replace(her, telecom=(ContactPoint(system="phone", value="555-9999"),)),
        replace(pulse, retracted="wrong cuff"),
    )
    data = export_bundle(desk, [person]).data
    out = one(data, "Patient")
    assert out["telecom"] == [{"system": "phone", "value": "555-9999", "use": "mobile"}]
    assert out["name"][0]["use"] == "official" and EXTRA in out["extension"] and out["id"] == "p1"
    found = one(data, "Observation")
    assert found["status"] == "entered-in-error" and found["valueQuantity"]["value"] == 72
    assert found["effectiveDateTime"] == "2020-05-01T10:05:00-03:00"


def test_references_lead_to_what_is_in_the_bundle(desk: Desk, other: Desk) -> None:
    named = [
        dict(patient(), fullUrl=None),
        dict(observation(subject={"reference": "Patient/p1"}, encounter=None, performer=None), fullUrl=None),
    ]
    person = taken(desk, bundle(*named, urls=False))
    permit(desk, person)
    data = export_bundle(desk, [person]).data
    urls = {entry["fullUrl"]: entry["resource"] for entry in json.loads(data)["entry"]}
    assert urls[one(data, "Observation")["subject"]["reference"]]["resourceType"] == "Patient"
    again = taken(other, data)
    assert [
        o.value.value for o in other.book.read(lambda page: page.facts(facts.Observation, again)) if o.value
    ] == [72]


# our own facts ------------------------------------------------------------------------------------


def ours(desk: Desk, person: PatientId) -> tuple[Fact, ...]:
    """One fact of every kind that has an R4 name, as this program writes them, every field said."""
    visit, doctor = EncounterId("visit.1"), UserId("dr.1")
    file = keep_bytes(desk, b"bytes", "text/plain", "a file")
    base: dict[str, Any] = {"patient": person}
    seen = base | {"encounter": visit}
    return (
        facts.Patient(
            id=FactId(person),
            patient=person,
            name=HumanName(family="Ríos", given=("Ema",)),
            birth_date=date(1990, 1, 2),
            gender=facts.Gender.FEMALE,
            identifiers=(Identifier(system=DNI, value="30111222"),),
            address="Calle 5",
            telecom=(ContactPoint(system="phone", value="1"),),
            language="es",
            languages=("en",),
            deceased_on=date(2026, 2, 2),
            contacts=(facts.Contact(relationship="mother", name=HumanName(family="Paz"), address="there"),),
            provisional=True,
        ),
        facts.Practitioner(
            id=FactId("prac.1"),
            user=doctor,
            name=HumanName(family="Paz", given=("Eva",)),
            title="Dra.",
            specialty="GP",
            licence="MP 1",
            identifiers=(Identifier(system="urn:l", value="1"),),
        ),
        facts.Organization(id=FactId("org.1"), name="Red", jurisdiction="AR", address="x"),
        facts.Location(
            id=FactId("loc.1"),
            name="Posta",
            latitude=-24.5,
            longitude=-65.25,
            kind="post",
            phone="2",
            organization=FactId("org.1"),
        ),
        facts.CareTeam(
            id=FactId("team.1"),
            **base,
            name="Equipo",
            since=date(2020, 1, 1),
            members=(facts.CareTeamMember(user=doctor, name="Dra. Eva Paz", role="GP"),),
        ),
        facts.Encounter(
            id=FactId(visit),
            **base,
            status=facts.EncounterStatus.FINISHED,
            arrived_at=AT,
            ticket="B-07",
            reason=BIRD,
            symptoms=(BIRD,),
            practitioner=doctor,
            started_at=AT,
            finished_at=AT,
            language="qu",
            device_name="Kiosk",
            kind="VR",
            participants=(
                facts.Participant(
                    name="Dra. Eva Paz", user=doctor, role="attender", joined_at=AT, left_at=AT
                ),
            ),
            type=BIRD,
            location=FactId("loc.1"),
        ),
        facts.Observation(
            id=FactId("obs.1"),
            **seen,
            code=BIRD,
            effective_at=AT,
            value=Quantity(value=Decimal("36.50"), unit="Cel"),
            method=Method.DEVICE,
            raw=b"\x01\x02",
            category="vital-signs",
            interpretation="H",
            low=Decimal("36.0"),
            high=Decimal("38.0"),
            performer=doctor,
            device_name="Thermometer",
        ),
        facts.Observation(id=FactId("obs.2"), **seen, code=BIRD, effective_at=AT, text="V", retracted="slip"),
        facts.Condition(
            id=FactId("cond.1"),
            **seen,
            code=BIRD,
            recorded_at=AT,
            onset=date(2020, 1, 1),
            note="n",
            severity="mild",
            recorder=doctor,
            status=facts.ClinicalStatus.RESOLVED,
            abatement=date(2021, 1, 1),
        ),
        facts.AllergyIntolerance(
            id=FactId("all.1"),
            **seen,
            substance=BIRD,
            reaction="hives",
            severe=True,
            recorded_at=AT,
            note="n",
            recorder=doctor,
        ),
        facts.MedicationRequest(
            id=FactId("med.1"),
            **seen,
            medication=BIRD,
            authored_at=AT,
            requester=doctor,
            dose="500 mg",
            every_hours=8,
            days=7,
            instructions="with water",
            reason=BIRD,
            override_reason="none other",
            overrode=("allergy", "repeat"),
        ),
        facts.MedicationStatement(
            id=FactId("mst.1"),
            **seen,
            medication=BIRD,
            recorded_at=AT,
            dose="1",
            since=date(2020, 1, 1),
            source="family",
            note="n",
        ),
        facts.ServiceRequest(
            id=FactId("ord.1"),
            **seen,
            code=BIRD,
            authored_at=AT,
            requester=doctor,
            priority="urgent",
            reason=BIRD,
            note="n",
        ),
        facts.DiagnosticReport(
            id=FactId("rep.1"),
            **seen,
            code=BIRD,
            effective_at=AT,
            issued_at=AT,
            results=(FactId("obs.1"),),
            based_on=FactId("ord.1"),
            conclusion="c",
            performer="Lab",
        ),
        facts.Procedure(
            id=FactId("pro.1"),
            **seen,
            code=BIRD,
            performed_at=AT,
            performed_until=AT,
            performer="Dra.",
            reason=BIRD,
            note="n",
        ),
        facts.Immunization(
            id=FactId("imm.1"),
            **seen,
            vaccine=BIRD,
            occurred_at=AT,
            lot="L",
            dose=2,
            performer="P",
            primary_source=False,
        ),
        facts.DetectedIssue(
            id=FactId("iss.1"),
            **base,
            code=BIRD,
            severity="high",
            text="t",
            identified_at=AT,
            evidence=(FactId("obs.1"),),
            rule="news2/1",
            owner=doctor,
            acknowledged_by=doctor,
            acknowledged_at=AT,
            mitigation="called",
            status=facts.IssueStatus.FINAL,
        ),
        facts.Task(
            id=FactId("tas.1"),
            **seen,
            title="Weigh",
            authored_at=AT,
            author=doctor,
            owner=doctor,
            due=date(2026, 4, 1),
            about=FactId("cond.1"),
            note="n",
            done_at=AT,
        ),
        facts.Slot(
            id=FactId("slo.1"),
            practitioner=doctor,
            start=AT,
            minutes=30,
            status="busy",
            location=FactId("loc.1"),
        ),
        facts.Appointment(
            id=FactId("app.1"),
            **base,
            start=AT,
            minutes=30,
            practitioner=doctor,
            practitioner_name="Dra. Eva Paz",
            reason="r",
            location=FactId("loc.1"),
            slot=FactId("slo.1"),
            cancelation_reason="viaja",
        ),
        facts.Composition(
            id=FactId("com.1"),
            **seen,
            status=facts.CompositionStatus.FINAL,
            subjective="a <b> & c\n\nd",
            plan="p",
            conditions=(BIRD,),
            author=doctor,
            author_name="Dra. Eva Paz",
            signed_at=AT,
        ),
        facts.Composition(
            id=FactId("com.2"),
            **seen,
            status=facts.CompositionStatus.AMENDED,
            subjective="more",
            author=doctor,
            author_name="Dra. Eva Paz",
            signed_at=AT,
            addendum_to=FactId("com.1"),
        ),
        facts.Communication(
            id=FactId("msg.1"),
            **seen,
            sent_at=AT,
            sender="patient",
            sender_name="Ema",
            text="hola",
            attachments=(file,),
        ),
        facts.Communication(
            id=FactId("msg.2"),
            **seen,
            sent_at=AT,
            sender=doctor,
            sender_name="Dra. Eva Paz",
            text="x",
            retracted="wrong",
            in_reply_to=FactId("msg.1"),
        ),
        facts.DocumentReference(
            id=FactId("doc.1"),
            **seen,
            attachment=file,
            made_at=AT,
            category="photo",
            text="words",
            author=doctor,
        ),
        facts.Questionnaire(
            id=FactId("que.1"),
            name="triage",
            version=2,
            language="es",
            text="Triage",
            specialty="GP",
            items=(
                facts.FormItem(key="a", question="A?", kind="choice", options=(BIRD,), required=True),
                facts.FormItem(
                    key="b", question="B?", kind="decimal", unit="kg", low=Decimal("1.5"), code=BIRD
                ),
            ),
        ),
        facts.QuestionnaireResponse(
            id=FactId("res.1"),
            **seen,
            questionnaire="triage",
            version=2,
            authored_at=AT,
            author=doctor,
            answers='{"a":{"system":"s","code":"c"},"b":1.50,"d":["x","y"],"e":true,"f":7}',
        ),
        facts.Questionnaire(
            id=FactId("que.2"),
            name="hand",
            version=1,
            language="es",
            text="Hand",
            url="urn:example:chart-form:hand",
            purpose="clinician",
            items=(
                facts.FormItem(key="a", question="A?", kind="choice", options=(BIRD,)),
                facts.FormItem(
                    key="b", question="B?", kind="decimal", unit="kg", code=BIRD, observation_extract=True
                ),
                facts.FormItem(key="c", question="C?", kind="date"),
                facts.FormItem(key="d", question="D?", kind="choice", options=(BIRD,), repeats=True),
                facts.FormItem(key="e", question="E?", kind="text"),
            ),
        ),
        facts.QuestionnaireResponse(
            id=FactId("res.2"),
            **seen,
            questionnaire="urn:example:chart-form:hand",
            version=1,
            status="amended",
            authored_at=AT,
            author=doctor,
            answers='{"a":"1","b":"1.50","c":"2026-03-07","d":["1"],"e":"2026-03-07"}',
            amends=FactId("res.1"),
            reason="slip",
        ),
        facts.Observation(
            id=FactId("res.2/b"), **seen, code=BIRD, effective_at=AT, text="V", derived_from=FactId("res.2")
        ),
        facts.Consent(
            id=FactId("con.1"),
            **base,
            template="AR",
            template_version=3,
            template_hash=b"h",
            language="es",
            jurisdiction="AR",
            items=(
                facts.ConsentItem(scope="sharing", decision=Decision.PERMIT),
                facts.ConsentItem(scope="recording", decision=Decision.DENY),
            ),
            given_at=AT,
            read_aloud_seconds=12,
            device=desk.device,
        ),
        facts.AuditEvent(
            id=FactId("aud.1"),
            **base,
            action="open",
            recorded_at=AT,
            agent="Ana",
            device=DeviceId("dev"),
            entity="chart",
            outcome="refused",
        ),
        facts.Provenance(
            id=FactId("prv.1"),
            **base,
            targets=(FactId("obs.1"),),
            recorded_at=AT,
            agent="Ana",
            activity="transcribe",
            source="paper",
            digest="00ff",
        ),
    )


LOST = set(
    "patient id encounter practitioner performer requester recorder author owner acknowledged_by location slot organization "
    "amends derived_from results based_on about evidence addendum_to in_reply_to targets user sender attachment attachments "
    "device participants members identifiers previous".split()
)
"""Ids, which are others elsewhere, and keys of files; looked at apart."""


def test_every_kind_of_ours_goes_out_valid_and_comes_back_the_same(desk: Desk, other: Desk) -> None:
    person = PatientId(desk.new_id())
    mine = ours(desk, person)
    desk.write(*mine)
    permit(desk, person)
    assert {type(fact).__name__ for fact in mine} == set(KINDS)
    gone = export_bundle(desk, [person])
    assert {r["resourceType"] for r in resources(gone.data)} == set(KINDS)
    there = taken(other, gone.data)
    came = desk_facts(other, there)
    for fact in mine:
        name = type(fact).__name__
        assert any(alike(fact, one) for one in came if type(one) is type(fact)), (
            name,
            fact,
            [c for c in came if type(c) is type(fact)],
        )
    consent = next(fact for fact in came if isinstance(fact, Consent))
    assert consent.device == FOREIGN + desk.device
    newer = next(f for f in came if isinstance(f, facts.QuestionnaireResponse) and f.amends)
    assert other.book.read(lambda page: page.fact(facts.QuestionnaireResponse, newer.amends)) is not None
    said = next(
        r
        for r in resources(gone.data)
        if r["resourceType"] == "QuestionnaireResponse" and r["status"] == "amended"
    )
    types = {key for item in said["item"] for answer in item["answer"] for key in answer}
    assert types == {"valueCoding", "valueDecimal", "valueDate", "valueString"}, "as the form has them"
    report = next(fact for fact in came if isinstance(fact, facts.DiagnosticReport))
    assert other.book.read(lambda page: page.fact(facts.Observation, report.results[0])) is not None
    assert (
        len(
            [
                f
                for f in came
                if isinstance(f, facts.Encounter) and f.practitioner and f.location and f.participants[0].user
            ]
        )
        == 1
    )


def desk_facts(desk: Desk, person: PatientId) -> list[Fact]:
    whose = (person, PatientId(""))
    return desk.book.read(
        lambda page: [f for k in KINDS.values() for w in whose for f in page.facts(k.fact, w)]
    )


def alike(one: Fact, two: Fact) -> bool:
    """Equal in all but ids."""
    from dataclasses import fields

    return all(
        as_read(getattr(one, f.name)) == as_read(getattr(two, f.name))
        and bool(getattr(one, f.name)) == bool(getattr(two, f.name))
        if f.name not in LOST
        else f.name in ("patient", "kiosk", "previous")
        or bool(getattr(one, f.name)) == bool(getattr(two, f.name))
        for f in fields(one)
    )


def as_read(value: Any) -> Any:
    return (
        json.loads(value, parse_float=Decimal) if isinstance(value, str) and value.startswith("{") else value
    )


# the gate -----------------------------------------------------------------------------------------


def test_without_her_consent_nothing_leaves_and_each_export_is_audited(desk: Desk) -> None:
    person = taken(desk, bundle(patient(), observation()))
    with pytest.raises(Refusal, match="not permitted"):
        export_bundle(desk, [person])
    permit(desk, person)
    export_bundle(desk, [person])
    told = desk.book.read(lambda page: page.facts(facts.AuditEvent, person))
    assert [event.action for event in told] == ["import", "attempt", "export"]
    permit(desk, person, decision=Decision.DENY)
    with pytest.raises(Refusal, match="not permitted"):
        export_bundle(desk, [person])
    for nobody in ([], [PatientId("x")]):
        with pytest.raises(Refusal):
            export_bundle(desk, nobody)


def test_several_people_and_those_who_are_the_same(desk: Desk, other: Desk) -> None:
    one_ = taken(desk, bundle(patient(), observation()))
    two = taken(
        desk,
        bundle(
            patient(fullUrl=url(51), id="p2", name=[{"family": "Otra"}]),
            observation(subject={"reference": url(51)}),
        ),
    )
    permit(desk, one_)
    permit(desk, two)
    gone = export_bundle(desk, [one_, two])
    assert gone.counts["Patient"] == 2 and gone.counts["Observation"] == 2
    assert len({e["fullUrl"] for e in json.loads(gone.data)["entry"]}) == len(json.loads(gone.data)["entry"])
    confirm_identity(desk, two, one_)
    linked = [r for r in resources(export_bundle(desk, [one_]).data) if r["resourceType"] == "Patient"]
    assert len(linked) == 2 and all(r["link"][0]["type"] == "seealso" for r in linked)
    report = import_bundle(other, plan_import(other, gone.data, "x"))
    assert report.whole and len(report.people) == 2


def test_a_staff_member_without_a_card_goes_out_by_her_name(desk: Desk) -> None:
    person = taken(desk, bundle(patient()))
    permit(desk, person)
    desk.write(
        facts.Condition(
            id=FactId(desk.new_id()), patient=person, code=BIRD, recorded_at=AT, recorder=desk.someone.user
        )
    )
    data = export_bundle(desk, [person]).data
    assert one(data, "Practitioner")["name"] == [{"family": "Ana Ruiz"}]
    assert one(data, "Condition")["recorder"]["display"] == "Ana Ruiz"


@pytest.mark.parametrize("planted", [1, {"form": "json", "id": "x", "key": "00", "size": 1}])
def test_a_foreign_resource_that_looks_like_our_mark_goes_out_as_it_came(desk: Desk, planted: object) -> None:
    odd = about("Basic", fullUrl=url(900), id="odd", code={"text": "Odd"})
    odd["extension"] = [{"url": "urn:odd", "$posta": planted}]
    person = taken(desk, bundle(*WHOLE, odd))
    permit(desk, person)
    gone = json.loads(export_bundle(desk, [person]).data)["entry"]
    came = next(e["resource"] for e in gone if e["resource"].get("id") == "odd")
    assert came["extension"] == odd["extension"]


def test_the_same_file_under_two_names_and_an_empty_one_go_out_as_they_came(desk: Desk) -> None:
    letter = about("Communication", fullUrl=url(901), id="twice", status="completed")
    letter["payload"] = [
        {"contentAttachment": {"contentType": "text/plain", "data": data, "title": title}}
        for data, title in (("aGVsbG8=", "one"), ("aGVsbG8=", "two"), ("", "nothing"))
    ]
    person = taken(desk, bundle(*WHOLE, letter))
    permit(desk, person)
    gone = export_bundle(desk, [person])
    entries = json.loads(gone.data)["entry"]
    came = next(e["resource"] for e in entries if e["resource"].get("id") == "twice")
    assert came["payload"] == letter["payload"] and gone.missing == ()


# charts of others ---------------------------------------------------------------------------------

CHARTS = os.environ.get("POSTA_FHIR_CHARTS", "")


@pytest.mark.skipif(not CHARTS, reason="POSTA_FHIR_CHARTS does not name a folder with FHIR Bundles")
def test_foreign_charts_come_in_whole_and_go_out_as_they_came(desk: Desk, other: Desk) -> None:
    files = sorted(Path(CHARTS).glob("*.json"))
    assert files
    for file in files:
        data = read_file(file)
        plan = plan_import(desk, data, file.name)
        report = import_bundle(desk, plan)
        assert report.whole and {k: c.held for k, c in report.counts.items()} == dict(plan.bundle.counts)
        came = Counter(json.dumps(e["resource"], sort_keys=True) for e in json.loads(data)["entry"])
        for proposal in report.people:
            permit(desk, proposal.patient)
            gone = export_bundle(desk, [proposal.patient]).data
            assert not came - Counter(json.dumps(r, sort_keys=True, default=float) for r in resources(gone))
            assert taken(other, gone) == proposal.patient
            left, right = facts_of(desk, proposal.patient), facts_of(other, proposal.patient)
            assert all(right.get(key) == fact for key, fact in left.items() if key[0] != "Consent")
