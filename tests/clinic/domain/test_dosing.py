# SPDX-License-Identifier: GPL-3.0-or-later
"""Doses, pregnancies, kidneys: what is said, what is asked, and what is never claimed."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.dosing import Body, Guide, Order, body_cautions, dose_cautions, milligrams
from clinic.domain.facts import Gender
from clinic.domain.medicines import Ingredient, Medicine
from clinic.domain.scores.kinds import Who
from clinic.exchange.lists import dosing, medicine_lists

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
D = Decimal
GUIDE = Guide(
    inn="x", usual_mg=D(250), dose_mg=D(1000), day_mg=D(4000), child_day_mg_kg=D(75), hours=4, pregnancy="stop",
    kidney_stop=30, kidney_care=45, source="a label",
)  # fmt: skip
GUIDES = {"x": GUIDE}
X = Medicine("X", "", (Ingredient("x"),))


def body(
    years: int | None = 40, gender: Gender = Gender.MALE, pregnant: bool | None = None, egfr: int | None = 90,
    kg: str | None = None,
) -> Body:  # fmt: skip
    born = None if years is None else date(2026 - years, 1, 1)
    return Body(
        Who(birth_date=born, gender=gender), AT, pregnant, None if egfr is None else D(egfr), "2026-11-01",
        None if kg is None else D(kg), "2026-11-20",
    )  # fmt: skip


def said(dose: str, every: int = 8, on: Body | None = None, route: str = "oral") -> list[tuple[str, str]]:
    found = dose_cautions(X, Order(dose, route, every), on or body(), GUIDES)
    return [(one.severity, one.mechanism) for one in found]


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("500 mg", "500"), ("1g", "1000"), ("1,5 g", "1500"), ("0.5 mg", "0.5"), ("25 mcg", "0.025"),
        ("50 µg", "0.050"), ("2 comprimidos de 500 mg", "1000"), ("1/2 comp 10 mg", "5"), ("½ tab of 20 mg", "10"),
        ("500 mg con comida", "500"), ("2 cápsulas de 250 mg", "500"),
        ("", None), ("una", None), ("875/125 mg", None), ("10 mg/kg", None), ("250 mg/5 ml", None),
        ("1.000 mg", None), ("1,000 mg", None), ("10 UI", None), ("5 ml", None), ("500", None),
        ("500 mg o 1 g", None), ("2 puffs", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_where_it_is_one_and_guessed_nowhere(text: str, mg: str | None) -> None:
    assert milligrams(text) == (None if mg is None else D(mg))


@pytest.mark.parametrize(
    ("dose", "every", "found"),
    [
        ("500 mg", 8, []),
        ("1 g", 6, []),
        ("1 g", 0, []),
        ("5000 mg", 0, [("tenfold", "5000 500")]),
        ("1 g", 4, [("overdose", "6000 4000")]),
        ("1500 mg", 24, [("overdose", "once 1500 1000")]),
        ("500 mg", 2, [("too-often", "4"), ("overdose", "6000 4000")]),
        ("50 mg", 8, [("too-little", "50 500")]),
        ("200 mg", 8, []),
        ("500 mg", -1, []),
        ("2 puffs", 8, [("unchecked", "dose-dose")]),
    ],
)
def test_an_adults_dose(dose: str, every: int, found: list[tuple[str, str]]) -> None:
    assert said(dose, every) == found


@pytest.mark.parametrize(
    ("dose", "kg", "found"),
    [
        ("250 mg", "12", []),
        ("500 mg", "12", [("overdose", "1500 900 12 2026-11-20")]),
        ("1 g", "12", [("tenfold", "3000 900 12 2026-11-20")]),
        ("250 mg", None, [("unchecked", "dose-weight")]),
        ("2 g", None, [("overdose", "6000 4000")]),
    ],
)
def test_a_childs_dose_is_reckoned_by_weight_or_not_at_all(
    dose: str, kg: str | None, found: list[tuple[str, str]]
) -> None:
    assert said(dose, 8, body(years=3, kg=kg)) == found


def test_another_route_and_several_substances_are_said_not_to_be_checked() -> None:
    assert said("500 mg", route="intravenous") == [("unchecked", "dose-route")]
    both = Medicine("X+Y", "", (Ingredient("x"), Ingredient("y")))
    assert [one.mechanism for one in dose_cautions(both, Order("5 g"), body(), GUIDES)] == ["dose-several"]
    assert dose_cautions(Medicine("Y", "", (Ingredient("y"),)), Order("5 kg"), body(), GUIDES) == ()


def told(on: Body, medicine: Medicine = X) -> list[tuple[str, str]]:
    return [(one.severity, one.mechanism) for one in body_cautions(medicine, on, GUIDES)]


@pytest.mark.parametrize(
    ("years", "gender", "pregnant", "severity"),
    [
        (30, Gender.FEMALE, True, "pregnancy"),
        (30, Gender.FEMALE, None, "ask-pregnancy"),
        (30, Gender.FEMALE, False, ""),
        (30, Gender.MALE, None, ""),
        (11, Gender.FEMALE, None, ""),
        (51, Gender.FEMALE, None, ""),
        (None, Gender.FEMALE, None, ""),
    ],
)
def test_an_unknown_pregnancy_is_asked_about_and_a_known_one_warned_of(
    years: int | None, gender: Gender, pregnant: bool | None, severity: str
) -> None:
    assert told(body(years, gender, pregnant)) == ([(severity, "stop")] if severity else [])


@pytest.mark.parametrize(
    ("egfr", "found"),
    [
        (90, []),
        (45, []),
        (44, [("kidney-care", "44 45 2026-11-01")]),
        (30, [("kidney-care", "30 45 2026-11-01")]),
        (29, [("kidney", "29 30 2026-11-01")]),
        (None, [("unchecked", "kidney-unknown")]),
    ],
)
def test_kidneys_are_judged_by_an_egfr_of_the_chart_and_otherwise_said_not_to_be(
    egfr: int | None, found: list[tuple[str, str]]
) -> None:
    assert told(body(egfr=egfr)) == found


def test_what_stays_on_the_skin_is_not_judged() -> None:
    assert told(body(30, Gender.FEMALE, True, 10), Medicine("X", "", (Ingredient("x"),), local=True)) == []


amounts = st.integers(1, 20_000).map(D)


@given(amounts, st.integers(1, 24), st.integers(1, 24))
def test_more_a_day_never_says_less(amount: Decimal, rare: int, often: int) -> None:
    """A dose that is too much stays too much when it is given more often."""
    rare, often = max(rare, often), min(rare, often)
    grave = {"tenfold", "overdose"}
    less, more = ({one for one, _why in said(f"{amount} mg", every)} & grave for every in (rare, often))
    assert not less or more


@given(st.text(max_size=20))
def test_no_words_break_the_reading_of_a_dose(text: str) -> None:
    found = milligrams(text)
    assert found is None or found >= 0


@given(amounts, st.integers(0, 168), st.integers(0, 17), st.sampled_from([None, "0", "3.5", "60"]))
def test_a_child_without_a_weight_is_never_said_to_be_safe(
    amount: Decimal, every: int, years: int, kg: str | None
) -> None:
    found = [one for one, _why in said(f"{amount} mg", every, body(years, kg=kg))]
    if kg in (None, "0"):
        assert {"unchecked", "overdose", "tenfold"} & set(found)


def test_every_row_of_the_list_is_about_a_known_substance_and_holds_together() -> None:
    known = {one.inn for one in medicine_lists().formulary.ingredients}
    assert len(dosing()) >= 40
    for inn, guide in dosing().items():
        assert inn in known and guide.source
        figures = [one for one in (guide.usual_mg, guide.dose_mg, guide.day_mg) if one is not None]
        assert figures == sorted(figures), inn
        assert not guide.kidney_care or guide.kidney_stop < guide.kidney_care, inn
        assert figures or guide.pregnancy or guide.kidney_stop or guide.kidney_care or guide.child_day_mg_kg


@pytest.mark.parametrize(
    ("code", "dose", "every", "severity"),
    [
        ("N02BE01", "500 mg", 8, ""), ("N02BE01", "1 g", 4, "overdose"), ("C08CA01", "50 mg", 24, "tenfold"),
        ("H03AA01", "100 mcg", 24, ""), ("H03AA01", "100 mg", 24, "overdose"), ("C03CA01", "40 mg", 12, ""),
        ("C01AA05", "2.5 mg", 24, "tenfold"), ("A10BA02", "850 mg", 8, ""), ("M01AE01", "400 mg", 8, ""),
        ("J01CA04", "500 mg", 8, ""), ("C09AA02", "10 mg", 12, ""), ("C09CA01", "50 mg", 24, ""),
    ],
)  # fmt: skip
def test_usual_doses_pass_and_slips_are_caught(code: str, dose: str, every: int, severity: str) -> None:
    medicine = next(one for one in medicine_lists().formulary.medicines if one.atc == code)
    found = [one.severity for one in dose_cautions(medicine, Order(dose, "oral", every), body(), dosing())]
    assert found == ([severity] if severity else [])
