# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a record, as FHIR R4 names them. A fact never changes: a correction is a new fact with the same id.

Every clinical fact carries ``patient``: the person on whose chart it was written.
"""

from clinic.domain.facts.emergency import (
    EmergencySummary,
)
from clinic.domain.facts.fact import (
    Fact,
)
from clinic.domain.facts.findings import (
    AllergyIntolerance,
    ClinicalStatus,
    Condition,
    DetectedIssue,
    Immunization,
    IssueStatus,
    Method,
    Observation,
    Observed,
    Procedure,
)
from clinic.domain.facts.forms import (
    FormItem,
    Questionnaire,
    QuestionnaireResponse,
)
from clinic.domain.facts.notes import (
    Communication,
    Composition,
    CompositionStatus,
    DocumentReference,
    NoteSection,
    Section,
)
from clinic.domain.facts.orders import (
    DiagnosticReport,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    RequestStatus,
    ServiceRequest,
    Task,
    TaskStatus,
)
from clinic.domain.facts.people import (
    CareTeam,
    CareTeamMember,
    Contact,
    Gender,
    Link,
    Location,
    Organization,
    Patient,
    PatientCard,
    Practitioner,
    Team,
)
from clinic.domain.facts.proof import (
    AuditEvent,
    AuditHead,
    Cited,
    Consent,
    ConsentItem,
    Decision,
    OriginalResource,
    Provenance,
    Receipt,
)
from clinic.domain.facts.reviews import AccessReview, Finding, Flag, ReviewStatus
from clinic.domain.facts.visits import (
    Appointment,
    Encounter,
    EncounterStatus,
    MediaStep,
    Participant,
    Slot,
)

__all__ = [
    "AccessReview",
    "AllergyIntolerance",
    "Appointment",
    "AuditEvent",
    "AuditHead",
    "CareTeam",
    "CareTeamMember",
    "Cited",
    "ClinicalStatus",
    "Communication",
    "Composition",
    "CompositionStatus",
    "Condition",
    "Consent",
    "ConsentItem",
    "Contact",
    "Decision",
    "DetectedIssue",
    "DiagnosticReport",
    "DocumentReference",
    "EmergencySummary",
    "Encounter",
    "EncounterStatus",
    "Fact",
    "Finding",
    "Flag",
    "FormItem",
    "Gender",
    "Immunization",
    "IssueStatus",
    "Link",
    "Location",
    "MediaStep",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationStatus",
    "Method",
    "NoteSection",
    "Observation",
    "Observed",
    "Organization",
    "OriginalResource",
    "Participant",
    "Patient",
    "PatientCard",
    "Practitioner",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "Receipt",
    "RequestStatus",
    "ReviewStatus",
    "Section",
    "ServiceRequest",
    "Slot",
    "Task",
    "TaskStatus",
    "Team",
]
