# SPDX-License-Identifier: GPL-3.0-or-later
"""Years of visits of an invented person: readings that move like a body's, and the note that fits them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from clinic.domain.facts import (
    Composition,
    CompositionStatus,
    Encounter,
    EncounterStatus,
    Fact,
    Gender,
    Method,
    Observation,
    Observed,
    Patient,
)
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.values import ICD10, Coding, Quantity
from clinic.domain.vitals import BLOOD_PRESSURE, VITALS
from clinic.showcase.ailments import OCCASIONS, Ailment
from clinic.showcase.names import CLINICIANS

NewId = Callable[[], str]
Readings = dict[str, Decimal]
Occasion = tuple[int, str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_GROWTH = (
    (0, 50, 3.4),
    (1, 75, 9.8),
    (2, 87, 12.2),
    (5, 109, 18.2),
    (8, 127, 25.5),
    (11, 143, 36.0),
    (14, 160, 50.0),
    (18, 168, 62.0),
)
"""Age in years, usual height in cm and weight in kg, about the WHO medians of both sexes."""


def clinic_time(random: Random, day: date) -> datetime:
    """A moment of that day while clinics are open (8 to 17 h in Argentina)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        minutes=random.randint(11 * 60, 20 * 60)
    )


class Body:
    """What is usual for one person; `readings` gives one day's vitals around it."""

    def __init__(self, random: Random, patient: Patient, ailments: Sequence[Ailment]) -> None:
        assert patient.birth_date is not None
        self.patient, self.ailments = patient, tuple(ailments)
        self._random, self._born = random, patient.birth_date
        woman = patient.gender is Gender.FEMALE
        self._stature = random.gauss(0.96 if woman else 1.03, 0.035)
        self._build = random.gauss(1.0, 0.13)
        self._shift: dict[str, float] = {}
        for key, amount in (shift for ailment in ailments for shift in ailment.shifts):
            self._shift[key] = self._shift.get(key, 0.0) + amount
        self._own = {
            key: random.gauss(0, sd)
            for key, sd in (("systolic", 6), ("diastolic", 4), ("heart_rate", 5), ("glucose", 6))
        }
        self._treated = random.uniform(0.35, 0.75)

    def years(self, day: date) -> float:
        return (day - self._born).days / 365.25

    def readings(self, day: date, course: float, ill: bool) -> Readings:
        """Vitals of a day; `course` 0..1 is how far treatment has come, `ill`: an acute infection."""
        age, noise = self.years(day), self._random.gauss
        height, weight = self._size(age)
        child = max(0.0, (16 - age) / 16)
        values = {
            "systolic": 116
            + max(0.0, age - 35) * 0.32
            - 26 * child
            + self._over("systolic", course)
            + noise(0, 6.5),
            "diastolic": 73
            + max(0.0, min(age, 60) - 35) * 0.18
            - 13 * child
            + self._over("diastolic", course)
            + noise(0, 4.5),
            "heart_rate": 74
            + 38 * child
            + self._over("heart_rate", course)
            + noise(0, 6)
            + (13 if ill else 0),
            "respiratory_rate": 15.4
            + 8 * child
            + self._shift.get("respiratory_rate", 0)
            + noise(0, 1.1)
            + (2 if ill else 0),
            "temperature": 36.5 + noise(0, 0.22) + (abs(noise(0.9, 0.5)) if ill else 0),
            "spo2": 97.7 + self._shift.get("spo2", 0) + noise(0, 0.8) - (0.8 if ill else 0),
            "weight": weight * (1 + noise(0, 0.012)),
            "height": height,
            "glucose": 92
            + self._over("glucose", course)
            + noise(0, 9 + self._shift.get("glucose", 0) * 0.32),
        }
        values["diastolic"] = min(values["diastolic"], values["systolic"] - 18)
        return {key: _rounded(key, value) for key, value in values.items()}

    def _over(self, key: str, course: float) -> float:
        return self._shift.get(key, 0.0) * (1 - self._treated * course) + self._own.get(key, 0.0)

    def _size(self, age: float) -> tuple[float, float]:
        """Height in cm, weight in kg."""
        for (a0, h0, w0), (a1, h1, w1) in pairwise(_GROWTH):
            if age < a1:
                part = (age - a0) / (a1 - a0)
                return (h0 + part * (h1 - h0)) * self._stature, (
                    w0 + part * (w1 - w0)
                ) * self._stature * self._build
        grown = 66 + min(age - 18, 35) * 0.28
        return 166 * self._stature, grown * self._stature * self._build + self._shift.get("weight", 0.0)


def _rounded(key: str, value: float) -> Decimal:
    vital = VITALS[key]
    top = 100.0 if key == "spo2" else float(vital.high)
    return Decimal(f"{min(max(value, float(vital.low)), top):.{vital.decimals}f}")


def visits(random: Random, body: Body, new_id: NewId, since: date, today: date) -> Iterator[Fact]:
    """Encounters with readings and a signed note each, oldest first."""
    day, span = since, max((today - since).days, 1)
    while day < today:
        occasion = _occasion(random, body.years(day)) if not body.ailments or random.random() < 0.18 else None
        ill = occasion is not None and occasion[1] in ("J06.9", "A09")
        values = body.readings(day, min(1.0, 2 * (day - since).days / span), ill)
        yield from _visit(random, body, new_id, clinic_time(random, day), values, occasion)
        busy = 130 if len(body.ailments) > 1 else 200 if body.ailments else 380
        day += timedelta(days=int(random.uniform(0.6, 1.5) * busy))


