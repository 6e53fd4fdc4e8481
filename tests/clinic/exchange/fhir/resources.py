# SPDX-License-Identifier: GPL-3.0-or-later
"""Small R4 resources, one of each kind that has a fact, and Bundles of them. Nobody in them exists."""

import json
from typing import Any

PATIENT = "urn:uuid:00000000-0000-4000-8000-000000000001"
DOCTOR = "urn:uuid:00000000-0000-4000-8000-000000000002"
VISIT = "urn:uuid:00000000-0000-4000-8000-000000000003"
EXTRA = {"url": "http://elsewhere.example/extra", "valueString": "kept"}


def url(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


def bundle(*resources: dict[str, Any], type: str = "collection", urls: bool = True) -> bytes:
    """A Bundle; a resource's "fullUrl" is taken out of it, and what is None."""
    entries = []
    for number, resource in enumerate(resources):
        entry: dict[str, Any] = {"fullUrl": resource.get("fullUrl", url(100 + number))} if urls else {}
        entry["resource"] = {
            key: value for key, value in resource.items() if key != "fullUrl" and value is not None
        }
        if type in ("transaction", "batch"):
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
        entries.append(entry)
    return json.dumps({"resourceType": "Bundle", "type": type, "entry": entries}, ensure_ascii=False).encode()


def text(code: str, words: str = "words", system: str = "http://loinc.org") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "fullUrl": PATIENT, "id": "p1", "birthDate": "1958-03-07", "gender": "female",
        "name": [{"use": "official", "family": "Quispe Núñez", "given": ["María", "Elena"]}], "extension": [EXTRA],
        "identifier": [{"system": "urn:oid:2.16.840.1.113883.2.10.4.1", "value": "12345678"}],
        "telecom": [{"system": "phone", "value": "555-1234", "use": "mobile"}],
        "address": [{"line": ["Calle 1"], "city": "Salta", "country": "AR"}],
        "communication": [{"language": text("qu"), "preferred": True}, {"language": text("es")}],
        "contact": [{"relationship": [{"text": "daughter"}], "name": {"family": "Quispe", "given": ["Ana"]}}], **more,
    }  # fmt: skip


def doctor(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Practitioner", "fullUrl": DOCTOR, "id": "d1", "active": True,
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "9876"}],
        "name": [{"family": "Paz", "given": ["Lucía"], "prefix": ["Dra."]}], **more,
    }  # fmt: skip


def visit(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter", "fullUrl": VISIT, "id": "e1", "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": PATIENT}, "participant": [{"individual": {"reference": DOCTOR}}],
        "period": {"start": "2020-05-01T10:00:00-03:00", "end": "2020-05-01T10:20:00-03:00"},
        "type": [text("185349003", "Check up", "http://snomed.info/sct")], "reasonCode": [{"text": "cough"}], **more,
    }  # fmt: skip


def about(kind: str, **more: Any) -> dict[str, Any]:
    """A resource about the patient, in the visit."""
    return {
        "resourceType": kind,
        "subject": {"reference": PATIENT},
        "encounter": {"reference": VISIT},
        **more,
    }


