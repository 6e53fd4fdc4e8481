# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented people of a rural area with years of history. The same seed gives the same bytes, on every
machine.

Person number n depends on the seed and on n alone (but for unique document numbers), so 20 people are the
first 20 of 200.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from clinic.domain.facts import (
    AllergyIntolerance,
    Appointment,
    Communication,
    Condition,
    Fact,
    Gender,
    Location,
    MedicationRequest,
    Patient,
    RequestStatus,
)
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import ATC, DNI, Coding, ContactPoint, HumanName, Identifier, Verification
from clinic.showcase import names
from clinic.showcase.ailments import AILMENTS, ALLERGIES, Ailment, Medicine
from clinic.showcase.history import Body, clinic_time, visits
from clinic.showcase.portrait import portrait

NewId = Callable[[], str]
"""Makes an id no other call makes."""

# (from age, share): a young countryside whose clinic sees more of its old
_AGES = (
    (1, 0.10),
    (6, 0.10),
    (13, 0.11),
    (20, 0.13),
    (30, 0.13),
    (40, 0.12),
    (50, 0.11),
    (60, 0.10),
    (70, 0.07),
    (80, 0.03),
)


@dataclass(frozen=True, slots=True)
class Life:
    """A person and everything written about them, oldest first; the patient fact comes first."""

    patient: Patient
    facts: tuple[Fact, ...]


def generate(count: int, seed: int, new_id: NewId, today: date) -> Iterator[Life]:
    """`count` people as they would be on `today`, each with 3 to 10 years of history (less if younger)."""
    taken: set[str] = set()
    for number in range(count):
        yield _life(Random(f"{seed}/{number}"), new_id, today, taken)


def facilities(new_id: NewId) -> tuple[Location, ...]:
    """The invented hospital and posts of the area."""
    return tuple(
        Location(
            id=FactId(new_id()),
            name=name,
            address=address,
            phone=phone,
            latitude=latitude,
            longitude=longitude,
        )
        for name, address, phone, latitude, longitude in names.FACILITIES
    )


def _life(random: Random, new_id: NewId, today: date, taken: set[str]) -> Life:
    patient = _patient(random, new_id, today, taken)
    assert patient.birth_date is not None
    age = _age(patient.birth_date, today)
    ailments = _ailments(random, age)
    since = today - timedelta(
        days=min(random.randint(3 * 365, 10 * 365), (today - patient.birth_date).days - 30)
    )
    first = clinic_time(random, since)
    facts: list[Fact] = [patient]
    facts += _conditions(random, patient, ailments, new_id, since, today)
    facts += _allergies(random, patient, new_id, first)
    facts += _medication(random, patient, ailments, new_id, first, today)
    body = Body(random, patient, ailments)
    facts += visits(random, body, new_id, since, today)
    facts += _appointments(random, patient, ailments, new_id, today)
    facts += _messages(random, patient, new_id, today)
    return Life(patient, tuple(facts))


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _patient(random: Random, new_id: NewId, today: date, taken: set[str]) -> Patient:
    gender = Gender.FEMALE if random.random() < 0.53 else Gender.MALE
    start = random.choices([age for age, _ in _AGES], [share for _, share in _AGES])[0]
    end = next((age for age, _ in _AGES if age > start), 94)
    born = today - timedelta(days=int(random.uniform(start, end) * 365.25))
    number = names.document_number(random, born.year, taken)
    name = HumanName(family=names.family_name(random), given=names.given_names(random, gender, born.year))
    picture = portrait(random, gender, _age(born, today)) if random.random() < 0.6 else b""
    sure = random.choices([Verification.VERIFIED, Verification.SEEN], [0.7, 0.3])[0]
    return Patient(
        id=FactId(patient_id := new_id()),
        patient=PatientId(patient_id),
        name=name,
        birth_date=born,
        gender=gender,
        identifiers=(Identifier(system=DNI, value=number, verification=sure),),
        telecom=(ContactPoint(system="phone", value=names.phone(random)),) if random.random() < 0.8 else (),
        address=names.address(random),
        language="pt" if random.random() < 0.02 else "es",
        photo=picture,
    )


def _ailments(random: Random, age: int) -> tuple[Ailment, ...]:
    found = []
    for ailment in AILMENTS:
        grown = min(max((age - ailment.from_age) / max(70 - ailment.from_age, 1), 0.0), 1.0)
        share = ailment.share + (ailment.at_70 - ailment.share) * grown
        if random.random() < share and ailment.from_age <= age <= ailment.to_age:
            found.append(ailment)
    return tuple(found[:4])


