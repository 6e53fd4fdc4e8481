# SPDX-License-Identifier: GPL-3.0-or-later
"""MedicationRequest, MedicationStatement, ServiceRequest, DiagnosticReport, Task: to facts and back."""

from decimal import Decimal
from typing import Any

from clinic.domain.facts import (
    DiagnosticReport,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    RequestStatus,
    ServiceRequest,
    Task,
    TaskStatus,
)
from clinic.domain.facts.orders import UNTOLD
from clinic.domain.ids import FactId
from clinic.domain.medication import directions
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import (
    concept,
    filled,
    first,
    is_number,
    listed,
    noted,
    notes,
    spoken,
    words,
)
from clinic.exchange.fhir.extras import extensions, read_extensions
from clinic.exchange.fhir.files import attached, attachments_in
from clinic.exchange.fhir.times import day, instant, moment
from clinic.exchange.fhir.tree import Json

_HOURS: dict[str, Any] = {"h": 1, "d": 24, "wk": 168, "min": Decimal(1) / 60}
_DAYS: dict[str, Any] = {"h": Decimal(1) / 24, "d": 1, "wk": 7, "mo": 30, "a": 365}
_ROUTES = {
    "26643006": "oral", "447694001": "inhaled", "6064005": "topical", "34206005": "subcutaneous", "78421000": "intramuscular",
}  # fmt: skip
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
_SOURCES = {
    "Patient": "patient",
    "RelatedPerson": "family",
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner",
}
_REQUEST_EXTRAS = ("override_reason", "overrode")


def medication_request_in(it: Incoming) -> MedicationRequest:
    dosage = first(it.get("dosageInstruction"))
    every, days = _rhythm(it, dosage)
    return MedicationRequest(**{
        "id": it.id, "patient": it.patient, "status": _request_status(it), "medication": it.medication(),
        "authored_at": it.when("authoredOn"), "requester": it.user(it.get("requester")), "dose": _dose(dosage),
        "route": _route(dosage), "every_hours": every, "days": days, "instructions": _instructions(it),
        "encounter": it.encounter(), "reason": it.reason(),
        **read_extensions(it.resource, MedicationRequest, *_REQUEST_EXTRAS),
    })  # fmt: skip


def medication_request_out(fact: MedicationRequest, to: Outgoing) -> Json:
    repeat: Json = (
        {"frequency": 1, "period": fact.every_hours, "periodUnit": "h"} if fact.every_hours > 0 else {}
    )
    if fact.every_hours == 0:
        repeat["count"] = 1
    if fact.days:
        repeat["boundsDuration"] = {
            "value": fact.days,
            "unit": "d",
            "system": "http://unitsofmeasure.org",
            "code": "d",
        }
    dosage = filled({
        "text": directions(fact.dose, fact.route, fact.every_hours, fact.days, "en") if fact.dose else None,
        "patientInstruction": fact.instructions, "timing": {"repeat": repeat} if repeat else {},
        "route": {"text": fact.route} if fact.route else {},
        "extension": [{"url": "urn:posta:dose", "valueString": fact.dose}] if fact.dose else [],
    })  # fmt: skip
    return {
        "status": fact.status, "intent": "order", "medicationCodeableConcept": concept(fact.medication),
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "authoredOn": instant(fact.authored_at), "requester": to.user(fact.requester),
        "reasonCode": [concept(fact.reason)] if fact.reason else [], "dosageInstruction": [dosage] if dosage else [],
        "extension": extensions(fact, *_REQUEST_EXTRAS),
    }  # fmt: skip


def medication_statement_in(it: Incoming) -> MedicationStatement:
    name, said = it.choice("effective")
    since, until = (said.get("start"), said.get("end")) if isinstance(said, dict) else (said, None)
    told = it.target(it.get("informationSource"))
    more: Json = {"source": _SOURCES.get(told.type, "document")} if told else {}
    more |= read_extensions(it.resource, MedicationStatement, "source")
    dosage = first(it.get("dosage"))
    return MedicationStatement(**{
        "id": it.id, "patient": it.patient, "medication": it.medication(),
        "status": MedicationStatus(it.get("status") or "unknown"),
        "recorded_at": it.when("dateAsserted", *([name] if name else [])),
        "dose": dosage.get("text") or _dose(dosage), "since": day(since), "until": day(until), "note": notes(it.get("note")),
        "encounter": it.encounter("context"), **more,
    })  # fmt: skip


