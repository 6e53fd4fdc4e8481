# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient brings along: allergies, what she takes, what was done to her, vaccines; and who cares for her."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    CareTeam,
    CareTeamMember,
    ClinicalStatus,
    Immunization,
    MedicationStatement,
    MedicationStatus,
    Procedure,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import Coding
from clinic.keys.rights import Action
from clinic.protocol.envelope import P0_ALERT
from clinic.services.charted import fact_of, patient_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs

CATEGORIES = ("medication", "food", "environment", "biologic")
"""FHIR AllergyIntolerance.category."""


@needs(Action.WRITE_NOTE)
def record_allergy(
    desk: Desk, substance: Coding, window: PatientId, *, reaction: str = "", severe: bool = False, category: str = "medication",
    note: str = "", encounter: EncounterId = EncounterId(""),
) -> AllergyIntolerance:  # fmt: skip
    """Leaves before everything else. Refused without a substance, or for one that is on the chart and active already."""
    _named(substance)
    if category not in CATEGORIES:
        raise Refusal("Choose what it is an allergy to: medication, food, environment or biologic.")
    patient = patient_of(desk, window, encounter)
    known = desk.book.read(lambda page: page.facts(AllergyIntolerance, patient))
    if any(_same(one.substance, substance) and one.status == ClinicalStatus.ACTIVE for one in known):
        raise Refusal("{name} is on this chart already.", name=substance.display or substance.code)
    fact = AllergyIntolerance(
        id=FactId(desk.new_id()), patient=patient, substance=substance, reaction=reaction.strip(), severe=severe,
        category=category, note=note.strip(), recorded_at=desk.clock.now(), recorder=desk.someone.user, encounter=encounter,
    )  # fmt: skip
    desk.write(fact, window=window, priority=P0_ALERT)
    return fact


@needs(Action.WRITE_NOTE)
def rule_out_allergy(desk: Desk, allergy: FactId, why: str, window: PatientId) -> Written:
    """It is never erased: it becomes inactive, with the reason. Refused without one."""
    found = fact_of(desk, AllergyIntolerance, allergy, window)
    if not why.strip():
        raise Refusal("Say why this allergy is taken off.")
    return desk.write(
        replace(found, status=ClinicalStatus.INACTIVE, note=why.strip()), window=window, priority=P0_ALERT
    )


@needs(Action.WRITE_NOTE)
def record_statement(
    desk: Desk, medication: Coding, window: PatientId, *, dose: str = "", since: date | None = None, source: str = "patient",
    note: str = "", encounter: EncounterId = EncounterId(""),
) -> MedicationStatement:  # fmt: skip
    """What she says she takes. Refused without a name, or from a day to come."""
    _named(medication)
    _not_to_come(desk, since)
    fact = MedicationStatement(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), medication=medication, dose=dose.strip(),
        since=since, source=source, note=note.strip(), recorded_at=desk.clock.now(), encounter=encounter,
    )  # fmt: skip
    desk.write(fact, window=window)
    return fact


@needs(Action.WRITE_NOTE)
def stop_statement(desk: Desk, statement: FactId, window: PatientId, until: date | None = None) -> Written:
    """She does not take it any more. Refused if it ended before it began."""
    found = fact_of(desk, MedicationStatement, statement, window)
    ended = until or desk.clock.now().date()
    _not_to_come(desk, ended)
    if found.since is not None and ended < found.since:
        raise Refusal("It cannot end before it began. Check the dates.")
    return desk.write(replace(found, status=MedicationStatus.STOPPED, until=ended), window=window)


@needs(Action.WRITE_NOTE)
def record_procedure(
    desk: Desk, code: Coding, window: PatientId, *, performed_at: datetime | None = None, performer: str = "",
    reason: Coding | None = None, note: str = "", encounter: EncounterId = EncounterId(""),
) -> Procedure:  # fmt: skip
    """Something that was done. Refused without a name, or at a time to come."""
    _named(code)
    when = performed_at or desk.clock.now()
    _not_to_come(desk, when.date())
    fact = Procedure(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), code=code, performed_at=when,
        performer=performer or desk.name_here, reason=reason, note=note.strip(), encounter=encounter,
    )  # fmt: skip
    desk.write(fact, window=window)
    return fact


@needs(Action.WRITE_NOTE)
def record_immunization(
    desk: Desk, vaccine: Coding, window: PatientId, *, occurred_at: datetime | None = None, lot: str = "", dose: int = 0,
    primary_source: bool = True, note: str = "", encounter: EncounterId = EncounterId(""),
) -> Immunization:  # fmt: skip
    """A vaccine that was given; `primary_source` False: copied from a card or told. Refused for a time to come."""
    _named(vaccine)
    when = occurred_at or desk.clock.now()
    _not_to_come(desk, when.date())
    if not 0 <= dose <= 20:
        raise Refusal("Check the number of the dose.")
    fact = Immunization(
        id=FactId(desk.new_id()), patient=patient_of(desk, window, encounter), vaccine=vaccine, occurred_at=when, lot=lot.strip(),
        dose=dose, performer=desk.name_here if primary_source else "", primary_source=primary_source, note=note.strip(),
        encounter=encounter,
    )  # fmt: skip
    desk.write(fact, window=window)
    return fact


@needs(Action.WRITE_NOTE)
def care_team(desk: Desk, name: str, members: Sequence[CareTeamMember], window: PatientId) -> CareTeam:
    """Who cares for the patient: one team of each name, its newest members counting. Refused without name or members."""
    if not name.strip() or not members:
        raise Refusal("A care team needs a name and somebody in it.")
    patient = patient_of(desk, window, EncounterId(""))
    known = desk.book.read(lambda page: page.facts(CareTeam, patient))
    same = next((team for team in known if team.name == name.strip()), None)
    fact = CareTeam(
        id=same.id if same else FactId(desk.new_id()), patient=patient, name=name.strip(), members=tuple(members),
        since=same.since if same else desk.clock.now().date(),
    )  # fmt: skip
    desk.write(fact, window=window)
    return fact


def _named(code: Coding) -> None:
    if not (code.code or code.display.strip()):
        raise Refusal("Say what it is.")


def _not_to_come(desk: Desk, day: date | None) -> None:
    if day is not None and day > desk.clock.now().date():
        raise Refusal("The day lies in the future. Check the date.")


def _same(one: Coding, other: Coding) -> bool:
    if one.code and other.code:
        return (one.system, one.code) == (other.system, other.code)
    return one.display.casefold() == other.display.casefold()
