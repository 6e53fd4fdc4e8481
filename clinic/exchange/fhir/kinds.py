# SPDX-License-Identifier: GPL-3.0-or-later
"""Which resources have a kind of fact, and how each becomes the other.

Without an R4 name, so not in a Bundle: Team (the station's own grouping), PatientCard (a key), MediaStep, CallReport, Receipt,
Link (told as Patient.link), NoteSection (a draft nobody signed), VerificationResult (R4's speaks of registries, not of a visit),
AppointmentRequest (an Appointment `proposed` would stand in other systems' calendars before anybody said yes).
Schedule and NotAvailable go out with no patient's records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clinic.domain import facts
from clinic.domain.facts import Fact
from clinic.exchange.fhir import findings, forms, notes, orders, people, proof, visits
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import filled
from clinic.exchange.fhir.tree import Json


@dataclass(frozen=True, slots=True)
class Kind:
    """`about`: the elements that may name the patient; () for what belongs to nobody's chart."""

    fact: type[Fact]
    come_in: Callable[[Incoming], Fact]
    go_out: Callable[[Any, Outgoing], Json]
    about: tuple[str, ...] = ("subject", "patient", "for")


KINDS: dict[str, Kind] = {
    "Patient": Kind(facts.Patient, people.patient_in, people.patient_out, ()),
    "Practitioner": Kind(facts.Practitioner, people.practitioner_in, people.practitioner_out, ()),
    "Organization": Kind(facts.Organization, people.organization_in, people.organization_out, ()),
    "Location": Kind(facts.Location, people.location_in, people.location_out, ()),
    "CareTeam": Kind(facts.CareTeam, people.care_team_in, people.care_team_out),
    "Encounter": Kind(facts.Encounter, visits.encounter_in, visits.encounter_out),
    "Appointment": Kind(facts.Appointment, visits.appointment_in, visits.appointment_out, ("participant",)),
    "Slot": Kind(facts.Slot, visits.slot_in, visits.slot_out, ()),
    "Observation": Kind(facts.Observation, findings.observation_in, findings.observation_out),
    "Condition": Kind(facts.Condition, findings.condition_in, findings.condition_out),
    "AllergyIntolerance": Kind(facts.AllergyIntolerance, findings.allergy_in, findings.allergy_out),
    "Procedure": Kind(facts.Procedure, findings.procedure_in, findings.procedure_out),
    "Immunization": Kind(facts.Immunization, findings.immunization_in, findings.immunization_out),
    "DetectedIssue": Kind(facts.DetectedIssue, findings.issue_in, findings.issue_out),
    "MedicationRequest": Kind(
        facts.MedicationRequest, orders.medication_request_in, orders.medication_request_out
    ),
    "MedicationStatement": Kind(
        facts.MedicationStatement, orders.medication_statement_in, orders.medication_statement_out
    ),
    "ServiceRequest": Kind(facts.ServiceRequest, orders.service_request_in, orders.service_request_out),
    "DiagnosticReport": Kind(facts.DiagnosticReport, orders.report_in, orders.report_out),
    "Task": Kind(facts.Task, orders.task_in, orders.task_out),
    "Composition": Kind(facts.Composition, notes.composition_in, notes.composition_out),
    "Communication": Kind(facts.Communication, notes.communication_in, notes.communication_out),
    "DocumentReference": Kind(facts.DocumentReference, notes.document_in, notes.document_out),
    "Questionnaire": Kind(facts.Questionnaire, forms.questionnaire_in, forms.questionnaire_out, ()),
    "QuestionnaireResponse": Kind(facts.QuestionnaireResponse, forms.response_in, forms.response_out),
    "Consent": Kind(facts.Consent, proof.consent_in, proof.consent_out),
    "AuditEvent": Kind(facts.AuditEvent, proof.audit_in, proof.audit_out, ("entity",)),
    "Provenance": Kind(facts.Provenance, proof.provenance_in, proof.provenance_out, ("target",)),
}

_MODIFIERS = ("modifierExtension", "implicitRules")


def fact_of(it: Incoming) -> Fact | None:
    """The fact a resource becomes; None for a kind without a model. Raises Unmappable with the reason."""
    kind = KINDS.get(str(it.get("resourceType")))
    if kind is None:
        return None
    changed = [name for name in _MODIFIERS if it.get(name)]
    if changed and it.get("resourceType") != "Patient":
        raise Unmappable(f"{changed[0]} may change what it means")
    if changed:
        it.remark(changed[0], "may change what this says: check the original")
    try:
        return kind.come_in(it)
    except (TypeError, KeyError, IndexError, AttributeError, ValueError, ArithmeticError) as error:
        raise Unmappable("it is not built as FHIR R4 says") from error


def resource_of(fact: Fact, to: Outgoing) -> Json:
    """The R4 resource of a fact, as the model alone knows it; without its id."""
    name = type(fact).__name__
    return {"resourceType": name} | filled(KINDS[name].go_out(fact, to))
