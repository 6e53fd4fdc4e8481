# SPDX-License-Identifier: GPL-3.0-or-later
"""BMI and eGFR: every boundary of their source's table, units, ages, and published results."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.facts import Gender
from clinic.domain.scores.body_mass import BMI
from clinic.domain.scores.kidney import EGFR, EGFR_CHILD, STAGES, ckd_epi_2021
from clinic.domain.scores.kinds import NotFor, Result, Who, band_of
from clinic.domain.scores.reading import compute
from tests.clinic.domain.scores.taken import NOW, observed

HER = Who(birth_date=date(1971, 11, 21), gender=Gender.FEMALE)  # 55 today


def mass(kg: object, cm: object = 100, who: Who = HER) -> Result:
    return compute(BMI, who, [observed("29463-7", kg), observed("8302-2", cm)], NOW)


@pytest.mark.parametrize(
    ("kg", "band"),
    [("15.99", "severely-thin"), ("16", "thin-ii"), ("16.99", "thin-ii"), ("17", "thin-i"), ("18.49", "thin-i"),
     ("18.494", "thin-i"),
     ("18.495", "normal"), ("18.5", "normal"), ("24.99", "normal"), ("24.994", "normal"),
     ("24.995", "pre-obese"), ("25", "pre-obese"),
     ("29.99", "pre-obese"), ("30", "obese-i"), ("34.99", "obese-i"), ("35", "obese-ii"),
     ("39.99", "obese-ii"), ("40", "obese-iii")],
)  # fmt: skip
def test_every_edge_of_the_body_mass_table(kg: str, band: str) -> None:
    found = mass(kg)
    assert found.band is not None and found.band.key == band


def test_body_mass_is_for_grown_people_who_are_not_pregnant() -> None:
    assert mass(20, who=Who(birth_date=date(2007, 11, 22))).not_for == NotFor.TOO_YOUNG
    assert mass(20, who=Who(birth_date=date(2007, 11, 21))).value == 20
    assert mass(20, who=Who(birth_date=date(1990, 1, 1), pregnant=True)).not_for == NotFor.PREGNANT
    assert mass(20, who=Who()).missing == ("birth_date",)
    assert mass(20, 0).missing == ("height",)
    assert compute(BMI, HER, [observed("29463-7", 70)], NOW).missing == ("height",)


def kidney(creatinine: object, unit: str = "mg/dL", who: Who = HER) -> Result:
    return compute(EGFR, who, [observed("2160-0", creatinine, unit=unit)], NOW)


@pytest.mark.parametrize(
    ("creatinine", "years", "gender", "result"),
    [
        # a worked example of the equation: 55-year-old woman, 0.9 mg/dL: about 76
        ("0.9", 55, Gender.FEMALE, 75),
        # at kappa both slopes are 1: 142 * 0.9938^age (* 1.012)
        ("0.9", 50, Gender.MALE, 104), ("0.7", 50, Gender.FEMALE, 105),
        ("0.5", 18, Gender.MALE, 152), ("1.5", 70, Gender.MALE, 50), ("4", 70, Gender.FEMALE, 12), ("10", 40, Gender.MALE, 6),
    ],
)  # fmt: skip
def test_the_equation_of_2021(creatinine: str, years: int, gender: Gender, result: int) -> None:
    kappa, alpha, factor = (0.7, -0.241, 1.012) if gender == Gender.FEMALE else (0.9, -0.302, 1.0)
    share = float(creatinine) / kappa
    written = 142 * min(share, 1) ** alpha * max(share, 1) ** -1.2 * 0.9938**years * factor
    ours = ckd_epi_2021(Decimal(creatinine), years, gender)
    assert float(ours) == pytest.approx(written, rel=1e-12)
    assert abs(ours - result) <= 1


def test_micromoles_and_milligrams_give_the_same() -> None:
    assert kidney("88.4", "umol/L").value == kidney(1).value
    assert kidney(88, "mmol/L").missing == ("creatinine",)


@pytest.mark.parametrize(
    ("value", "stage"),
    [(0, "g5"), (14, "g5"), (15, "g4"), (29, "g4"), (30, "g3b"), (44, "g3b"), (45, "g3a"), (59, "g3a"), (60, "g2"), (89, "g2"),
     (90, "g1"), (150, "g1")],
)  # fmt: skip
def test_every_stage(value: int, stage: str) -> None:
    found = band_of(STAGES, Decimal(value))
    assert found is not None and found.key == stage


def test_whom_the_equations_are_for() -> None:
    day_before_18 = Who(birth_date=date(2008, 11, 22), gender=Gender.MALE)
    eighteen = Who(birth_date=date(2008, 11, 21), gender=Gender.MALE)
    tall = [observed("2160-0", 1), observed("8302-2", 170)]
    assert compute(EGFR, day_before_18, tall, NOW).not_for == NotFor.TOO_YOUNG
    assert compute(EGFR_CHILD, day_before_18, tall, NOW).value == 70  # 0.413 * 170 / 1 = 70.21
    assert compute(EGFR, eighteen, tall, NOW).value is not None
    assert compute(EGFR_CHILD, eighteen, tall, NOW).not_for == NotFor.TOO_OLD
    assert compute(EGFR_CHILD, Who(birth_date=date(2025, 11, 22)), tall, NOW).not_for == NotFor.TOO_YOUNG
    assert compute(EGFR_CHILD, day_before_18, tall[:1], NOW).missing == ("height",)
    assert kidney(1, who=Who(birth_date=date(1990, 1, 1), gender=Gender.OTHER)).missing == ("gender",)
    assert (
        kidney(1, who=Who(birth_date=date(1990, 1, 1), gender=Gender.FEMALE, pregnant=True)).not_for
        == NotFor.PREGNANT
    )
    assert kidney(0).missing == ("creatinine",)


def test_an_old_creatinine_is_stale_and_counts_the_age_of_its_day() -> None:
    found = compute(EGFR, HER, [observed("2160-0", "0.9", ago=timedelta(days=91))], NOW)
    assert found.stale == ("creatinine",)
    assert found.value == round(ckd_epi_2021(Decimal("0.9"), 54, Gender.FEMALE))
