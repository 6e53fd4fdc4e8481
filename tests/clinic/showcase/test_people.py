# SPDX-License-Identifier: GPL-3.0-or-later
"""The invented people keep the rules that real ones do."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, pairwise
from statistics import mean

import pytest

from clinic.domain import vitals
from clinic.domain.facts import (
    Appointment,
    Communication,
    Composition,
    Condition,
    Encounter,
    Fact,
    Gender,
    MedicationRequest,
    Observation,
    Patient,
)
from clinic.protocol.codec import decode, encode
from clinic.showcase import cast
from clinic.showcase.people import Life, facilities, generate

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def counter() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"station.{next(numbers)}"


@cache
def people(seed: int = 7, many: int = 200) -> tuple[Life, ...]:
    return tuple(generate(many, seed, counter(), TODAY))


def every(kind: type[Fact], lives: tuple[Life, ...] | None = None) -> list[Fact]:
    return [fact for life in lives or people() for fact in life.facts if isinstance(fact, kind)]


def when(fact: Fact) -> datetime | None:
    for name in ("effective_at", "signed_at", "recorded_at", "authored_at", "sent_at", "finished_at"):
        if (at := getattr(fact, name, None)) is not None:
            return at
    return None


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = tuple(generate(200, 7, counter(), TODAY))
    assert [encode(f) for life in again for f in life.facts] == [
        encode(f) for life in people() for f in life.facts
    ]


def test_another_seed_gives_other_people() -> None:
    other = tuple(generate(20, 8, counter(), TODAY))
    assert [life.patient.name for life in other] != [life.patient.name for life in people()[:20]]


def test_fewer_people_are_the_first_of_many() -> None:
    assert tuple(generate(20, 7, counter(), TODAY)) == people()[:20]


def test_every_fact_survives_the_codec() -> None:
    for life in people()[:40]:
        for fact in life.facts:
            assert decode(encode(fact)) == fact


def test_every_fact_has_an_id_of_its_own_and_its_patient() -> None:
    facts = [fact for life in people() for fact in life.facts]
    assert len({fact.id for fact in facts}) == len(facts)
    assert all(fact.patient == life.patient.id for life in people() for fact in life.facts)
    assert all(isinstance(life.facts[0], Patient) for life in people())


def test_document_numbers_are_unique_and_grow_with_the_year_of_birth() -> None:
    numbers = [(life.patient.birth_date, int(life.patient.identifiers[0].value)) for life in people()]
    assert len({number for _, number in numbers}) == 200
    old = [number for born, number in numbers if born and born.year < 1960]
    young = [number for born, number in numbers if born and born.year >= 2000]
    assert max(old) < 15_000_000
    assert min(young) > 40_000_000


def test_nothing_happens_before_birth_or_after_today() -> None:
    for life in people():
        born = life.patient.birth_date
        assert born is not None and born < TODAY and born.year > 1925
        for fact in life.facts:
            at = when(fact)
            assert at is None or (born <= at.date() and at < NOW), fact


def test_appointments_are_on_working_days_and_history_is_years_long() -> None:
    booked = [fact for fact in every(Appointment) if isinstance(fact, Appointment)]
    assert all(fact.start.weekday() < 5 for fact in booked)
    assert any(fact.start.date() > TODAY for fact in booked)
    grown = [life for life in people() if life.patient.birth_date and life.patient.birth_date.year < 2010]
    for life in grown:
        first = min(fact.arrived_at for fact in life.facts if isinstance(fact, Encounter))
        assert timedelta(days=2 * 365) < NOW - first < timedelta(days=10 * 365 + 10)


def test_every_reading_is_plausible_and_in_its_unit() -> None:
    for fact in every(Observation):
        assert isinstance(fact, Observation)
        found = vitals.readings(fact)
        assert found
        assert all(vitals.VITALS[key].plausible(value) for key, value in found.items()), found
        assert "systolic" not in found or found["systolic"] - found["diastolic"] >= 15


def _mean(key: str, wanted: Callable[[Life], bool]) -> float:
    chosen = (
        fact for life in people() if wanted(life) for fact in life.facts if isinstance(fact, Observation)
    )
    return mean(float(found[key]) for fact in chosen if key in (found := vitals.readings(fact)))


def has(code: str) -> Callable[[Life], bool]:
    return lambda life: any(isinstance(fact, Condition) and fact.code.code == code for fact in life.facts)


def adult(life: Life) -> bool:
    return life.patient.birth_date is not None and life.patient.birth_date.year < 1990


def test_people_with_a_condition_have_its_readings() -> None:
    assert (
        _mean("systolic", has("I10"))
        > _mean("systolic", lambda life: adult(life) and not has("I10")(life)) + 7
    )
    assert _mean("glucose", has("E11.9")) > 120
    assert (
        _mean("spo2", has("J44.9")) < _mean("spo2", lambda life: adult(life) and not has("J44.9")(life)) - 1
    )


def test_a_person_s_readings_vary_but_not_wildly() -> None:
    for life in people():
        series = [
            found["systolic"]
            for fact in life.facts
            if isinstance(fact, Observation) and "systolic" in (found := vitals.readings(fact))
        ]
        if adult(life) and len(series) > 8:
            steps = [abs(float(a - b)) for a, b in pairwise(series)]
            assert 1 < mean(steps) < 20


@pytest.mark.parametrize(("condition", "start"), [("I10", "C0"), ("E11.9", "A10"), ("E03.9", "H03")])
def test_medication_fits_the_condition(condition: str, start: str) -> None:
    with_it = [life for life in people() if has(condition)(life)]
    assert with_it
    for life in with_it:
        taken = [fact.medication.code for fact in life.facts if isinstance(fact, MedicationRequest)]
        assert any(code.startswith(start) for code in taken)


def test_children_are_not_treated_for_old_age() -> None:
    for life in people():
        if life.patient.birth_date and life.patient.birth_date.year > 2010:
            codes = {fact.code.code for fact in life.facts if isinstance(fact, Condition)}
            assert codes <= {"J45.9", "D50.9"}


def test_notes_are_many_and_different() -> None:
    notes = [fact for fact in every(Composition) if isinstance(fact, Composition)]
    texts = Counter((note.subjective, note.objective, note.plan) for note in notes)
    assert len(notes) > 1000 and len(texts) > 0.85 * len(notes)
    assert all("{" not in note.objective and note.plan and note.subjective for note in notes)


def test_portraits_are_small_jpegs_that_differ() -> None:
    photos = [life.patient.photo for life in people() if life.patient.photo]
    assert 80 < len(photos) < 160 and len(set(photos)) == len(photos)
    assert all(photo.startswith(b"\xff\xd8") and len(photo) <= 6 * 1024 for photo in photos)


def test_there_are_women_men_children_and_messages() -> None:
    genders = Counter(life.patient.gender for life in people())
    assert genders[Gender.FEMALE] > 70 < genders[Gender.MALE]
    assert len(every(Communication)) > 20
    assert len(facilities(counter())) == 4


def test_the_patient_of_the_visit_is_nobody_else() -> None:
    life = cast.patient_life(counter(), TODAY, 7)
    assert life == cast.patient_life(counter(), TODAY, 7)
    assert all(cast.FAMILY not in other.patient.name.full for other in people())
    assert all(other.patient.identifiers[0].value != cast.NUMBER for other in people())
    assert {fact.code.code for fact in life.facts if isinstance(fact, Condition)} == {"I10", "E11.9"}