def _conditions(
    random: Random, patient: Patient, ailments: tuple[Ailment, ...], new_id: NewId, since: date, today: date
) -> Iterator[Condition]:
    for ailment in ailments:
        noted = since + timedelta(days=random.randint(0, max((today - since).days // 2, 1)))
        yield Condition(
            id=FactId(new_id()),
            patient=patient.patient,
            code=ailment.coding,
            recorded_at=clinic_time(random, noted),
        )


def _allergies(random: Random, patient: Patient, new_id: NewId, at: datetime) -> Iterator[AllergyIntolerance]:
    if random.random() > 0.14:
        return
    for code, name, reaction, severe in random.sample(ALLERGIES, 1 if random.random() < 0.85 else 2):
        substance = Coding(system=ATC, code=code, display=name)
        yield AllergyIntolerance(
            id=FactId(new_id()),
            patient=patient.patient,
            substance=substance,
            reaction=reaction,
            severe=severe,
            recorded_at=at,
        )


def _medication(
    random: Random,
    patient: Patient,
    ailments: tuple[Ailment, ...],
    new_id: NewId,
    first: datetime,
    today: date,
) -> Iterator[MedicationRequest]:
    taken: dict[str, Medicine] = {}
    for ailment in ailments:
        for group in ailment.medicines:
            if group is ailment.medicines[0] or random.random() < 0.5:
                medicine = random.choice(group)
                taken.setdefault(medicine.code, medicine)
    for medicine in taken.values():
        begun = first.date() + timedelta(days=random.randint(0, max((today - first.date()).days - 20, 1)))
        yield _request(patient, medicine, new_id(), clinic_time(random, begun), RequestStatus.ACTIVE, 0)
    if random.random() < 0.3:
        cure = (
            Medicine("J01CA04", "Amoxicilina", "500 mg", 8)
            if random.random() < 0.5
            else Medicine("N02BE01", "Paracetamol", "500 mg", 8)
        )
        when = clinic_time(random, today - timedelta(days=random.randint(60, 700)))
        yield _request(patient, cure, new_id(), max(when, first), RequestStatus.COMPLETED, 7)


def _request(
    patient: Patient, medicine: Medicine, fact: str, at: datetime, status: RequestStatus, days: int
) -> MedicationRequest:
    return MedicationRequest(
        id=FactId(fact),
        patient=patient.patient,
        medication=medicine.coding,
        status=status,
        authored_at=at,
        dose=medicine.dose,
        route=medicine.route,
        every_hours=medicine.every_hours,
        days=days,
    )


def _appointments(
    random: Random, patient: Patient, ailments: tuple[Ailment, ...], new_id: NewId, today: date
) -> Iterator[Appointment]:
    reasons = [ailment.name for ailment in ailments] or ["Control de salud"]
    if random.random() < (0.55 if ailments else 0.2):
        day = _weekday(today + timedelta(days=random.randint(1, 60)))
        yield _appointment(random, patient, new_id, day, random.choice(reasons), "booked")
    if random.random() < 0.25:
        day = _weekday(today - timedelta(days=random.randint(5, 25)))
        status = random.choices(["fulfilled", "noshow", "cancelled"], [0.7, 0.2, 0.1])[0]
        yield _appointment(random, patient, new_id, day, random.choice(reasons), status)


def _appointment(
    random: Random, patient: Patient, new_id: NewId, day: date, reason: str, status: str
) -> Appointment:
    start = datetime(
        day.year, day.month, day.day, random.randint(11, 19), random.choice((0, 20, 40)), tzinfo=UTC
    )
    doctor = random.choice(names.CLINICIANS)
    return Appointment(
        id=FactId(new_id()),
        patient=patient.patient,
        start=start,
        practitioner_name=doctor,
        reason=reason,
        status=status,
    )


def _weekday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


_ASKED = (
    ("¿Puedo retirar la medicación el viernes?", "Sí, queda preparada en la posta a su nombre."),
    (
        "Buenas, ¿llegaron los resultados del análisis?",
        "Llegaron ayer. Están bien; los vemos en el próximo control.",
    ),
    (
        "Se me cortó el camino por la lluvia, ¿paso mi turno?",
        "No hay problema, le damos lugar la semana que viene.",
    ),
    ("¿Tomo la pastilla aunque no haya desayunado?", "Mejor después de comer algo liviano."),
)


def _messages(random: Random, patient: Patient, new_id: NewId, today: date) -> Iterator[Communication]:
    if random.random() > 0.18:
        return
    asked, answered = random.choice(_ASKED)
    at = clinic_time(random, today - timedelta(days=random.randint(2, 50)))
    doctor = random.choice(names.CLINICIANS)
    yield Communication(
        id=FactId(new_id()),
        patient=patient.patient,
        sent_at=at,
        sender="patient",
        sender_name=patient.name.spoken,
        text=asked,
    )
    later = at + timedelta(minutes=random.randint(4, 300))
    yield Communication(
        id=FactId(new_id()),
        patient=patient.patient,
        sent_at=later,
        sender="",
        sender_name=doctor,
        text=answered,
    )
