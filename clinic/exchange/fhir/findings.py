# SPDX-License-Identifier: GPL-3.0-or-later
"""Observation, Condition, AllergyIntolerance, Procedure, Immunization, DetectedIssue: to facts and back."""

from decimal import Decimal
from typing import Any

from clinic.domain.facts import (
    AllergyIntolerance,
    ClinicalStatus,
    Condition,
    DetectedIssue,
    Immunization,
    IssueStatus,
    Observation,
    Observed,
    Procedure,
)
from clinic.domain.values import Coding, Quantity
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import (
    code_of,
    coding,
    concept,
    filled,
    first,
    is_number,
    listed,
    measured,
    noted,
    notes,
    quantity,
    spoken,
    unit_of,
    words,
)
from clinic.exchange.fhir.extras import extensions, read_extensions
from clinic.exchange.fhir.times import instant, moment
from clinic.exchange.fhir.tree import Json
from clinic.exchange.fhir.units import in_our_unit

TERMS = "http://terminology.hl7.org/CodeSystem/"
_UNSAID = ("entered-in-error", "cancelled")
_OBSERVATION_EXTRAS = ("method", "raw", "retracted")
_INACTIVE = {
    "inactive": ClinicalStatus.INACTIVE,
    "remission": ClinicalStatus.INACTIVE,
    "resolved": ClinicalStatus.RESOLVED,
}
_ISSUES = {
    "final": IssueStatus.FINAL, "amended": IssueStatus.FINAL, "corrected": IssueStatus.FINAL,
    "cancelled": IssueStatus.CANCELLED, "entered-in-error": IssueStatus.CANCELLED,
}  # fmt: skip


# observations


def observation_in(it: Incoming) -> Observation:
    code, status = it.coded("code"), it.get("status")
    if not code.code and not code.display:
        raise Unmappable("code is missing")
    value, value_code, text = _value(it, "", it.resource, code)
    parts, more_text = _components(it)
    low, high = _range(it, value)
    device = it.get("device")
    return Observation(**{
        "id": it.id, "patient": it.patient, "code": code, "effective_at": it.when(*_timed(it), "issued"),
        "value": value, "components": parts, "text": "; ".join(t for t in (text, more_text) if t),
        "encounter": it.encounter(), "retracted": status if status in _UNSAID else "",
        "device_name": it.called(device) if device else "", "category": code_of(first(it.get("category"))),
        "value_code": value_code, "interpretation": code_of(first(it.get("interpretation"))), "low": low, "high": high,
        "performer": it.user(first(it.get("performer"))),
        "derived_from": it.fact(first(it.get("derivedFrom")), "QuestionnaireResponse"),
        **read_extensions(it.resource, Observation, *_OBSERVATION_EXTRAS),
    })  # fmt: skip


def observation_out(fact: Observation, to: Outgoing) -> Json:
    kind = (
        [{"coding": [{"system": TERMS + "observation-category", "code": fact.category}]}]
        if fact.category
        else []
    )
    unit = fact.value.unit if fact.value else ""
    ends = [(name, end) for name, end in (("low", fact.low), ("high", fact.high)) if end is not None]
    range_ = {name: measured(Quantity(value=end, unit=unit)) for name, end in ends}
    sense = {"coding": [{"system": TERMS + "v3-ObservationInterpretation", "code": fact.interpretation}]}
    return {
        "status": "entered-in-error" if fact.retracted else "final", "category": kind, "code": concept(fact.code),
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "effectiveDateTime": instant(fact.effective_at), "performer": _listed(to.user(fact.performer)),
        "derivedFrom": _listed(to.ref("QuestionnaireResponse", fact.derived_from)) if fact.derived_from else [],
        **_valued(fact), "interpretation": [sense] if fact.interpretation else [],
        "device": {"display": fact.device_name} if fact.device_name else {},
        "referenceRange": [range_] if range_ else [],
        "component": [{"code": concept(c.code), "valueQuantity": measured(c.value)} for c in fact.components],
        "extension": extensions(fact, *_OBSERVATION_EXTRAS),
    }  # fmt: skip


