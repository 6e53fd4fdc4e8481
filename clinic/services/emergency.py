# SPDX-License-Identifier: GPL-3.0-or-later
"""The emergency summary of every patient: an object of its own, sealed to the organisation-wide team, so it is there
off-line. Reading one of another team's patient is breaking the glass: a reason, and the audit first."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    AllergyIntolerance,
    AuditEvent,
    ClinicalStatus,
    Condition,
    DocumentReference,
    EmergencySummary,
    Fact,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    Patient,
    RequestStatus,
)
from clinic.domain.ids import FactId, PatientId, patient_scope
from clinic.domain.medication import directions
from clinic.domain.values import DNI
from clinic.keys.glass import everybody, reason_of
from clinic.keys.rights import Action, Reach
from clinic.keys.testimony import GLASS_SUMMARY
from clinic.protocol.envelope import P0_ALERT
from clinic.services.audits import audit, audit_within
from clinic.services.desks import Desk
from clinic.services.gate import allowed, needs
from clinic.services.glass_word import tell
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

log = logging.getLogger(__name__)
BREAK_GLASS = "break-glass"
"""The action of its audit entries."""
_SPOKEN_OF = frozenset(
    {
        "AllergyIntolerance",
        "Condition",
        "DocumentReference",
        "MedicationRequest",
        "MedicationStatement",
        "Patient",
    }
)
DIRECTIVE = "advance-directive"
"""The category of documents that say what a patient wants done, or not."""
NOBODYS = PatientId("")


def watch(desk: Desk) -> Callable[[], None]:
    """Write summaries anew whenever what they say changed, here or elsewhere; returns a function that stops it."""

    def heard(changes: Changes) -> None:
        if changes.kinds & _SPOKEN_OF and changes.patients:
            try:
                refresh(desk, changes.patients)
            except (Refusal, Unavailable) as why:
                log.warning("emergency summaries were not written: %s", why)

    return desk.listen(heard)


def refresh(desk: Desk, patients: Iterable[PatientId]) -> tuple[PatientId, ...]:
    """Write the summaries of those of our own patients for whom it says something else now; gives whose."""
    team = everybody(desk.trust)
    if team is None or desk.person is None or desk.trust.epoch(team) is None:
        return ()
    if desk.person.user not in desk.trust.members(team):
        return ()
    wanted = sorted(set(patients))
    if not desk.book.read(lambda page: _changed(desk, page, wanted)):
        return ()
    made: tuple[EmergencySummary, ...] = ()

    def act(page: WritePage) -> tuple[EmergencySummary, ...]:
        nonlocal made
        made = _changed(desk, page, wanted)
        return made

    desk.write_within(act, team=team)
    return tuple(one.subject for one in made)


@needs(Action.FIND)
def find_elsewhere(desk: Desk, text: str, limit: int = 20) -> tuple[EmergencySummary, ...]:
    """Patients of other teams whose name or DNI begins with every typed word; () for nothing typed. What is in a summary
    is shown by `open_summary` only: here it is left out."""
    found = desk.book.read(lambda page: page.people_elsewhere(text, limit))
    return tuple(replace(one, allergies=(), medication=(), problems=(), directives=()) for one in found)


def open_summary(desk: Desk, patient: PatientId, reason: str) -> EmergencySummary:
    """What the organisation must know of another team's patient, after the entry that says so is durable; works off-line.

    Refused: a reason under 20 characters, a role that may not, nobody of that name here.
    """
    checked_right(desk, patient)
    reason = reason_of(reason)
    found = desk.book.read(lambda page: page.fact(EmergencySummary, _id(patient)))
    if found is None:
        raise Refusal("This computer holds no emergency summary of that person.")
    _written_down(desk, patient, reason)
    return found


def _written_down(desk: Desk, patient: PatientId, reason: str) -> None:
    """The entry, then the word to the patient's team and to compliance; both durable."""
    entries: list[AuditEvent] = []

    def entered(page: WritePage) -> tuple[Fact, ...]:
        entry, filed = audit_within(
            desk, page, BREAK_GLASS, NOBODYS, desk.name_here, f"summary of {patient}: {reason}"
        )
        entries.append(entry)
        return filed

    desk.write_within(entered, priority=P0_ALERT)
    entry, me = entries[-1].id, desk.someone
    tell(desk, GLASS_SUMMARY, patient, me.user, me.name, desk.device, entry, entry, reason)


def checked_right(desk: Desk, patient: PatientId) -> None:
    """Raises Refusal, after the attempt is in the audit, for a role that does not break the glass, or a revoked computer."""
    if not allowed(desk, Action.BREAK_GLASS, Reach.OTHER):
        audit(desk, "attempt", NOBODYS, "denied", f"{BREAK_GLASS} {patient}")
        raise Refusal("Your role does not allow opening the chart of another team.")


def _changed(desk: Desk, page: Page, patients: Iterable[PatientId]) -> tuple[EmergencySummary, ...]:
    new = []
    for patient in ours(page, (one for p in patients if (one := page.fact(Patient, p)) is not None)):
        made, kept = _summary(desk, page, patient), page.fact(EmergencySummary, _id(patient))
        if kept is None or replace(made, written_at=kept.written_at, unknown=kept.unknown) != kept:
            new.append(made)
    return tuple(new)


def ours(page: Page, people: Iterable[Patient]) -> tuple[PatientId, ...]:
    """Those known for certain whose chart this computer holds the key of."""
    return tuple(p.patient for p in people if not p.provisional and page.scope_keys(patient_scope(p.patient)))


def _summary(desk: Desk, page: Page, patient: PatientId) -> EmergencySummary:
    who = page.fact(Patient, patient)
    if who is None:
        raise Refusal("This person is not on this computer.")
    return EmergencySummary(
        id=_id(patient), subject=patient, name=who.name, birth_date=who.birth_date, team=desk.team,
        dni=next((i.value for i in who.identifiers if i.system == DNI), ""),
        allergies=_lines(_allergy(a) for a in page.facts(AllergyIntolerance, patient) if a.status == ClinicalStatus.ACTIVE),
        medication=_lines(_medication(page, patient, who.language)),
        problems=_lines(_problem(c) for c in page.facts(Condition, patient) if c.status == ClinicalStatus.ACTIVE),
        directives=_lines(_directive(d) for d in page.facts(DocumentReference, patient) if d.category == DIRECTIVE),
        written_at=desk.clock.now(),
    )  # fmt: skip


def _lines(said: Iterable[str]) -> tuple[str, ...]:
    """In an order that is the same on every computer."""
    return tuple(sorted({line.strip() for line in said if line.strip()}))


def _allergy(one: AllergyIntolerance) -> str:
    name = one.substance.display or one.substance.code
    return f"{name}: {one.reaction}" if one.reaction else name


def _problem(one: Condition) -> str:
    return one.code.display or one.code.code


def _medication(page: Page, patient: PatientId, language: str) -> Iterable[str]:
    for m in page.facts(MedicationRequest, patient):
        if m.status == RequestStatus.ACTIVE:
            yield f"{m.medication.display} {directions(m.dose, m.route, m.every_hours, m.days, language)}"
    for s in page.facts(MedicationStatement, patient):
        if s.status == MedicationStatus.ACTIVE:
            yield s.medication.display or s.medication.code


def _directive(one: DocumentReference) -> str:
    return f"{one.attachment.title}: {one.text}"[:500].strip(": ")


def _id(patient: PatientId) -> FactId:
    return FactId(f"emergency.{patient}")
