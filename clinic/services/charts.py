# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's chart: opening it is an audited act; drawing it again is not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    AuditEvent,
    ClinicalStatus,
    Communication,
    Composition,
    Condition,
    Consent,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    MedicationRequest,
    Method,
    Observation,
    Patient,
    Questionnaire,
    QuestionnaireResponse,
    RequestStatus,
    ServiceRequest,
    Task,
)
from clinic.domain.ids import FactId, PatientId
from clinic.domain.questionnaires import canonical, of_no_chart
from clinic.domain.scores.news2 import Score
from clinic.domain.vitals import readings
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.rights import Action
from clinic.keys.testimony import REVIEW_CODE
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, person_on
from clinic.services.receipts import Reached, reached_on
from clinic.services.scoring import who_on
from clinic.services.waiting import NEVER, score_of
from clinic.store.page import Page


@dataclass(frozen=True, slots=True)
class Reading:
    """One point of a vital's chart, in the vital's own unit."""

    at: datetime
    value: Decimal
    method: Method
    observation: FactId


@dataclass(frozen=True, slots=True)
class Opened:
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered; `form`: that version of the questionnaire, None where this computer does not hold it."""

    response: QuestionnaireResponse
    form: Questionnaire | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the chart screen shows of one person. `readings`: vital key -> oldest first."""

    person: PersonLine
    patient: Patient
    allergies: tuple[AllergyIntolerance, ...]
    conditions: tuple[Condition, ...]
    medication: tuple[MedicationRequest, ...]
    readings: Mapping[str, tuple[Reading, ...]]
    notes: tuple[Composition, ...]
    messages: tuple[Communication, ...]
    documents: tuple[DocumentReference, ...]
    consents: tuple[Consent, ...]
    encounters: tuple[Encounter, ...]
    appointments: tuple[Appointment, ...]
    news2: Score
    as_of: datetime | None
    opened_by: tuple[Opened, ...]
    reached: Mapping[FactId, Reached] = field(default_factory=dict)
    """How far each message, note and order has come."""
    tasks: tuple[Task, ...] = ()
    """Open and closed ones, but for reviews after a break-glass, which have a page of their own."""
    orders: tuple[ServiceRequest, ...] = ()
    """Tests and referrals that wait for a result, oldest first."""
    reports: tuple[DiagnosticReport, ...] = ()
    """Newest first."""
    results: tuple[Observation, ...] = ()
    """What laboratories found, oldest first, without what was taken back."""
    answers: tuple[Asked, ...] = ()
    """Questionnaires that were answered, newest first, without what was taken back."""


@needs(Action.OPEN_CHART)
def open_chart(desk: Desk, patient: PatientId) -> Chart:
    """The chart, after the audit entry that it was opened is durable."""
    drawn = chart(desk, patient)
    audit(desk, "open", patient)
    return drawn


@needs(Action.OPEN_CHART)
def chart(desk: Desk, patient: PatientId) -> Chart:
    """The chart without an audit entry, to redraw one that is open."""
    return desk.book.read(
        lambda page: replace(drawn_chart(page, patient), reached=reached_on(desk, page, patient))
    )


def drawn_chart(page: Page, patient: PatientId) -> Chart:
    """The chart on a page of the book. Refused if this computer does not hold the person."""
    fact = page.fact(Patient, patient)
    if fact is None:
        raise Refusal("This person is not on this computer. Wait for the next exchange, or search by DNI.")
    observations = page.facts(Observation, patient)
    encounters = page.facts(Encounter, patient)[::-1]
    latest = encounters[0].id if encounters else ""
    newest = [o.effective_at for o in observations[-1:]] + [e.arrived_at for e in encounters[:1]]
    who = who_on(page, patient, max(newest, default=NEVER), observations)
    return Chart(
        person=person_on(page, patient), patient=fact,
        allergies=tuple(a for a in page.facts(AllergyIntolerance, patient) if a.status == ClinicalStatus.ACTIVE),
        conditions=tuple(c for c in page.facts(Condition, patient) if c.status == ClinicalStatus.ACTIVE),
        medication=tuple(m for m in page.facts(MedicationRequest, patient) if m.status == RequestStatus.ACTIVE)[::-1],
        readings=_series(observations), notes=page.facts(Composition, patient)[::-1],
        messages=page.facts(Communication, patient), documents=page.facts(DocumentReference, patient)[::-1],
        consents=page.facts(Consent, patient)[::-1], encounters=encounters, appointments=page.facts(Appointment, patient),
        news2=score_of([o for o in observations if o.encounter == latest], who), as_of=max(newest, default=None),
        opened_by=tuple(Opened(e.recorded_at, e.agent) for e in page.facts(AuditEvent, patient)[::-1] if e.action == "open"),
        tasks=tuple(t for t in page.facts(Task, patient) if t.code != REVIEW_CODE),
        orders=tuple(r for r in page.facts(ServiceRequest, patient) if r.status == RequestStatus.ACTIVE),
        reports=page.facts(DiagnosticReport, patient)[::-1],
        results=tuple(o for o in observations if o.category == "laboratory" and not o.retracted),
        answers=tuple(_asked(page, patient)),
    )  # fmt: skip


def _asked(page: Page, patient: PatientId) -> Iterator[Asked]:
    responses = [
        r
        for r in page.facts(QuestionnaireResponse, patient)
        if r.status != "entered-in-error" and not of_no_chart(r)
    ]
    if not responses:
        return
    forms = (*page.all_facts(Questionnaire), *shipped())  # of one name and version what ships counts
    held = {(canonical(form), form.version): form for form in forms}
    for response in reversed(responses):
        yield Asked(response, held.get((response.questionnaire, response.version)))


def _series(observations: tuple[Observation, ...]) -> dict[str, tuple[Reading, ...]]:
    series: dict[str, list[Reading]] = {}
    for observation in observations:
        for key, value in readings(observation).items():
            series.setdefault(key, []).append(
                Reading(observation.effective_at, value, observation.method, observation.id)
            )
    return {key: tuple(points) for key, points in series.items()}