def medication_statement_out(fact: MedicationStatement, to: Outgoing) -> Json:
    period = {"start": fact.since and fact.since.isoformat(), "end": fact.until and fact.until.isoformat()}
    return {
        "status": fact.status, "medicationCodeableConcept": concept(fact.medication),
        "subject": to.ref("Patient", fact.patient), "context": to.ref("Encounter", fact.encounter),
        "effectivePeriod": filled(period), "dateAsserted": instant(fact.recorded_at), "note": noted(fact.note),
        "dosage": [{"text": fact.dose}] if fact.dose else [], "extension": extensions(fact, "source"),
    }  # fmt: skip


def service_request_in(it: Incoming) -> ServiceRequest:
    return ServiceRequest(
        id=it.id, patient=it.patient, status=_request_status(it), code=it.coded("code"), authored_at=it.when("authoredOn"),
        requester=it.user(it.get("requester")), priority=it.get("priority") or "routine", reason=it.reason(),
        note=notes(it.get("note")), encounter=it.encounter(),
    )  # fmt: skip


def service_request_out(fact: ServiceRequest, to: Outgoing) -> Json:
    return {
        "status": fact.status, "intent": "order", "priority": fact.priority, "code": concept(fact.code),
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "authoredOn": instant(fact.authored_at), "requester": to.user(fact.requester),
        "reasonCode": [concept(fact.reason)] if fact.reason else [], "note": noted(fact.note),
    }  # fmt: skip


def report_in(it: Incoming) -> DiagnosticReport:
    name, _ = it.choice("effective")
    based = [it.fact(r, "ServiceRequest") for r in listed(it.get("basedOn"))]
    more = [words(c) for c in listed(it.get("conclusionCode"))]
    return DiagnosticReport(
        id=it.id, patient=it.patient, code=it.coded("code"), status=it.get("status") or "unknown",
        effective_at=it.when(*([name] if name else []), "issued"), issued_at=moment(it.get("issued")),
        results=tuple(f for f in (it.fact(r, "Observation") for r in listed(it.get("result"))) if f),
        based_on=next((f for f in based if f), FactId("")), conclusion=it.get("conclusion") or "; ".join(w for w in more if w),
        performer=it.called(first(it.get("performer"))), attachments=attachments_in(it, "presentedForm"),
        encounter=it.encounter(),
    )  # fmt: skip


def report_out(fact: DiagnosticReport, to: Outgoing) -> Json:
    based = to.ref("ServiceRequest", fact.based_on)
    return {
        "basedOn": [based] if based else [], "status": fact.status, "code": concept(fact.code),
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "effectiveDateTime": instant(fact.effective_at), "issued": fact.issued_at and instant(fact.issued_at),
        "performer": [{"display": fact.performer}] if fact.performer else [],
        "result": [r for r in (to.ref("Observation", one) for one in fact.results) if r], "conclusion": fact.conclusion,
        "presentedForm": [attached(a, to) for a in fact.attachments],
    }  # fmt: skip


def task_in(it: Incoming) -> Task:
    done, span = it.get("executionPeriod") or {}, (it.get("restriction") or {}).get("period") or {}
    about = it.get("focus")
    return Task(
        id=it.id, patient=it.patient, title=it.get("description") or words(it.get("code")) or "Task",
        status=TaskStatus(it.get("status") or "unknown"), authored_at=it.when("authoredOn", "lastModified"),
        author=it.user(it.get("requester")), owner=it.user(it.get("owner")), due=day(span.get("end")), about=it.fact(about),
        priority=it.get("priority") or "routine", note=notes(it.get("note")), done_at=moment(done.get("end")),
        encounter=it.encounter(),
    )  # fmt: skip