def _valued(fact: Observation) -> Json:
    if fact.value is not None:
        return {"valueQuantity": measured(fact.value), "note": noted(fact.text)}
    if fact.value_code is not None:
        return {"valueCodeableConcept": concept(fact.value_code), "note": noted(fact.text)}
    return {"valueString": fact.text or None}


def _value(it: Incoming, at: str, holder: Json, code: Coding) -> tuple[Quantity | None, Coding | None, str]:
    """value[x] as a quantity, a code or words; what is no plain number becomes words, never a number."""
    names = [key for key in holder if key.startswith("value") and key[5:6].isupper()]
    if len(names) > 1:
        raise Unmappable(f"{' and '.join(names)} cannot both be")
    if not names:
        return None, None, ""
    name, said = names[0], holder[names[0]]
    if name == "valueQuantity":
        it.check_unit(f"{at}{name}", said)
        found = quantity(said)
        ours = in_our_unit(code, found) if found else None
        if found is not None and ours is None:
            it.remark(
                f"{at}{name}",
                f"the unit '{found.unit}' cannot be reckoned with for this measurement: kept as words",
            )
        return ours, None, "" if ours else spoken(said)
    if name == "valueCodeableConcept":
        return None, coding(said), ""
    return None, None, _words(name, said)


def _words(name: str, said: Any) -> str:
    """A value that is no quantity and no code, as people write it."""
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, (str, int, Decimal)):
        return str(said)
    if name == "valueRange":
        return f"{spoken(said.get('low'))} – {spoken(said.get('high'))}"
    if name == "valueRatio":
        return f"{spoken(said.get('numerator'))} / {spoken(said.get('denominator'))}"
    if name == "valuePeriod":
        return f"{said.get('start', '')} – {said.get('end', '')}"
    return f"({name[5:]}: see the original)"


def _components(it: Incoming) -> tuple[tuple[Observed, ...], str]:
    """Parts with a quantity, and the words of all other parts: nothing is hidden."""
    parts, others = [], []
    for number, said in enumerate(listed(it.get("component"))):
        code = coding(said.get("code"))
        if code is None:
            raise Unmappable("a component without a code")
        value, value_code, text = _value(it, f"component[{number}].", said, code)
        if value is not None:
            parts.append(Observed(code=code, value=value))
        elif value_code is not None or text:
            others.append(f"{code.display}: {value_code.display if value_code else text}")
    return tuple(parts), "; ".join(others)


def _range(it: Incoming, value: Quantity | None) -> tuple[Decimal | None, Decimal | None]:
    """The first reference range, if it is in the value's unit."""
    ends = []
    for name in ("low", "high"):
        end = first(it.get("referenceRange")).get(name) or {}
        same = value is not None and unit_of(end) in ("", value.unit)
        ends.append(Decimal(end["value"]) if same and is_number(end.get("value")) else None)
        if end and not same:
            it.remark("referenceRange", "is in another unit than the value: see the original")
    return ends[0], ends[1]


def _timed(it: Incoming) -> tuple[str, ...]:
    name, said = it.choice("effective")
    if name == "effectiveTiming":
        it.remark(name, "is a schedule: see the original")
        return ()
    return (name,) if name and said else ()


# what somebody has


def condition_in(it: Incoming) -> Condition:
    verified = code_of(it.get("verificationStatus"))
    status = _INACTIVE.get(code_of(it.get("clinicalStatus")), ClinicalStatus.ACTIVE)
    return Condition(
        id=it.id, patient=it.patient, code=it.coded("code"),
        status=ClinicalStatus.INACTIVE if verified in ("entered-in-error", "refuted") else status,
        recorded_at=it.moment("recordedDate") or it.when(*_dated(it, "onset")), encounter=it.encounter(),
        note=notes(it.get("note")), onset=_date(it, "onset"), abatement=_date(it, "abatement"),
        severity=words(it.get("severity")), verification=verified, category=code_of(first(it.get("category"))),
        recorder=it.user(it.get("recorder")),
    )  # fmt: skip


