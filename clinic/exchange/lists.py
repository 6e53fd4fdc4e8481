# SPDX-License-Identifier: GPL-3.0-or-later
"""What this installation knows about medicines, read from resources/codes: formulary, interactions, allergies.

Where the facts are from: docs/decisions/0011-medicines-are-data-with-a-date.md and resources/codes/README.md.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from clinic.domain.allergies import RISKS, Allergology, AllergyGroup, CrossReaction
from clinic.domain.cautions import Lists
from clinic.domain.dosing import PREGNANCY, Guide, Guides
from clinic.domain.errors import Unavailable
from clinic.domain.interactions import MECHANISMS, SEVERITIES, Interaction, Thesaurus
from clinic.domain.medicines import Formulary, Ingredient, Medicine
from clinic.exchange.resources import resource

INTERACTIONS_NAME = "ANSM"
"""The French agency of medicines, whose thesaurus of interactions it is."""
INTERACTIONS_DATE = "2020-10-20"
"""The date in the name of the thesaurus' own file."""
_TONGUES = ("en", "es", "pt")


@cache
def medicine_lists() -> Lists:
    """Everything, read once a process (about 30 ms). Raises Unavailable for a file that is missing or damaged."""
    try:
        formulary = _formulary()
        return Lists(formulary, _thesaurus(), _allergology(formulary))
    except (OSError, KeyError, ValueError) as error:
        raise Unavailable(
            "The lists of medicines of this installation cannot be read. Install Posta again."
        ) from error


def digest(name: str) -> str:
    """SHA-256 of a file of resources/codes."""
    return hashlib.sha256(resource("codes", name).read_bytes()).hexdigest()


@cache
def forms() -> dict[str, str]:
    """ATC code -> usual forms and strengths, such as 'tab 500 mg; inj 1 g'."""
    return {row["atc"]: row["forms"] for row in _rows("medication.csv") if row["forms"]}


def cross_reactions() -> list[dict[str, str]]:
    """The list of cross-reactions, row by row, for whoever is to sign it."""
    return list(_rows("cross-reactivity.csv"))


@cache
def dosing() -> Guides:
    """Figures of doses, of pregnancy and of kidneys. Raises Unavailable for a file that is missing or damaged."""
    try:
        guides = {row["inn"]: _guide(row) for row in _rows("dosing.csv")}
    except (OSError, KeyError, ArithmeticError, ValueError) as error:
        raise Unavailable(
            "The lists of medicines of this installation cannot be read. Install Posta again."
        ) from error
    return guides


def _guide(row: dict[str, str]) -> Guide:
    figures = {
        name: Decimal(row[name]) if row[name] else None
        for name in ("usual_mg", "dose_mg", "day_mg", "child_day_mg_kg")
    }
    if row["pregnancy"] not in ("", *PREGNANCY):
        raise ValueError(row["inn"])
    return Guide(
        inn=row["inn"], routes=tuple(row["routes"].split()), **figures, hours=int(row["hours"] or 0),
        pregnancy=row["pregnancy"], kidney_stop=int(row["kidney_stop"] or 0),
        kidney_care=int(row["kidney_care"] or 0), source=row["source"],
    )  # fmt: skip


def _formulary() -> Formulary:
    ingredients = {
        row["inn"]: Ingredient(
            row["inn"], row["atc"], (row["es"], row["pt"], *row["others"].split("/")), row["listed"]
        )
        for row in _rows("ingredients.csv")
    }
    medicines = (
        Medicine(
            row["en"],
            row["atc"],
            tuple(ingredients[inn] for inn in row["ingredients"].split("+")),
            bool(row["local"]),
        )
        for row in _rows("medication.csv")
    )
    return Formulary(ingredients.values(), medicines)


def _thesaurus() -> Thesaurus:
    pairs = ((row["first"], row["second"], _interaction(row)) for row in _rows("interactions.csv"))
    groups = {
        row["substance"]: frozenset(row["groups"].split(";")) - {""}
        for row in _rows("interaction-groups.csv")
    }
    return Thesaurus(INTERACTIONS_NAME, INTERACTIONS_DATE, pairs, groups)


def _interaction(row: dict[str, str]) -> Interaction:
    severities = tuple(row["severity"].split("+"))
    if not set(severities) <= set(SEVERITIES) or row["mechanism"] not in MECHANISMS:
        raise ValueError(f"{row['first']} + {row['second']}")
    return Interaction(severities, row["mechanism"], row["text"])


def _allergology(formulary: Formulary) -> Allergology:
    groups = tuple(
        AllergyGroup(
            row["group"],
            tuple(row["atc"].split()),
            tuple(name for tongue in _TONGUES for name in row[tongue].split("/")),
            bool(row["class"]),
        )
        for row in _rows("allergy-groups.csv")
    )
    crossings = tuple(
        CrossReaction(
            tuple(row["first"].split()),
            tuple(row["second"].split()),
            RISKS[RISKS.index(row["risk"])],
            row["basis"],
        )
        for row in _rows("cross-reactivity.csv")
    )
    return Allergology(formulary, groups, crossings, digest("cross-reactivity.csv"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(resource("codes", name).read_text(encoding="utf-8")))
