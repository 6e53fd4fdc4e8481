# SPDX-License-Identifier: GPL-3.0-or-later
"""Prescribing: what speaks against a medication as far as this chart and the loaded lists say, and the signed request."""

from dataclasses import replace

from clinic.domain.cautions import SILENT, Signed, Taken, cautions, ranked, sentence_of, taken
from clinic.domain.cautions import Caution as Caution
from clinic.domain.dosing import Body, Order, body_cautions, dose_cautions
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AllergyIntolerance,
    Encounter,
    MedicationRequest,
    MedicationStatement,
    RequestStatus,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.medication import directions, forms_in_words
from clinic.domain.values import Coding
from clinic.exchange.lists import dosing, forms, medicine_lists
from clinic.keys.consents import sign_fact
from clinic.keys.rights import Action
from clinic.services.bodies import body_on
from clinic.services.charted import fact_of
from clinic.services.coding import remember
from clinic.services.desks import Desk, Written, WrongPatient
from clinic.services.gate import needs
from clinic.services.signed_lists import signature_of_crossings
from clinic.store.page import Page
from clinic.store.writing import WritePage


@needs(Action.PRESCRIBE)
def check(
    desk: Desk, patient: PatientId, medication: Coding, replacing: FactId = FactId("")
) -> tuple[Caution, ...]:
    """All that is known against it, the gravest first: never empty, because a source that lists nothing is named too.

    What the patient takes counts as prescribed or as told; stopped and run out does not, nor does what this one is to replace.
    Raises Unavailable.
    """
    lists, now = medicine_lists(), desk.clock.now()

    def look(page: Page) -> tuple[tuple[Taken, ...], tuple[AllergyIntolerance, ...], Signed, Body]:
        taking = taken(
            lists.formulary,
            (one for one in page.facts(MedicationRequest, patient) if one.id != replacing),
            page.facts(MedicationStatement, patient),
            now,
        )
        signed = signature_of_crossings(desk, page)
        return taking, page.facts(AllergyIntolerance, patient), signed, body_on(page, patient, now)

    taking, allergies, signed, body = desk.book.read(look)
    known = cautions(medication, taking, allergies, lists, signed, f"{now:%Y-%m-%d}")
    return ranked((*known, *body_cautions(lists.formulary.read(medication), body, dosing())))


@needs(Action.PRESCRIBE)
def check_dose(
    desk: Desk, patient: PatientId, medication: Coding, dose: str, route: str, every_hours: int
) -> tuple[Caution, ...]:
    """What speaks against this dose for this person, the gravest first; () where the list has no figures. Raises Unavailable."""
    now = desk.clock.now()
    body = desk.book.read(lambda page: body_on(page, patient, now))
    medicine = medicine_lists().formulary.read(medication)
    return ranked(dose_cautions(medicine, Order(dose, route, every_hours), body, dosing()))


@needs(Action.PRESCRIBE)
def prescribe(
    desk: Desk, encounter: EncounterId, medication: Coding, dose: str, route: str, every_hours: int, days: int,
    instructions: str, window: PatientId, reason: str = "", replacing: FactId = FactId(""),
) -> MedicationRequest:  # fmt: skip
    """Sign a prescription, in place of the one it repeats, which is then completed.

    Refused without a dose, with a frequency or duration that cannot be, for another patient, or
    without a `reason` where something serious speaks against it; the reason and the cautions stay in the request."""
    if not dose.strip():
        raise Refusal("Write the dose, such as 500 mg.")
    if not (0 <= every_hours <= 168 and 0 <= days <= 730):
        raise Refusal("Check how often and for how many days: at most every 168 hours, at most 730 days.")
    patient = desk.book.read(lambda page: _patient_of(page, encounter, window))
    before = fact_of(desk, MedicationRequest, replacing, window) if replacing else None
    if before is not None and before.medication.code != medication.code:
        raise Refusal("This repeats another medicine. Choose the medicine again.")
    against = ranked(
        (
            *check(desk, patient, medication, replacing),
            *check_dose(desk, patient, medication, dose, route, every_hours),
        )
    )
    serious = any(one.serious for one in against)
    if serious and not reason.strip():
        raise Refusal(
            "Something serious speaks against this medicine. Write why you prescribe it, or choose another."
        )
    request = MedicationRequest(
        id=FactId(desk.new_id()), patient=patient, medication=medication, authored_at=desk.clock.now(),
        requester=desk.someone.user, dose=dose.strip(), route=route, every_hours=every_hours, days=days,
        instructions=instructions.strip(), encounter=encounter,
        override_reason=reason.strip() if serious else "",
        overrode=tuple(sentence_of(one) for one in against if one.severity not in SILENT) if serious else (),
    )  # fmt: skip
    signed = sign_fact(request, desk.user_keys)
    over = () if before is None else _over(desk, before, RequestStatus.COMPLETED)
    desk.write_within(lambda page: (*_file(page, signed), *over), window)
    return signed


@needs(Action.PRESCRIBE)
def stop(desk: Desk, request: FactId, window: PatientId) -> Written:
    """A medicine is not to be taken any more: signed by whoever stops it."""
    found = fact_of(desk, MedicationRequest, request, window)
    if found.status != RequestStatus.ACTIVE:
        raise Refusal("This prescription is not active any more.")
    return desk.write(*_over(desk, found, RequestStatus.STOPPED), window=window)


def _over(desk: Desk, request: MedicationRequest, status: RequestStatus) -> tuple[MedicationRequest, ...]:
    if request.status != RequestStatus.ACTIVE:
        return ()
    return (sign_fact(replace(request, status=status, user_signature=b""), desk.user_keys),)


def usual_forms(medication: Coding, language: str) -> tuple[str, ...]:
    """Forms and strengths it usually comes in, such as 'comprimido 500 mg'; () where none are on record."""
    return forms_in_words(forms().get(medication.code, ""), language)


def sentence(request: MedicationRequest, language: str) -> str:
    """The prescription as people say it."""
    return directions(request.dose, request.route, request.every_hours, request.days, language)


def _file(page: WritePage, signed: MedicationRequest) -> tuple[MedicationRequest]:
    remember(page, signed.requester, signed.medication)
    return (signed,)


def _patient_of(page: Page, encounter: EncounterId, window: PatientId) -> PatientId:
    visit = page.fact(Encounter, encounter)
    if visit is None:
        raise Refusal("This visit is not on this computer. Wait for the next exchange.")
    if window not in (visit.patient, page.linked_to(visit.patient)):
        raise WrongPatient()
    return visit.patient
