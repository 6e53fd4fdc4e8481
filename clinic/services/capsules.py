# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the capsules of patients' cards up to date."""

import logging
from datetime import timedelta

from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    AskedStatus,
    Communication,
    Composition,
    Consent,
    Decision,
    MedicationRequest,
    Patient,
    PatientCard,
    RequestStatus,
)
from clinic.domain.ids import PatientId
from clinic.domain.medication import directions
from clinic.domain.values import DNI
from clinic.keys.cards import seal_capsule
from clinic.keys.consenting import standing_of, to_cite
from clinic.keys.evidence import believed
from clinic.keys.refusals import Unreadable
from clinic.protocol.capsule import Capsule
from clinic.protocol.codec import encode
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

log = logging.getLogger(__name__)
_LATEST = 10
_PAST = timedelta(hours=12)
_ANSWERED = timedelta(days=14)


def send_capsule(desk: Desk, patient: PatientId) -> None:
    """Seal what the patient may see anew to each of her cards; it leaves with the next exchange."""

    def act(page: WritePage) -> tuple[None, Changes]:
        who = page.linked_to(patient) or patient
        fact = page.fact(Patient, who)
        cards = [card for card in page.facts(PatientCard, who) if not card.revoked] if fact else []
        if fact and cards:
            contents = encode(capsule_of(desk, page, fact))
            for card in cards:
                _put_capsule(page, card, contents)
        return None, Changes(frozenset({"Sync"})) if cards else Changes()

    desk.book.write(act)


def _put_capsule(page: WritePage, card: PatientCard, contents: bytes) -> None:
    """A card whose key is not one gets nothing; that must not stand in the way of a signature."""
    try:
        page.put_capsule(card.lookup, seal_capsule(card.public_key, contents), waiting=True)
    except Unreadable:
        log.warning("a card on a chart has no key that can be sealed to")


def capsule_of(desk: Desk, page: Page, fact: Patient) -> Capsule:
    """What this person may see of herself."""
    patient = fact.patient
    requests = [m for m in page.facts(MedicationRequest, patient) if m.status == RequestStatus.ACTIVE][::-1]
    messages = page.facts(Communication, patient)[::-1]
    statements = page.facts(Consent, patient)
    standing = standing_of((believed(one, desk.trust) for one in statements), desk.clock.now())
    return Capsule(
        patient=patient, name=fact.name, birth_date=fact.birth_date, language=fact.language, photo=fact.photo,
        dni=next((i.value for i in fact.identifiers if i.system == DNI), ""),
        appointments=_coming(desk, page, patient),
        prescriptions=tuple(said(m, fact.language) for m in requests[:_LATEST]),
        messages=tuple(f"{m.sender_name}: {m.text}" for m in messages[:_LATEST] if m.sender != "patient"),
        summaries=tuple(n.plan for n in page.facts(Composition, patient)[::-1][:3] if n.plan),
        cites=to_cite(statements),
        permitted=tuple(scope for scope, said_ in standing.items() if said_ == Decision.PERMIT),
        made_at=desk.clock.now(), asked=_asked(desk, page, patient),
    )  # fmt: skip


def _coming(desk: Desk, page: Page, patient: PatientId) -> tuple[Appointment, ...]:
    """What she is booked for, the next first."""
    since = desk.clock.now() - _PAST
    booked = (one for one in page.facts(Appointment, patient) if one.status == "booked" and one.start > since)
    return tuple(sorted(booked, key=lambda one: one.start))[:_LATEST]


def _asked(desk: Desk, page: Page, patient: PatientId) -> tuple[AppointmentRequest, ...]:
    """What she asked for and is not answered, or was answered lately; the latest first."""
    since = desk.clock.now() - _ANSWERED
    asked = [one for one in page.facts(AppointmentRequest, patient) if one.status != AskedStatus.CANCELLED]
    return tuple(one for one in asked[::-1] if (one.answered_at or one.authored_at) > since)[:_LATEST]


def said(request: MedicationRequest, language: str) -> str:
    """A prescription as one line: what, how much, how often, how long."""
    how = directions(request.dose, request.route, request.every_hours, request.days, language)
    return f"{request.medication.display} {how}. {request.instructions}".strip()
