# SPDX-License-Identifier: GPL-3.0-or-later
"""By substance, then by class, then by the list of cross-reactions; what is not understood is never silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.allergies import RISKS, CrossReaction, class_of
from clinic.domain.values import ATC, Coding
from clinic.exchange.lists import medicine_lists

LISTS = medicine_lists()


def why(allergy: str, medicine: str, code: str = "") -> tuple[str, str]:
    allergen = LISTS.allergology.read(Coding(system=ATC if code else "", code=code, display=allergy))
    return LISTS.allergology.why(allergen, LISTS.formulary.read(Coding(system=ATC, code=medicine)))


@pytest.mark.parametrize(
    ("allergy", "code", "medicine", "said"),
    [
        ("Amoxicilina", "J01CA04", "J01CA04", "same-substance"),
        ("amoxicilina", "", "J01CR02", "same-substance"),  # a combination counts each ingredient
        ("Bactrim", "J01EE01", "J01EA01", "same-substance"),
        ("Penicilinas", "J01C", "J01CA04", "same-class"),
        ("alergia a la penicilina", "", "J01CR02", "same-class"),
        ("Amoxicilina", "J01CA04", "J01CE08", "same-class"),  # all penicillins are one class
        ("Ibuprofeno", "M01AE01", "N02BA01", "same-class"),  # anti-inflammatories and aspirin
        ("aspirina", "", "M01AB05", "same-class"),
        ("sulfas", "", "J01EE01", "same-class"),
        ("Penicilinas", "J01C", "J01DB01", "cross"),
        ("cefalosporinas", "", "J01CA04", "cross"),
        ("Carbamazepina", "N03AF01", "N03AB02", "cross"),
        ("Penicilinas", "J01C", "J01FA10", ""),
        ("Polen", "", "J01CA04", ""),
        ("Levetiracetam", "N03AX14", "N03AX11", ""),  # the 'other' groups of ATC are no class
    ],
)
def test_an_allergy_and_a_medicine(allergy: str, code: str, medicine: str, said: str) -> None:
    assert why(allergy, medicine, code)[0] == said


def test_cephalosporins_with_the_same_side_chain_are_told_from_the_others() -> None:
    assert why("Amoxicilina", "J01DB01", "J01CA04") == ("cross", "possible side-chain")
    assert why("Amoxicilina", "J01DD04", "J01CA04") == ("cross", "rare beta-lactam")


@pytest.mark.parametrize("text", ["Polen", "ácaros", "", "algo que le dieron en el hospital"])
def test_what_is_no_medicine_we_know_is_not_known(text: str) -> None:
    assert not LISTS.allergology.read(Coding(system="", code="", display=text)).known


PREFIXES = [prefix for row in LISTS.allergology.crossings for prefix in (*row.first, *row.second)]


@given(st.sampled_from(LISTS.allergology.crossings), st.sampled_from(PREFIXES), st.sampled_from(PREFIXES))
def test_cross_reactions_go_both_ways(row: CrossReaction, some: str, other: str) -> None:
    assert row.joins((some,), (other,)) == row.joins((other,), (some,))
    assert row.risk in RISKS and row.basis


def test_a_class_is_five_letters_and_never_an_other_group() -> None:
    assert (class_of("J01CA04"), class_of("J01"), class_of("N03AX14")) == ("J01CA", "", "")