def condition_out(fact: Condition, to: Outgoing) -> Json:
    wrong = fact.verification == "entered-in-error"
    return {
        "clinicalStatus": {} if wrong else _term("condition-clinical", fact.status),
        "verificationStatus": _term("condition-ver-status", fact.verification) if fact.verification else {},
        "category": [_term("condition-category", fact.category)] if fact.category else [],
        "severity": {"text": fact.severity} if fact.severity else {}, "code": concept(fact.code),
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "onsetDateTime": fact.onset and fact.onset.isoformat(),
        "abatementDateTime": fact.abatement.isoformat() if fact.abatement and fact.status != ClinicalStatus.ACTIVE else None,
        "recordedDate": instant(fact.recorded_at), "recorder": to.user(fact.recorder), "note": noted(fact.note),
    }  # fmt: skip


def allergy_in(it: Incoming) -> AllergyIntolerance:
    reactions = listed(it.get("reaction"))
    substance = it.coding("code") or next(
        (s for s in (coding(r.get("substance")) for r in reactions) if s), None
    )
    if substance is None:
        raise Unmappable("the substance is not named")
    told = [words(m) for reaction in reactions for m in listed(reaction.get("manifestation"))]
    wrong = code_of(it.get("verificationStatus")) in ("entered-in-error", "refuted")
    status = _INACTIVE.get(code_of(it.get("clinicalStatus")), ClinicalStatus.ACTIVE)
    return AllergyIntolerance(
        id=it.id, patient=it.patient, substance=substance, reaction="; ".join(t for t in told if t),
        severe=it.get("criticality") == "high" or any(r.get("severity") == "severe" for r in reactions),
        status=ClinicalStatus.INACTIVE if wrong else status,
        recorded_at=it.moment("recordedDate") or it.when(*_dated(it, "onset"), "lastOccurrence"),
        category=next(iter(listed(it.get("category"))), ""), recorder=it.user(it.get("recorder")), encounter=it.encounter(),
        note=notes(it.get("note")),
    )  # fmt: skip


def allergy_out(fact: AllergyIntolerance, to: Outgoing) -> Json:
    known = fact.category in ("food", "medication", "environment", "biologic")
    return {
        "clinicalStatus": _term("allergyintolerance-clinical", fact.status),
        "verificationStatus": _term("allergyintolerance-verification", "confirmed"),
        "category": [fact.category] if known else [], "criticality": "high" if fact.severe else None,
        "code": concept(fact.substance), "patient": to.ref("Patient", fact.patient),
        "encounter": to.ref("Encounter", fact.encounter), "recordedDate": instant(fact.recorded_at),
        "recorder": to.user(fact.recorder), "note": noted(fact.note),
        "reaction": [{"manifestation": [{"text": fact.reaction}]}] if fact.reaction else [],
    }  # fmt: skip


# what was done


def procedure_in(it: Incoming) -> Procedure:
    name, said = it.choice("performed")
    period = said if isinstance(said, dict) else {}
    performer = first(it.get("performer"))
    return Procedure(
        id=it.id, patient=it.patient, code=it.coded("code"), status=it.get("status") or "unknown",
        performed_at=it.when(*_dated(it, "performed")), performed_until=moment(period.get("end")) if name else None,
        performer=it.called(performer.get("actor")), reason=it.reason(), note=notes(it.get("note")), encounter=it.encounter(),
    )  # fmt: skip


def procedure_out(fact: Procedure, to: Outgoing) -> Json:
    until = fact.performed_until
    when: Json = {"performedDateTime": instant(fact.performed_at)}
    if until is not None:
        when = {"performedPeriod": {"start": instant(fact.performed_at), "end": instant(until)}}
    return {
        "status": fact.status, "code": concept(fact.code), "subject": to.ref("Patient", fact.patient),
        "encounter": to.ref("Encounter", fact.encounter), **when,
        "performer": [{"actor": {"display": fact.performer}}] if fact.performer else [],
        "reasonCode": [concept(fact.reason)] if fact.reason else [], "note": noted(fact.note),
    }  # fmt: skip


