# SPDX-License-Identifier: GPL-3.0-or-later
"""A crowd for measuring: people with charts of one size each, made from their number alone, the same on every machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from clinic.domain.facts import (
    AllergyIntolerance,
    AuditEvent,
    Communication,
    Composition,
    CompositionStatus,
    Condition,
    Encounter,
    EncounterStatus,
    Fact,
    MedicationRequest,
    Observation,
    Patient,
)
from clinic.domain.ids import (
    DeviceId,
    EncounterId,
    FactId,
    OpId,
    PatientId,
    ScopeId,
    UserId,
    counted_id,
    patient_scope,
)
from clinic.domain.values import ATC, DNI, ICD10, Coding, HumanName, Identifier, Quantity
from clinic.domain.vitals import HEART_RATE, SPO2, TEMPERATURE, WEIGHT
from clinic.protocol.codec import encode
from clinic.protocol.op import Op, Ops

START = datetime(2020, 1, 1, tzinfo=UTC)
DEVICE = DeviceId("benchbenchbenchb")
FAMILIES = ("Gómez", "Quispe", "Núñez", "Ayala", "Mamani", "Ledesma", "Ibáñez", "Sosa", "Figueroa", "Acuña")
GIVEN = ("María", "José", "Ramona", "Inés", "Hugo", "Rosa", "Elvira", "Santos", "Nélida", "Raúl")
COMMON = (
    "dolor fiebre tos control presión paciente refiere desde ayer noche mañana pecho espalda cabeza abdomen leve moderado "
    "intenso sin con antecedentes hipertensión diabetes asma tratamiento enalapril metformina "
    "paracetamol reposo líquidos control semana"
).split()
_VITALS = (HEART_RATE, SPO2, TEMPERATURE, WEIGHT)
_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi xo ya bre cla dro fli gro tra".split()


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart each person has."""

    observations: int = 50
    notes: int = 5
    messages: int = 5

    @property
    def ops(self) -> int:
        return self.observations + self.notes + self.messages + 10


def person_id(number: int) -> PatientId:
    return PatientId(f"{DEVICE}.p{number}")


def dni_of(number: int) -> str:
    """The number of that person's document, which nobody else has."""
    return str(5_000_000 + number)


def envelope_of(number: int, size: Size) -> tuple[ScopeId, bytes]:
    """A person's whole chart as the inside of one envelope."""
    facts = life(number, size)
    ops = tuple(
        Op(id=OpId(counted_id(DEVICE, number * 10_000 + nth)), stamp=(number * 10_000 + nth) << 16, fact=fact)
        for nth, fact in enumerate(facts)
    )
    return patient_scope(person_id(number)), encode(Ops(ops=ops))


def life(number: int, size: Size) -> Iterator[Fact]:
    """The person, two visits, problems, medication, vitals, notes, messages, who opened the chart."""
    dice, patient = Random(number), person_id(number)
    names = HumanName(
        family=FAMILIES[number % 10], given=(GIVEN[number // 10 % 10], GIVEN[number // 100 % 10])
    )
    yield Patient(
        id=FactId(patient), patient=patient, name=names, birth_date=date(1930 + number % 80, 1 + number % 12, 1 + number % 28),
        identifiers=(Identifier(system=DNI, value=dni_of(number)),),
    )  # fmt: skip
    visits = [EncounterId(f"{patient}.e{nth}") for nth in range(2)]
    for nth, visit in enumerate(visits):
        at = START + timedelta(days=nth * 30 + number % 900)
        yield Encounter(id=FactId(visit), patient=patient, status=EncounterStatus.FINISHED, arrived_at=at)
    yield from _problems(number, patient, visits[0])
    for nth in range(size.observations):
        yield reading(patient, number, nth, visits[nth % 2])
    for nth in range(size.notes):
        yield note(patient, dice, nth, visits[nth % 2])
    for nth in range(size.messages):
        yield Communication(
            id=FactId(f"{patient}.m{nth}"),
            patient=patient,
            sent_at=_day(dice),
            sender="u",
            text=text(dice, 14),
        )


def _problems(number: int, patient: PatientId, visit: EncounterId) -> Iterator[Fact]:
    for nth, (code, words) in enumerate((("I10", "Hipertensión esencial"), ("E11.9", "Diabetes tipo 2"))):
        yield Condition(
            id=FactId(f"{patient}.c{nth}"), patient=patient, code=Coding(system=ICD10, code=code, display=words),
            recorded_at=START, encounter=visit,
        )  # fmt: skip
    for nth, (code, words) in enumerate((("C09AA02", "Enalapril"), ("A10BA02", "Metformina"))):
        yield MedicationRequest(
            id=FactId(f"{patient}.r{nth}"), patient=patient, medication=Coding(system=ATC, code=code, display=words),
            authored_at=START, dose="10 mg", every_hours=12, encounter=visit,
        )  # fmt: skip
    yield AllergyIntolerance(
        id=FactId(f"{patient}.y"),
        patient=patient,
        recorded_at=START,
        substance=Coding(system=ATC, code="J01CA04", display="Amoxicilina"),
    )
    for nth in range(2):
        yield AuditEvent(
            id=FactId(f"{patient}.a{nth}"), patient=patient, action="open", recorded_at=START + timedelta(days=number % 900),
            agent="Dra. Ledesma", device=DEVICE,
        )  # fmt: skip


def reading(patient: PatientId, number: int, nth: int, visit: EncounterId) -> Observation:
    vital = _VITALS[nth % len(_VITALS)]
    return Observation(
        id=FactId(f"{patient}.o{nth}"), patient=patient, code=vital.coding, effective_at=START + timedelta(days=nth * 7),
        value=Quantity(value=Decimal(60 + (number + nth) % 30), unit=vital.unit), encounter=visit,
    )  # fmt: skip


def note(patient: PatientId, dice: Random, nth: int, visit: EncounterId) -> Composition:
    """About a thousand letters."""
    return Composition(
        id=FactId(f"{patient}.n{nth}"), patient=patient, encounter=visit, status=CompositionStatus.FINAL, author=UserId("u"),
        author_name="Dra. Ledesma", signed_at=_day(dice), subjective=text(dice, 60), objective=text(dice, 40),
        assessment=text(dice, 20), plan=text(dice, 40), user_signature=bytes(64),
    )  # fmt: skip


def text(dice: Random, words: int) -> str:
    """Half of it words that all notes have, half words that few have."""
    return " ".join(dice.choice(COMMON) if dice.random() < 0.5 else rare_word(dice) for _ in range(words))


def rare_word(dice: Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(3))


def _day(dice: Random) -> datetime:
    return START + timedelta(seconds=dice.randrange(6 * 365 * 86_400))
