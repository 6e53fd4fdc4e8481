# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs, groups, and the same answer either way round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.interactions import SEVERITIES, Interaction, Thesaurus
from clinic.domain.medicines import Ingredient
from clinic.domain.values import ATC, Coding
from clinic.exchange.lists import medicine_lists

MINOR, MAJOR = Interaction(("minor",), "kidney", "a"), Interaction(("major", "minor"), "kidney", "b")
SMALL = Thesaurus(
    "List",
    "2020-10-20",
    [("nsaids", "pressure", MINOR), ("ibuprofen", "enalapril", MAJOR), ("nsaids", "other nsaids", MINOR)],
    {
        "ibuprofen": frozenset({"nsaids", "other nsaids", "pain"}),
        "naproxen": frozenset({"nsaids", "other nsaids", "pain"}),
        "enalapril": frozenset({"pressure"}),
    },
)


def one(listed: str, inn: str = "") -> Ingredient:
    return Ingredient(inn or listed, listed=listed)


def test_by_substance_and_by_group_the_gravest_of_a_kind() -> None:
    assert SMALL.between(one("ibuprofen"), one("enalapril")) == (MAJOR,)
    assert SMALL.between(one("naproxen"), one("enalapril")) == (MINOR,)
    assert SMALL.between(one("naproxen"), one("ibuprofen")) == (MINOR,)


def test_a_substance_with_itself_or_outside_the_list_has_none() -> None:
    assert SMALL.between(one("ibuprofen"), one("ibuprofen")) == ()
    assert SMALL.between(one("", "loratadine"), one("enalapril")) == ()


def test_a_whole_group_stands_for_what_all_its_substances_share() -> None:
    assert SMALL.terms("nsaids") == {"nsaids", "other nsaids", "pain"}
    assert SMALL.between(one("nsaids", "ketorolac"), one("naproxen")) == (MINOR,)


MUST_BE_FOUND = [
    ("M01AE01", "C09AA02", "moderate", "kidney"),  # ibuprofen, enalapril
    ("B01AA03", "B01AC06", "contraindicated", "bleeding"),  # warfarin, aspirin
    ("C10AA01", "J01FA09", "contraindicated", "muscle"),  # simvastatin, clarithromycin
    ("A12BA01", "C03DA01", "major", "high-potassium"),  # potassium, spironolactone
    ("L04AX03", "J01EE01", "contraindicated", "blood-cells"),  # methotrexate, sulfamethoxazole + trimethoprim
    ("L04AX03", "J01EA01", "contraindicated", "blood-cells"),  # methotrexate, trimethoprim
    ("C09AA02", "C03DA01", "major", "high-potassium"),  # enalapril, spironolactone
    ("C09CA01", "A12BA01", "major", "high-potassium"),  # losartan, potassium
    ("G04BE03", "C01DA08", "contraindicated", "low-pressure"),  # sildenafil, isosorbide dinitrate
    ("N06AB03", "N06AG02", "major", "serotonin"),  # fluoxetine, moclobemide
    ("N02AX02", "N06AB05", "major", "lower-effect"),  # tramadol, paroxetine
    ("C08DA01", "C07AA05", "major", "slow-heart"),  # verapamil, propranolol
    ("J04AB02", "G03AA07", "major", "contraception"),  # rifampicin, oral contraceptive
    ("M04AC01", "J01FA09", "contraindicated", "higher-level"),  # colchicine, clarithromycin
    ("M04AA01", "L04AX01", "contraindicated", "blood-cells"),  # allopurinol, azathioprine
    ("N05AN01", "M01AB05", "major", "higher-level"),  # lithium, diclofenac
    ("C01AA05", "C01BD01", "moderate", "heart-rhythm"),  # digoxin, amiodarone
    ("N02CA52", "J01FA01", "contraindicated", "vessels"),  # ergotamine, erythromycin
    ("B01AB05", "M01AB05", "major", "bleeding"),  # enoxaparin, diclofenac
    ("J01MA02", "A02AB01", "major", "absorption"),  # ciprofloxacin, aluminium hydroxide
    ("M01AB15", "B01AA07", "major", "bleeding"),  # ketorolac (by its group), acenocoumarol
    ("N03AG01", "J01DH02", "major", "seizures"),  # valproate, meropenem
]


def severities(first: str, second: str) -> set[tuple[str, str]]:
    lists = medicine_lists()
    some, others = (
        lists.formulary.read(Coding(system=ATC, code=code)).ingredients for code in (first, second)
    )
    return {
        (hit.severity, hit.mechanism)
        for mine in some
        for theirs in others
        for hit in lists.thesaurus.between(mine, theirs)
    }


@pytest.mark.parametrize(("first", "second", "severity", "mechanism"), MUST_BE_FOUND)
def test_pairs_that_every_clinician_knows(first: str, second: str, severity: str, mechanism: str) -> None:
    assert (severity, mechanism) in severities(first, second)


def test_pairs_that_are_given_together_every_day_have_nothing_grave() -> None:
    for first, second in [
        ("N02BE01", "J01CA04"),
        ("A10BA02", "C09AA02"),
        ("C10AA05", "C08CA01"),
        ("R03AC02", "R03BA02"),
    ]:
        assert not {severity for severity, _ in severities(first, second)} & {"contraindicated", "major"}


EVERYTHING = [ingredient for ingredient in medicine_lists().formulary.ingredients if ingredient.listed]


@given(st.sampled_from(EVERYTHING), st.sampled_from(EVERYTHING))
def test_the_order_of_two_substances_never_matters(some: Ingredient, other: Ingredient) -> None:
    thesaurus = medicine_lists().thesaurus
    found = thesaurus.between(some, other)
    assert found == thesaurus.between(other, some)
    assert [one.rank for one in found] == sorted(one.rank for one in found)
    assert all(hit.severity in SEVERITIES and hit.text for hit in found)
