# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the driven visit: who comes to the kiosk, what she says, and the two who wait already.

All of them are invented. The family name of the patient is one that no list of ours holds, so that a search
for it finds her or nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from clinic.domain.facts import AllergyIntolerance, Condition, Fact, Gender, MedicationRequest, Patient
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import ATC, DNI, Coding, ContactPoint, HumanName, Identifier, Verification
from clinic.showcase.ailments import AILMENTS, Ailment
from clinic.showcase.history import Body, NewId, clinic_time, visits
from clinic.showcase.people import Life
from clinic.showcase.portrait import portrait

FAMILY, GIVEN = "Iturrazpe", ("Eufemia", "Rosalía")
BORN = date(1957, 3, 14)
NUMBER = "12904377"
ORGANISATION = "Red Villa Algarrobal"
FACILITY = "Hospital Villa Algarrobal"
ADMIN, CLINICIAN, SECOND = "Alicia Coria", "Norma Arias", "Pablo Vilte"
KIOSK_NAME, DESKTOP_NAME, SECOND_NAME, STATION_NAME = (
    "Kiosco Tres Quebrachos",
    "Consultorio 2",
    "Guardia",
    "Administración",
)

VITALS = {
    "temperature": Decimal("38.4"),
    "heart_rate": Decimal(108),
    "respiratory_rate": Decimal(22),
    "spo2": Decimal(93),
    "systolic": Decimal(152),
    "diastolic": Decimal(88),
    "weight": Decimal("71.5"),
    "glucose": Decimal(178),
}
"""What she measures at the kiosk: NEWS2 6 (2 breaths, 2 oxygen, 1 pulse, 1 temperature)."""

NOTE = {
    "subjective": "Tos con flema desde hace cuatro días, fiebre y cansancio. Vive con dos nietos sanos.",
    "objective": "Habla frases completas, sin tiraje. Se ve la ficha de signos del kiosco.",
    "assessment": "Probable neumonía de la comunidad, sin criterios de internación por ahora.",
    "plan": "Antibiótico, líquidos, control telefónico en 24 horas y radiografía el lunes.",
}
NOTE_IN_THE_CUT = (
    " Se cortó la llamada; sigo escribiendo mientras vuelve la conexión con el paraje Chañarpampa."
)
CHAT = "Le mando la foto de hoy para la enfermera Guazucuá: con ella retira el antibiótico en la posta."


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits already. `number`: which of the grown people; vitals give a NEWS2 below hers."""

    number: int
    minutes_ago: int
    code: str
    reason: str
    vitals: dict[str, Decimal]


def _vitals(
    temperature: str, pulse: str, breaths: str, oxygen: str, systolic: str, diastolic: str
) -> dict[str, Decimal]:
    keys = ("temperature", "heart_rate", "respiratory_rate", "spo2", "systolic", "diastolic")
    return dict(
        zip(keys, map(Decimal, (temperature, pulse, breaths, oxygen, systolic, diastolic)), strict=True)
    )


WAITERS = (
    Waiter(0, 41, "medicine", "Necesito mis remedios", _vitals("36.6", "78", "16", "97", "128", "82")),
    Waiter(1, 26, "pain", "Me duele algo", _vitals("37.2", "96", "18", "95", "134", "84")),
)
"""NEWS2 0 and 2, both come before her: without a score they would be seen first."""


def patient_life(new_id: NewId, today: date, seed: int) -> Life:
    """The patient with six years of hypertension and diabetes."""
    random = Random(f"{seed}/patient of the visit")
    patient = _patient(random, new_id(), today)
    ailments = tuple(ailment for ailment in AILMENTS if ailment.code in ("I10", "E11.9"))
    since = today - timedelta(days=6 * 365 + 40)
    facts: list[Fact] = [patient]
    for ailment in ailments:
        facts.append(
            Condition(
                id=FactId(new_id()),
                patient=patient.patient,
                code=ailment.coding,
                recorded_at=clinic_time(random, since),
            )
        )
    facts += [_taken(patient, ailment, new_id(), clinic_time(random, since)) for ailment in ailments]
    facts.append(_allergy(patient, new_id(), clinic_time(random, since)))
    facts += visits(random, Body(random, patient, ailments), new_id, since, today)
    return Life(patient, tuple(facts))


def _patient(random: Random, fact: str, today: date) -> Patient:
    return Patient(
        id=FactId(fact),
        patient=PatientId(fact),
        name=HumanName(family=FAMILY, given=GIVEN),
        birth_date=BORN,
        gender=Gender.FEMALE,
        identifiers=(Identifier(system=DNI, value=NUMBER, verification=Verification.VERIFIED),),
        telecom=(ContactPoint(system="phone", value="+54 9 387 455 2038"),),
        address="Paraje Tres Quebrachos",
        photo=portrait(random, Gender.FEMALE, today.year - BORN.year),
    )


def _taken(patient: Patient, ailment: Ailment, fact: str, at: datetime) -> MedicationRequest:
    """The first medicine for an ailment, until further notice."""
    medicine = ailment.medicines[0][0]
    return MedicationRequest(
        id=FactId(fact),
        patient=patient.patient,
        medication=medicine.coding,
        authored_at=at,
        dose=medicine.dose,
        route=medicine.route,
        every_hours=medicine.every_hours,
    )


def _allergy(patient: Patient, fact: str, at: datetime) -> AllergyIntolerance:
    penicillin = Coding(system=ATC, code="J01C", display="Penicilinas")
    return AllergyIntolerance(
        id=FactId(fact),
        patient=patient.patient,
        substance=penicillin,
        reaction="urticaria",
        severe=True,
        recorded_at=at,
    )


@dataclass(frozen=True, slots=True)
class Searched:
    """What the clinician types to find a code and two medicines, in the language of her screen."""

    condition: str
    warned_of: str
    prescribed: str


SEARCHED = {
    "es": Searched("neumonia", "amoxicilina", "azitromicina"),
    "en": Searched("pneumonia", "amoxicillin", "azithromycin"),
    "pt": Searched("pneumonia", "amoxicilina", "azitromicina"),
}
