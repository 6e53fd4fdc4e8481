# SPDX-License-Identifier: GPL-3.0-or-later
"""How a caution is said: severity, harm, source and date, in the reader's language."""

from collections.abc import Iterator

import pytest

from clinic.domain.cautions import ORDER, Caution
from clinic.domain.interactions import MECHANISMS
from clinic.exchange.lists import INTERACTIONS_DATE, INTERACTIONS_NAME, cross_reactions
from desktop.kit.words import set_language
from desktop.screens.phrases import CROSS_REASONS, CROSS_RISKS, HARMS, SEVERITIES
from desktop.screens.visit.logic import Rx
from desktop.screens.visit.words import (
    caution_line,
    cautions_words,
    looked_words,
    needs_reason,
    quoted_words,
)
from tests.desktop.screens.standin import coding

DRUG = coding("atc", "B01AC06", "Aspirina")
LISTED = Caution(
    "contraindicated", "Warfarina", "", INTERACTIONS_NAME, INTERACTIONS_DATE, "bleeding",
    ("contraindicated", "minor"), "Contre-indication avec …",
)  # fmt: skip
NONE = Caution("none-listed", "Aspirina", "", INTERACTIONS_NAME, INTERACTIONS_DATE, "interactions")
CROSS = Caution("cross-allergy", "Penicilinas", "", "list of cross-reactions", "", "rare beta-lactam")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


def test_an_interaction_says_how_grave_what_harm_from_where_and_when() -> None:
    said = caution_line(LISTED)
    assert said.startswith("Do not combine, depending on dose and person: Warfarina. More bleeding.")
    assert INTERACTIONS_NAME in said and "2020" in said


def test_the_same_in_spanish() -> None:
    set_language("es")
    said = caution_line(LISTED)
    assert "según la dosis y la persona: Warfarina. Más sangrado." in said and "Fuente: " in said
    assert "Ningún profesional firmó esta lista" in caution_line(CROSS)


def test_a_signed_list_says_by_whom() -> None:
    signed = Caution(
        "cross-allergy",
        "P",
        "",
        "list of cross-reactions",
        "2026-11-01",
        "likely side-chain",
        signed="Dra. Paz",
    )
    said = caution_line(signed)
    assert "Signed: Dra. Paz." in said and "2026" in said


def test_nothing_listed_is_never_said_as_nothing() -> None:
    said = cautions_words(Rx(drug=DRUG, cautions=(NONE,)))
    assert (said.tone, said.text) == ("info", "No caution is listed. That is not the same as no risk.")
    looked = looked_words(Rx(drug=DRUG, cautions=(NONE,)))
    assert looked.startswith("Interactions: none listed.") and "2020" in looked


def test_a_serious_caution_asks_for_a_reason_and_a_rare_one_does_not() -> None:
    assert needs_reason(Rx(drug=DRUG, cautions=(LISTED, NONE)))
    assert not needs_reason(Rx(drug=DRUG, cautions=(CROSS, NONE))) and not needs_reason(Rx())
    assert cautions_words(Rx(drug=DRUG, cautions=(LISTED,))).tone == "danger"
    assert cautions_words(Rx(drug=DRUG, cautions=(CROSS,))).tone == "warn"
    assert quoted_words(Rx(drug=DRUG, cautions=(LISTED, NONE))) == "Warfarina: Contre-indication avec …"


@pytest.mark.parametrize(
    "why",
    [
        "not-coded",
        "local",
        "allergy-not-coded",
        "not-listed",
        "allergies",
        "interactions",
        "same-class",
        "same-substance",
    ],
)
@pytest.mark.parametrize("severity", ["unchecked", "none-listed", "duplicate", "allergy"])
def test_every_kind_of_line_names_its_source(severity: str, why: str) -> None:
    said = caution_line(Caution(severity, "X", "urticaria", "this chart", "2026-11-25", why))
    assert "Source: this chart" in said and "%" not in said and severity not in said


def test_every_word_of_the_rules_has_a_phrase() -> None:
    assert set(HARMS) == set(MECHANISMS)
    assert {"contraindicated", "major", "moderate", "minor"} <= set(SEVERITIES) & set(ORDER)
    assert {row["risk"] for row in cross_reactions()} <= set(CROSS_RISKS)
    assert {row["basis"] for row in cross_reactions()} == set(CROSS_REASONS)
