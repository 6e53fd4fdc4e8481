# SPDX-License-Identifier: GPL-3.0-or-later
"""What the patient takes along: the visit in her own language, as text for the kiosk and as a PDF."""

from collections.abc import Mapping
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, Composition, Encounter, MedicationRequest, Patient
from clinic.domain.ids import EncounterId
from clinic.domain.scores.news2 import Score
from clinic.domain.vitals import VITALS
from clinic.exchange.summary_pdf import Summary
from clinic.exchange.summary_pdf import summary_pdf as drawn
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.capsules import said
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.waiting import queue_row
from clinic.store.page import Page

_WORDS = {
    "es": {
        "title": "Resumen de la consulta", "seen": "Consulta con {who}, {day}", "plan": "Qué hacer", "found": "Qué encontramos",
        "conditions": "Diagnóstico", "medication": "Medicación", "vitals": "Mediciones", "next": "Próximo turno",
        "born": "Nacimiento {born} · DNI {dni}", "signed": "Firmado electrónicamente por {who}, {day}",
        "footer": "Si empeorás o algo te preocupa, volvé a la posta o llamá. Este papel no reemplaza una consulta.",
    },
    "en": {
        "title": "Visit summary", "seen": "Visit with {who}, {day}", "plan": "What to do", "found": "What we found",
        "conditions": "Diagnosis", "medication": "Medication", "vitals": "Measurements", "next": "Next appointment",
        "born": "Born {born} · DNI {dni}", "signed": "Signed electronically by {who}, {day}",
        "footer": "If you get worse or are worried, come back to the post or call. This paper does not replace a visit.",
    },
    "pt": {
        "title": "Resumo da consulta", "seen": "Consulta com {who}, {day}", "plan": "O que fazer", "found": "O que encontramos",
        "conditions": "Diagnóstico", "medication": "Medicação", "vitals": "Medições", "next": "Próxima consulta",
        "born": "Nascimento {born} · DNI {dni}", "signed": "Assinado eletronicamente por {who}, {day}",
        "footer": "Se você piorar ou algo preocupar, volte ao posto de saúde ou ligue. Este papel não substitui uma consulta.",
    },
}  # fmt: skip
_VITAL_WORDS = {
    "heart_rate": {"es": "Pulso", "en": "Pulse", "pt": "Pulso"},
    "respiratory_rate": {"es": "Respiración", "en": "Breathing", "pt": "Respiração"},
    "temperature": {"es": "Temperatura", "en": "Temperature", "pt": "Temperatura"},
    "spo2": {"es": "Oxígeno", "en": "Oxygen", "pt": "Oxigênio"},
    "pressure": {"es": "Presión", "en": "Blood pressure", "pt": "Pressão"},
    "weight": {"es": "Peso", "en": "Weight", "pt": "Peso"}, "height": {"es": "Talla", "en": "Height", "pt": "Altura"},
    "glucose": {"es": "Glucosa", "en": "Glucose", "pt": "Glicose"},
}  # fmt: skip
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "/min": "/min"}


@needs(Action.OPEN_CHART)
def summary_pdf(desk: Desk, encounter: EncounterId) -> bytes:
    """The summary of a signed visit as a PDF; printing is an audited act. Refused before the note is signed."""
    summary, patient = desk.book.read(lambda page: _summary(desk, page, encounter, ""))
    ask(desk, patient.patient, Purpose.OWN_COPY)
    audit(desk, "print", patient.patient, entity=encounter)
    return drawn(summary)


@needs(Action.OPEN_CHART)
def summary_text(desk: Desk, encounter: EncounterId, language: str) -> str:
    """The same in plain lines, for the kiosk's screen and its QR."""
    summary, patient = desk.book.read(lambda page: _summary(desk, page, encounter, language))
    ask(desk, patient.patient, Purpose.OWN_COPY)
    return summary.qr_text


def _summary(desk: Desk, page: Page, encounter: EncounterId, language: str) -> tuple[Summary, Patient]:
    visit = page.fact(Encounter, encounter)
    notes = page.facts_of_encounter(Composition, encounter)
    if visit is None or not notes:
        raise Refusal("Sign the note first; then the summary can be printed.")
    patient = page.fact(Patient, page.linked_to(visit.patient) or visit.patient)
    if patient is None:
        raise Refusal("This person is not on this computer. Wait for the next exchange.")
    tongue = language or visit.language
    tongue = tongue if tongue in _WORDS else "en"
    return _made(desk, page, visit, notes[0], patient, tongue), patient


def _made(
    desk: Desk, page: Page, visit: Encounter, note: Composition, patient: Patient, tongue: str
) -> Summary:
    words = _WORDS[tongue]
    encounter = EncounterId(visit.id)
    row = queue_row(page, visit)
    dni = next((i.value for i in patient.identifiers), "-")
    coming = [a for a in page.facts(Appointment, patient.patient) if a.start > note.signed_at]
    requests = page.facts_of_encounter(MedicationRequest, encounter)
    sections = (
        (words["conditions"], tuple(f"{c.display} ({c.code})" for c in note.conditions)),
        (words["found"], tuple(t for t in (note.assessment,) if t)),
        (words["plan"], tuple(t for t in (note.plan,) if t)),
        (words["medication"], tuple(said(request, tongue) for request in requests)),
        (words["vitals"], _measured(row.readings, row.news2, tongue)),
        (
            words["next"],
            tuple(f"{a.start.astimezone():%d/%m/%Y %H:%M} · {a.practitioner_name}" for a in coming[:1]),
        ),
    )
    day = f"{note.signed_at.astimezone():%d/%m/%Y %H:%M}"
    seen = words["seen"].format(who=note.author_name, day=day)
    lines = [patient.name.spoken, seen]
    for heading, body in sections:
        lines += [f"{heading}: {'; '.join(body)}"] if body else []
    born = f"{patient.birth_date:%d/%m/%Y}" if patient.birth_date else "-"
    return Summary(
        organization=desk.trust.organization().name, title=words["title"], patient=patient.name.spoken,
        details=f"{words['born'].format(born=born, dni=dni)} · {seen}", sections=sections,
        signed=words["signed"].format(who=note.author_name, day=day), footer=words["footer"], qr_text="\n".join(lines),
    )  # fmt: skip


def _measured(readings: Mapping[str, Decimal], score: Score, tongue: str) -> tuple[str, ...]:
    parts = [
        f"{_VITAL_WORDS[key][tongue]} {_number(value, tongue)} {_UNITS.get(VITALS[key].unit, VITALS[key].unit)}"
        for key, value in readings.items()
        if key in _VITAL_WORDS
    ]
    if "systolic" in readings and "diastolic" in readings:
        both = f"{_number(readings['systolic'], tongue)}/{_number(readings['diastolic'], tongue)}"
        parts.insert(0, f"{_VITAL_WORDS['pressure'][tongue]} {both} mmHg")
    if score.total is not None:
        parts.append(f"NEWS2 {score.total}")
    return (" · ".join(parts),) if parts else ()


def _number(value: Decimal, tongue: str) -> str:
    return str(value) if tongue == "en" else str(value).replace(".", ",")