def task_out(fact: Task, to: Outgoing) -> Json:
    return {
        "status": fact.status, "intent": "plan", "priority": fact.priority, "description": fact.title,
        "focus": to.anyone(fact.about), "for": to.ref("Patient", fact.patient),
        "encounter": to.ref("Encounter", fact.encounter),
        "executionPeriod": {"end": instant(fact.done_at)} if fact.done_at else {}, "authoredOn": instant(fact.authored_at),
        "requester": to.user(fact.author), "owner": to.user(fact.owner), "note": noted(fact.note),
        "restriction": {"period": {"end": fact.due.isoformat()}} if fact.due else {},
    }  # fmt: skip


def _request_status(it: Incoming) -> RequestStatus:
    """The status; what is only planned or proposed is a draft. Refused for an order not to do something."""
    if it.get("doNotPerform") is True:
        raise Unmappable("it says what must not be done, which an order here cannot say")
    if it.get("intent") not in _ORDERS and it.get("status") == "active":
        it.remark("intent", f"is {it.get('intent')}, not an order: filed as a draft")
        return RequestStatus.DRAFT
    return RequestStatus(it.get("status") or "unknown")


def _dose(dosage: Json) -> str:
    ours = next(
        (e.get("valueString") for e in listed(dosage.get("extension")) if e.get("url") == "urn:posta:dose"),
        None,
    )
    rate = first(dosage.get("doseAndRate"))
    span = rate.get("doseRange") or {}
    ends = " – ".join(s for s in (spoken(span.get("low")), spoken(span.get("high"))) if s)
    return ours or spoken(rate.get("doseQuantity")) or ends


def _route(dosage: Json) -> str:
    route = dosage.get("route") or {}
    return _ROUTES.get(first(route.get("coding")).get("code", ""), "") or words(route)


def _rhythm(it: Incoming, dosage: Json) -> tuple[int, int]:
    """(hours between doses, days). The hours are 0 for what is given once, and UNTOLD where it is said otherwise, which the
    instructions then tell in words, or not at all; the days are 0 then."""
    timing = dosage.get("timing") or {}
    repeat = timing.get("repeat") or {}
    frequency: Any = repeat.get("frequency", 1)
    period: Any = repeat.get("period")
    hours: Any = 0 if repeat.get("count") == 1 or len(listed(timing.get("event"))) == 1 else UNTOLD
    if is_number(period) and is_number(frequency) and frequency > 0 and repeat.get("periodUnit") in _HOURS:
        hours = Decimal(period) * _HOURS[repeat["periodUnit"]] / frequency
    if hours != int(hours) or not UNTOLD <= hours <= 8760:
        it.remark("dosageInstruction", "the rhythm is not a whole number of hours: see the original")
        hours = UNTOLD
    return int(hours), _lasting(repeat)


def _lasting(repeat: Json) -> int:
    bounds = repeat.get("boundsDuration") or {}
    unit = bounds.get("code") or bounds.get("unit")
    if is_number(bounds.get("value")) and unit in _DAYS:
        days = bounds["value"] * _DAYS[unit]
        return int(days) if 0 <= days <= 36500 else 0
    return 0


def _instructions(it: Incoming) -> str:
    """All that is said in words, of every dosage; each once."""
    told: list[str] = []
    for number, dosage in enumerate(listed(it.get("dosageInstruction"))):
        ours = any(e.get("url") == "urn:posta:dose" for e in listed(dosage.get("extension")))
        lines = [None if ours else dosage.get("text"), dosage.get("patientInstruction")]
        lines += [words(c) for c in listed(dosage.get("additionalInstruction"))]
        if dosage.get("asNeededBoolean") is True or dosage.get("asNeededCodeableConcept"):
            lines.append(
                " ".join(w for w in ("as needed", words(dosage.get("asNeededCodeableConcept"))) if w)
            )
        if number:
            lines.append(_dose(dosage))
        told += [line for line in lines if line and line not in told]
    told += [line for line in (notes(it.get("note")),) if line]
    return "\n".join(told)
