# SPDX-License-Identifier: GPL-3.0-or-later
"""Prescribing: what speaks against a medication as far as this chart and the loaded lists say, and the signed request."""

from dataclasses import dataclass

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    ClinicalStatus,
    Encounter,
    MedicationRequest,
    RequestStatus,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.medication import directions, family_of
from clinic.domain.values import Coding
from clinic.keys.consents import sign_fact
from clinic.services.desks import Desk, WrongPatient
from clinic.store.folding import fold
from clinic.store.page import Page

CHART = "this chart"


@dataclass(frozen=True, slots=True)
class Caution:
    """`severity`: contraindicated, major, moderate, minor, duplicate or allergy; `source` and its date are shown."""

    severity: str
    with_what: str
    text: str
    source: str
    source_date: str


def check(desk: Desk, patient: PatientId, medication: Coding) -> tuple[Caution, ...]:
    """Allergies and repeats of the same substance on this chart. Empty means none listed, never that there are none."""
    return desk.book.read(
        lambda page: _cautions(page, patient, medication, desk.clock.now().date().isoformat())
    )


def prescribe(
    desk: Desk, encounter: EncounterId, medication: Coding, dose: str, route: str, every_hours: int, days: int,
    instructions: str, window: PatientId,
) -> MedicationRequest:  # fmt: skip
    """Sign a prescription. Refused without a dose, with a frequency or duration that cannot be, or for another patient."""
    if not dose.strip():
        raise Refusal("Write the dose, such as 500 mg.")
    if not (0 <= every_hours <= 168 and 0 <= days <= 730):
        raise Refusal("Check how often and for how many days: at most every 168 hours, at most 730 days.")
    patient = desk.book.read(lambda page: _patient_of(page, encounter, window))
    request = MedicationRequest(
        id=FactId(desk.new_id()), patient=patient, medication=medication, authored_at=desk.clock.now(),
        requester=desk.someone.user, dose=dose.strip(), route=route, every_hours=every_hours, days=days,
        instructions=instructions.strip(), encounter=encounter,
    )  # fmt: skip
    signed = sign_fact(request, desk.user_keys)
    desk.write(signed, window=window)
    return signed


def sentence(request: MedicationRequest, language: str) -> str:
    """The prescription as people say it."""
    return directions(request.dose, request.route, request.every_hours, request.days, language)


def _patient_of(page: Page, encounter: EncounterId, window: PatientId) -> PatientId:
    visit = page.fact(Encounter, encounter)
    if visit is None:
        raise Refusal("This visit is not on this computer. Wait for the next exchange.")
    if window not in (visit.patient, page.linked_to(visit.patient)):
        raise WrongPatient()
    return visit.patient


def _cautions(page: Page, patient: PatientId, medication: Coding, today: str) -> tuple[Caution, ...]:
    found = []
    name, family = fold(medication.display), family_of(medication.code)
    for allergy in page.facts(AllergyIntolerance, patient):
        substance = fold(allergy.substance.display)
        same_family = bool(family) and family == family_of(allergy.substance.code)
        of_class = len(allergy.substance.code) >= 4 and medication.code.startswith(allergy.substance.code)
        if allergy.status == ClinicalStatus.ACTIVE and (
            substance in name or name in substance or same_family or of_class
        ):
            what = "The chart lists an allergy: {reaction}."
            found.append(
                Caution(
                    "allergy",
                    allergy.substance.display,
                    what.format(reaction=allergy.reaction or "-"),
                    CHART,
                    today,
                )
            )
    for other in page.facts(MedicationRequest, patient):
        if other.status == RequestStatus.ACTIVE and other.medication.code == medication.code:
            found.append(
                Caution(
                    "duplicate",
                    other.medication.display,
                    f"{other.dose}",
                    CHART,
                    f"{other.authored_at:%Y-%m-%d}",
                )
            )
    return tuple(found)