def immunization_in(it: Incoming) -> Immunization:
    dose = first(it.get("protocolApplied")).get("doseNumberPositiveInt")
    name, said = it.choice("occurrence")
    if name == "occurrenceString":
        it.remark(name, f"only '{said}' is known")
    return Immunization(
        id=it.id, patient=it.patient, vaccine=it.coded("vaccineCode"), status=it.get("status") or "completed",
        occurred_at=it.when(*(("occurrenceDateTime",) if name == "occurrenceDateTime" else ()), "recorded"),
        lot=it.get("lotNumber") or "", dose=dose if isinstance(dose, int) else 0,
        performer=it.called(first(it.get("performer")).get("actor")), primary_source=it.get("primarySource") is not False,
        note=notes(it.get("note")), encounter=it.encounter(),
    )  # fmt: skip


def immunization_out(fact: Immunization, to: Outgoing) -> Json:
    return {
        "status": fact.status, "vaccineCode": concept(fact.vaccine), "patient": to.ref("Patient", fact.patient),
        "encounter": to.ref("Encounter", fact.encounter), "occurrenceDateTime": instant(fact.occurred_at),
        "primarySource": fact.primary_source, "lotNumber": fact.lot,
        "performer": [{"actor": {"display": fact.performer}}] if fact.performer else [], "note": noted(fact.note),
        "protocolApplied": [{"doseNumberPositiveInt": fact.dose}] if fact.dose > 0 else [],
    }  # fmt: skip


# alerts


def issue_in(it: Incoming) -> DetectedIssue:
    dealt = first(it.get("mitigation"))
    code, text = it.coding("code"), it.get("detail") or ""
    if code is None:
        code = Coding(system="", code="", display=text or "DetectedIssue")
    return DetectedIssue(**{
        "id": it.id, "patient": it.patient, "code": code,
        "status": _ISSUES.get(it.get("status"), IssueStatus.REGISTERED), "severity": it.get("severity") or "",
        "text": text, "identified_at": it.when(*_dated(it, "identified")),
        "evidence": tuple(f for f in map(it.fact, listed(it.get("implicated"))) if f), "owner": it.user(it.get("author")),
        "acknowledged_by": it.user(dealt.get("author")), "acknowledged_at": moment(dealt.get("date")),
        "mitigation": words(dealt.get("action")), **read_extensions(it.resource, DetectedIssue, "rule"),
    })  # fmt: skip


def issue_out(fact: DetectedIssue, to: Outgoing) -> Json:
    dealt = {
        "date": fact.acknowledged_at and instant(fact.acknowledged_at),
        "author": to.user(fact.acknowledged_by),
    }
    dealt = filled(dealt)
    dealt = (
        {"action": {"text": fact.mitigation or "acknowledged"}, **dealt} if dealt or fact.mitigation else {}
    )
    return {
        "status": fact.status, "code": concept(fact.code),
        "severity": fact.severity if fact.severity in ("high", "moderate", "low") else None,
        "patient": to.ref("Patient", fact.patient), "identifiedDateTime": instant(fact.identified_at),
        "author": to.user(fact.owner), "implicated": [r for r in map(to.anyone, fact.evidence) if r], "detail": fact.text,
        "mitigation": [dealt] if dealt else [], "extension": extensions(fact, "rule"),
    }  # fmt: skip


def _dated(it: Incoming, stem: str) -> tuple[str, ...]:
    """The element of a choice that is a time or a period; its words are remarked."""
    name, said = it.choice(stem)
    if name and not name.endswith(("DateTime", "Period")):
        it.remark(name, f"is not a date: {said if isinstance(said, str) else spoken(said)}")
        return ()
    return (name,) if name else ()


def _date(it: Incoming, stem: str) -> Any:
    names = _dated(it, stem)
    if not names:
        return None
    said = it.get(names[0])
    return it.day(names[0], (said.get("start") or said.get("end")) if isinstance(said, dict) else said)


def _term(system: str, code: str) -> Json:
    return {"coding": [{"system": TERMS + system, "code": str(code)}]}


def _listed(reference: Json) -> list[Json]:
    return [reference] if reference else []