def _occasion(random: Random, years: float) -> Occasion:
    return random.choice([occasion for occasion in OCCASIONS if occasion[0] <= years])


def _visit(
    random: Random, body: Body, new_id: NewId, at: datetime, values: Readings, occasion: Occasion | None
) -> Iterator[Fact]:
    patient = body.patient.patient
    encounter = EncounterId(new_id())
    reason = (
        body.ailments[0].coding
        if occasion is None
        else Coding(system=ICD10, code=occasion[1], display=occasion[2])
    )
    end = at + timedelta(minutes=random.randint(9, 28))
    yield Encounter(
        id=FactId(encounter),
        patient=patient,
        status=EncounterStatus.FINISHED,
        arrived_at=at - timedelta(minutes=random.randint(4, 50)),
        reason=reason,
        started_at=at,
        finished_at=end,
    )
    yield from _observations(random, body, new_id, encounter, at, values)
    yield _note(random, body, FactId(new_id()), encounter, end, values, occasion)


def _observations(
    random: Random, body: Body, new_id: NewId, encounter: EncounterId, at: datetime, values: Readings
) -> Iterator[Observation]:
    patient, method = body.patient.patient, Method.DEVICE if random.random() < 0.3 else Method.MANUAL
    if body.years(at.date()) >= 3:
        parts = tuple(
            Observed(code=VITALS[key].coding, value=_quantity(key, values[key]))
            for key in ("systolic", "diastolic")
        )
        yield Observation(
            id=FactId(new_id()),
            patient=patient,
            code=BLOOD_PRESSURE,
            effective_at=at,
            components=parts,
            method=method,
            encounter=encounter,
        )
    keys = ["heart_rate", "weight"]
    keys += [
        key
        for key, share in (("temperature", 0.4), ("spo2", 0.6), ("respiratory_rate", 0.4))
        if random.random() < share
    ]
    if body.years(at.date()) < 18 or random.random() < 0.15:
        keys.append("height")
    if any(ailment.code == "E11.9" for ailment in body.ailments):
        keys.append("glucose")
    for key in keys:
        yield Observation(
            id=FactId(new_id()),
            patient=patient,
            code=VITALS[key].coding,
            effective_at=at,
            value=_quantity(key, values[key]),
            method=method,
            encounter=encounter,
        )


def _quantity(key: str, value: Decimal) -> Quantity:
    return Quantity(value=value, unit=VITALS[key].unit)


_OPENINGS = (
    "",
    "",
    "Viene con un familiar. ",
    "Llega en moto desde el paraje. ",
    "Control programado. ",
    "Consulta espontánea. ",
)
_OPENINGS_CHILD = (
    "Viene con su madre. ",
    "Viene con su abuela. ",
    "Viene con su padre. ",
    "Control de niño sano. ",
    "",
)
_GENERAL = (
    "Buen estado general, mucosas húmedas.",
    "Vigil, con buena orientación en tiempo y espacio.",
    "Sin signos de alarma.",
    "Camina sin ayuda, piel y mucosas normocoloreadas.",
    "Buen estado general.",
)
_GENERAL_CHILD = (
    "Juega y sonríe durante el examen.",
    "Buen estado general, mucosas húmedas.",
    "Sin signos de alarma.",
    "Crecimiento acorde a su curva.",
)
_CLOSINGS = (
    "Pautas de alarma.",
    "Se explican signos para volver antes.",
    "Próximo control según turno.",
    "Se aclaran dudas.",
    "",
)


def _note(
    random: Random,
    body: Body,
    fact: FactId,
    encounter: EncounterId,
    at: datetime,
    values: Readings,
    occasion: Occasion | None,
) -> Composition:
    if occasion is not None:
        _, code, name, told, found, planned = occasion
        judged: tuple[str, ...] = (f"{name}.",)
        conditions: tuple[Coding, ...] = (Coding(system=ICD10, code=code, display=name),)
    else:
        first = random.choice(body.ailments)
        told, found, judged, planned = first.told, first.found, first.judged, first.planned
        conditions = tuple(ailment.coding for ailment in body.ailments)
    child = body.years(at.date()) < 10
    opening = random.choice(_OPENINGS_CHILD if child else _OPENINGS)
    general = random.choice(_GENERAL_CHILD if child else _GENERAL)
    return Composition(
        id=fact,
        patient=body.patient.patient,
        encounter=encounter,
        status=CompositionStatus.FINAL,
        subjective=opening + _some(random, told),
        objective=f"{general} {_filled(random.choice(found), values)}",
        assessment=random.choice(judged),
        plan=f"{_some(random, planned)} {random.choice(_CLOSINGS)}".strip(),
        conditions=conditions,
        author=UserId(""),
        author_name=random.choice(CLINICIANS),
        signed_at=at,
    )


def _some(random: Random, phrases: tuple[str, ...]) -> str:
    """One or two of the phrases."""
    return " ".join(random.sample(phrases, min(len(phrases), random.choice((1, 1, 2)))))


def _filled(phrase: str, values: Readings) -> str:
    short = {
        "sys": "systolic",
        "dia": "diastolic",
        "glu": "glucose",
        "kg": "weight",
        "hr": "heart_rate",
        "rr": "respiratory_rate",
    }
    known = {name: str(values[key]).replace(".", ",") for name, key in short.items()}
    return phrase.format(**known, spo2=values["spo2"], temp=str(values["temperature"]).replace(".", ","))