def observation(**more: Any) -> dict[str, Any]:
    told = {
        "id": "o1", "status": "final", "code": text("8867-4", "Heart rate"), "effectiveDateTime": "2020-05-01T10:05:00-03:00",
        "category": [text("vital-signs")], "performer": [{"reference": DOCTOR}],
        "valueQuantity": {"value": 72, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }  # fmt: skip
    return about("Observation", **(told | more))


CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
SCT = "http://snomed.info/sct"
ALL: tuple[dict[str, Any], ...] = (
    patient(),
    doctor(),
    visit(),
    {
        "resourceType": "Organization",
        "fullUrl": url(4),
        "id": "org",
        "name": "Hospital",
        "address": [{"country": "AR"}],
        "identifier": [{"system": "urn:orgs", "value": "1"}],
    },
    {
        "resourceType": "Location",
        "fullUrl": url(5),
        "id": "loc",
        "name": "Posta",
        "position": {"longitude": -65.5, "latitude": -24.25},
        "telecom": [{"system": "phone", "value": "1"}],
        "managingOrganization": {"reference": url(4)},
    },
    observation(
        fullUrl=url(6),
        referenceRange=[{"low": {"value": 60, "unit": "/min"}, "high": {"value": 100, "unit": "/min"}}],
        interpretation=[text("N", "normal")],
    ),
    observation(
        fullUrl=url(7),
        id="bp",
        code=text("85354-9", "Blood pressure"),
        valueQuantity=None,
        component=[
            {
                "code": text("8480-6", "Systolic"),
                "valueQuantity": {"value": 120, "unit": "mmHg", "code": "mm[Hg]"},
            },
            {
                "code": text("8462-4", "Diastolic"),
                "valueQuantity": {"value": 80, "unit": "mmHg", "code": "mm[Hg]"},
            },
        ],
    ),
    observation(
        fullUrl=url(8),
        id="smoke",
        code=text("72166-2", "Smoking"),
        valueQuantity=None,
        valueCodeableConcept=text("266919005", "Never smoked", SCT),
    ),
    observation(
        fullUrl=url(9), id="said", code=text("8661-1", "Complaint"), valueQuantity=None, valueString="tired"
    ),
    about(
        "Condition",
        fullUrl=url(10),
        id="c1",
        code=text("J06.9", "Cold", "http://hl7.org/fhir/sid/icd-10"),
        clinicalStatus=text("resolved", system=CLINICAL),
        verificationStatus=text("confirmed"),
        onsetDateTime="2020-04-28",
        severity={"text": "mild"},
        abatementDateTime="2020-05-10",
        recordedDate="2020-05-01",
        recorder={"reference": DOCTOR},
        note=[{"text": "twice a year"}],
    ),
    {
        "resourceType": "AllergyIntolerance",
        "fullUrl": url(11),
        "id": "a1",
        "patient": {"reference": PATIENT},
        "clinicalStatus": text("active"),
        "verificationStatus": text("confirmed"),
        "criticality": "high",
        "category": ["medication"],
        "code": text("J01CA04", "Amoxicillin", "http://www.whocc.no/atc"),
        "recordedDate": "2015-01-01T00:00:00Z",
        "reaction": [{"manifestation": [{"text": "hives"}, {"text": "swelling"}], "severity": "severe"}],
    },
    about(
        "MedicationRequest",
        fullUrl=url(12),
        id="m1",
        status="active",
        intent="order",
        authoredOn="2020-05-01T10:15:00-03:00",
        requester={"reference": DOCTOR},
        medicationCodeableConcept=text("161", "Acetaminophen 500 MG", "http://rxnorm"),
        dosageInstruction=[
            {
                "text": "with water",
                "timing": {
                    "repeat": {
                        "frequency": 3,
                        "period": 1,
                        "periodUnit": "d",
                        "boundsDuration": {"value": 1, "unit": "wk", "code": "wk"},
                    }
                },
                "asNeededBoolean": True,
                "route": text("26643006", "Oral", SCT),
                "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}],
            }
        ],
        reasonReference=[{"reference": url(10)}],
    ),
    {
        "resourceType": "MedicationStatement",
        "fullUrl": url(13),
        "id": "ms",
        "status": "active",
        "subject": {"reference": PATIENT},
        "medicationReference": {"reference": "#med"},
        "contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "Ibuprofen"}}],
        "effectivePeriod": {"start": "2019-01-01"},
        "dateAsserted": "2020-05-01",
        "informationSource": {"reference": PATIENT},
    },
    about(
        "ServiceRequest",
        fullUrl=url(14),
        id="sr",
        status="active",
        intent="order",
        priority="urgent",
        code=text("58410-2", "CBC"),
        authoredOn="2020-05-01T10:16:00-03:00",
        requester={"reference": DOCTOR},
    ),
    about(
        "DiagnosticReport",
        fullUrl=url(15),
        id="dr",
        status="final",
        code=text("58410-2", "CBC"),
        effectiveDateTime="2020-05-02",
        issued="2020-05-02T12:00:00.123-03:00",
        result=[{"reference": url(6)}],
        basedOn=[{"reference": url(14)}],
        conclusion="fine",
        performer=[{"display": "Lab"}],
    ),
    about(
        "Procedure",
        fullUrl=url(16),
        id="pr",
        status="completed",
        code=text("73761001", "Colonoscopy", SCT),
        performedPeriod={"start": "2020-05-03T08:00:00Z", "end": "2020-05-03T08:30:00Z"},
        performer=[{"actor": {"reference": DOCTOR}}],
    ),
    {
        "resourceType": "Immunization",
        "fullUrl": url(17),
        "id": "im",
        "status": "completed",
        "vaccineCode": text("140", "Flu", "http://cvx"),
        "patient": {"reference": PATIENT},
        "encounter": {"reference": VISIT},
        "occurrenceDateTime": "2020-04-01",
        "lotNumber": "L7",
        "primarySource": False,
        "protocolApplied": [{"doseNumberPositiveInt": 2}],
    },
    {
        "resourceType": "DetectedIssue",
        "fullUrl": url(18),
        "id": "di",
        "status": "final",
        "severity": "high",
        "detail": "NEWS2 is 7",
        "code": {"text": "deterioration"},
        "patient": {"reference": PATIENT},
        "identifiedDateTime": "2020-05-01T10:06:00-03:00",
        "author": {"reference": DOCTOR},
        "implicated": [{"reference": url(6)}],
        "mitigation": [
            {
                "action": {"text": "called"},
                "date": "2020-05-01T10:10:00-03:00",
                "author": {"reference": DOCTOR},
            }
        ],
    },
    about(
        "Task",
        fullUrl=url(19),
        id="t1",
        status="requested",
        intent="plan",
        description="Weigh again",
        owner={"reference": DOCTOR},
        authoredOn="2020-05-01",
        restriction={"period": {"end": "2020-06-01"}},
        focus={"reference": url(10)},
    )
    | {"for": {"reference": PATIENT}},
    {
        "resourceType": "Appointment",
        "fullUrl": url(20),
        "id": "ap",
        "status": "booked",
        "start": "2030-01-01T10:00:00-03:00",
        "end": "2030-01-01T10:30:00-03:00",
        "description": "control",
        "slot": [{"reference": url(21)}],
        "participant": [
            {"actor": {"reference": PATIENT}, "status": "accepted"},
            {"actor": {"reference": DOCTOR}, "status": "accepted"},
            {"actor": {"reference": url(5)}, "status": "accepted"},
        ],
    },
    {
        "resourceType": "Slot",
        "fullUrl": url(21),
        "id": "sl",
        "status": "busy",
        "start": "2030-01-01T10:00:00-03:00",
        "end": "2030-01-01T10:30:00-03:00",
        "schedule": {"reference": url(22)},
    },
    {"resourceType": "Schedule", "fullUrl": url(22), "id": "sc", "actor": [{"reference": DOCTOR}]},
    {
        "resourceType": "Communication",
        "fullUrl": url(23),
        "id": "co",
        "status": "completed",
        "subject": {"reference": PATIENT},
        "sent": "2020-05-04T09:00:00-03:00",
        "sender": {"reference": PATIENT},
        "payload": [
            {"contentString": "Gracias ñ 😀"},
            {"contentAttachment": {"contentType": "text/plain", "data": "aG9sYQ==", "title": "hola"}},
        ],
    },
    {
        "resourceType": "Composition",
        "fullUrl": url(24),
        "id": "cp",
        "status": "final",
        "type": text("11488-4", "Consult note"),
        "subject": {"reference": PATIENT},
        "encounter": {"reference": VISIT},
        "date": "2020-05-01T10:20:00-03:00",
        "title": "Note",
        "author": [{"reference": DOCTOR}],
        "section": [
            {
                "title": "Subjective",
                "code": text("61150-9"),
                "text": {
                    "status": "generated",
                    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Cough &amp; fever</p><p>since Monday</p></div>',
                },
            },
            {
                "title": "Family",
                "text": {
                    "status": "generated",
                    "div": '<div xmlns="http://www.w3.org/1999/xhtml">lives alone</div>',
                },
            },
            {
                "title": "Plan",
                "text": {
                    "status": "generated",
                    "div": '<div xmlns="http://www.w3.org/1999/xhtml">rest</div>',
                },
            },
        ],
    },
    {
        "resourceType": "DocumentReference",
        "fullUrl": url(25),
        "id": "doc",
        "status": "current",
        "subject": {"reference": PATIENT},
        "date": "2020-05-01T10:20:00Z",
        "type": {"text": "photo"},
        "content": [{"attachment": {"url": url(26), "title": "scan"}}],
    },
    {
        "resourceType": "Binary",
        "fullUrl": url(26),
        "id": "bin",
        "contentType": "text/plain",
        "data": "c2Nhbg==",
    },
    {
        "resourceType": "Consent",
        "fullUrl": url(27),
        "id": "con",
        "status": "active",
        "scope": text("patient-privacy"),
        "category": [text("59284-0")],
        "patient": {"reference": PATIENT},
        "dateTime": "2020-05-01",
        "policyRule": {"text": "law"},
        "provision": {
            "provision": [
                {"type": "permit", "purpose": [{"system": "urn:posta:consent-scope", "code": "sharing"}]},
                {"type": "deny", "purpose": [{"system": "urn:posta:consent-scope", "code": "recording"}]},
            ]
        },
    },
    {
        "resourceType": "Questionnaire",
        "fullUrl": url(28),
        "id": "q",
        "url": "http://forms.example/triage",
        "version": "3",
        "name": "triage",
        "status": "active",
        "item": [
            {
                "linkId": "g",
                "type": "group",
                "text": "Group",
                "item": [
                    {"linkId": "g.1", "type": "boolean", "text": "Fever?", "required": True},
                    {
                        "linkId": "g.2",
                        "type": "choice",
                        "text": "Pain",
                        "answerOption": [
                            {"valueCoding": {"code": "1", "display": "some"}},
                            {"valueString": "none"},
                        ],
                    },
                ],
            }
        ],
    },
    about(
        "QuestionnaireResponse",
        fullUrl=url(29),
        id="qr",
        status="completed",
        questionnaire="http://forms.example/triage|3",
        authored="2020-05-01T10:00:00Z",
        author={"reference": DOCTOR},
        item=[
            {
                "linkId": "g",
                "item": [
                    {"linkId": "g.1", "answer": [{"valueBoolean": True}]},
                    {"linkId": "g.2", "answer": [{"valueString": "none"}]},
                    {"linkId": "n", "answer": [{"valueDecimal": 1.5}]},
                ],
            }
        ],
    ),
    {
        "resourceType": "CareTeam",
        "fullUrl": url(30),
        "id": "ct",
        "status": "active",
        "name": "Team",
        "subject": {"reference": PATIENT},
        "period": {"start": "2020-01-01"},
        "participant": [{"role": [{"text": "doctor"}], "member": {"reference": DOCTOR}}],
    },
    {
        "resourceType": "AuditEvent",
        "fullUrl": url(31),
        "id": "ae",
        "type": {"code": "rest"},
        "action": "R",
        "outcome": "0",
        "recorded": "2020-05-05T09:00:00Z",
        "agent": [{"name": "Somebody", "requestor": True}],
        "source": {"observer": {"display": "Hospital system"}},
        "entity": [{"what": {"reference": PATIENT}}],
    },
    {
        "resourceType": "Provenance",
        "fullUrl": url(32),
        "id": "pv",
        "target": [{"reference": url(6)}],
        "recorded": "2020-05-05T09:00:00Z",
        "agent": [{"who": {"display": "Somebody"}}],
        "activity": {"text": "transcribe"},
    },
    about(
        "Goal",
        fullUrl=url(33),
        id="go",
        lifecycleStatus="active",
        description={"text": "Walk"},
        startDate="2020-05-01",
    ),
    about(
        "CarePlan",
        fullUrl=url(34),
        id="cpl",
        status="active",
        intent="plan",
        category=[{"text": "Diabetes care"}],
    ),
    {"resourceType": "Medication", "fullUrl": url(35), "id": "med", "code": {"text": "Metformin 850 mg"}},
)
"""Every kind that has a fact, and five that have none."""


def _cleaned(resource: dict[str, Any]) -> dict[str, Any]:
    """Without an element that its kind does not have."""
    gone = {"Goal": "encounter", "Task": "subject"}.get(resource["resourceType"])
    return {key: value for key, value in resource.items() if key != gone}


WHOLE = tuple(_cleaned(resource) for resource in ALL)
