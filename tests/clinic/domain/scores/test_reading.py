# SPDX-License-Identifier: GPL-3.0-or-later
"""What a score takes from observations: units, age, pregnancy, retraction, staleness. NEWS2 stands for all."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.facts import Observation
from clinic.domain.scores.kinds import Note, NotFor, Result, Who
from clinic.domain.scores.news2 import NEWS2
from clinic.domain.scores.reading import compute
from clinic.domain.scores.units import in_unit
from tests.clinic.domain.scores.taken import NOW, observed, pressure, vitals

GROWN = Who(birth_date=date(1958, 3, 7))


def news(*observations: Observation, who: Who = GROWN) -> Result:
    return compute(NEWS2, who, observations, NOW)


def test_a_whole_set_scores_and_says_what_it_stands_on() -> None:
    found = news(*vitals(rr=24, spo2=93, sbp=96, hr=118, t="38.6"))
    assert (found.value, found.missing, found.stale, found.notes) == (9, (), (), ())
    assert found.band is not None and found.band.key == "high"
    assert len(found.used) == 7 and len(found.evidence) == 7 and found.oldest_at == NOW


@pytest.mark.parametrize("left_out", range(7))
def test_without_any_one_input_there_is_no_total(left_out: int) -> None:
    found = news(*(one for n, one in enumerate(vitals()) if n != left_out))
    assert found.value is None and len(found.missing) == 1
    assert set(found.parts.values()) == {0}


@pytest.mark.parametrize(
    ("born", "why"),
    [
        (date(2010, 11, 22), NotFor.TOO_YOUNG),
        (date(2010, 11, 21), None),
        (date(2026, 1, 1), NotFor.TOO_YOUNG),
    ],
)
def test_nobody_under_sixteen(born: date, why: NotFor | None) -> None:
    found = news(*vitals(), who=Who(birth_date=born))
    assert (found.not_for, found.value) == (why, None if why else 0)


def test_not_in_pregnancy_and_a_word_when_the_age_is_unknown() -> None:
    pregnant = news(*vitals(), who=Who(birth_date=date(1996, 1, 1), pregnant=True))
    assert (pregnant.not_for, pregnant.value, pregnant.used) == (NotFor.PREGNANT, None, ())
    assert news(*vitals(), who=Who()).notes == (Note.AGE_UNKNOWN,)


def test_scale_2_only_when_it_was_ordered() -> None:
    chronic = vitals(spo2=90)
    assert news(*chronic).value == 3
    assert news(*chronic, who=Who(birth_date=GROWN.birth_date, scale_2=True)).value == 0


@pytest.mark.parametrize(("letter", "points"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3), ("a", 0)])
def test_every_letter_of_acvpu(letter: str, points: int) -> None:
    assert news(*vitals(alert=letter)).value == points


@pytest.mark.parametrize("word", ["", "?", "awake", "0"])
def test_another_word_is_missing_not_well_and_not_ill(word: str) -> None:
    assert news(*vitals(alert=word)).missing == ("alert",)


@pytest.mark.parametrize(
    ("value", "unit", "points"),
    [("95.09", "[degF]", 1), ("95", "[degF]", 3), ("98.6", "[degF]", 0), ("102.38", "[degF]", 2), ("102.2", "[degF]", 1),
     ("311.15", "K", 0), ("311.25", "K", 1)],
)  # fmt: skip
def test_fahrenheit_and_kelvin_are_turned_before_they_are_rounded(value: str, unit: str, points: int) -> None:
    others = [one for one in vitals() if one.code.code != "8310-5"]
    assert news(*others, observed("8310-5", value, unit=unit)).value == points


def test_a_unit_nobody_knows_is_not_read_and_hides_the_older_value() -> None:
    earlier = vitals(ago=timedelta(hours=1))
    found = news(*earlier, observed("8310-5", 98, unit=""))
    assert (found.value, found.missing, found.notes) == (None, ("temperature",), (Note.UNIT_REFUSED,))
    assert (
        news(*earlier, observed("8310-5", 98, unit=""), observed("8310-5", "36.5", at=NOW, name="z")).value
        == 0
    )


def test_retracted_and_later_readings_do_not_count() -> None:
    wrong = observed("8867-4", 140, retracted="another patient", name="wrong")
    later = observed("8867-4", 140, ago=-timedelta(minutes=1), name="later")
    assert news(*vitals(), wrong, later).value == 0


def test_the_newest_of_each_counts_and_of_two_at_once_every_computer_takes_the_same() -> None:
    a, b = observed("8867-4", 140, name="a"), observed("8867-4", 100, name="b")
    old = list(vitals(ago=timedelta(hours=2)))
    assert news(*old, a, b).value == news(*old, b, a).value == 1


@pytest.mark.parametrize(("hours", "stale"), [(12, ()), (12.01, ("systolic",))])
def test_an_input_of_yesterday_makes_the_score_stale(hours: float, stale: tuple[str, ...]) -> None:
    rest = [one for one in vitals() if not one.components]
    found = news(*rest, pressure(120, ago=timedelta(hours=hours)))
    assert (found.stale, found.value) == (stale, 0)
    assert found.oldest_at == NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "is_"),
    [("80", "g", "kg", "0.08"), ("1.5", "m", "cm", "150.0"), ("16", "kPa", "mm[Hg]", "120"), ("88.4", "umol/L", "mg/dL", "1"),
     ("32", "[degF]", "Cel", "0"), ("212", "[degF]", "Cel", "100"), ("0", "K", "Cel", "-273.15")],
)  # fmt: skip
def test_units_are_turned_exactly(value: str, unit: str, wanted: str, is_: str) -> None:
    assert round(in_unit(Decimal(value), unit, wanted), 1 if unit == "kPa" else 6) == pytest.approx(
        Decimal(is_), abs=Decimal("0.02")
    )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(Refusal, match="Correct the unit"):
        in_unit(Decimal(value), "Cel", "Cel")


@given(st.text(max_size=8))
def test_an_unknown_unit_is_always_refused(unit: str) -> None:
    if unit not in ("Cel", "K", "[degF]"):
        with pytest.raises(Refusal):
            in_unit(Decimal(37), unit, "Cel")
