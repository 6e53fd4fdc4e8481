# SPDX-License-Identifier: GPL-3.0-or-later
"""Everyday words for codes: 'presión alta' for I10, 'aspirina' for acetylsalicylic acid. Our own small lists."""

import csv
import io
from functools import cache

from clinic.domain.values import ATC
from clinic.domain.wording import words_of
from clinic.exchange.resources import resource


@cache
def synonyms(system: str, language: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """(folded words, code) of one system: of one language for conditions, of all for medicines."""
    if system == ATC:
        return tuple(_medicines())
    return tuple(
        (words_of(row["words"]), row["code"])
        for row in _rows("synonyms.csv")
        if (row["system"], row["language"]) == (system, language)
    )


def _medicines() -> list[tuple[tuple[str, ...], str]]:
    """Other names of what is in a medicine; medicines with one ingredient come first."""
    others = {
        row["inn"]: [row["inn"], row["es"], row["pt"], *row["others"].split("/")]
        for row in _rows("ingredients.csv")
    }
    rows = sorted(_rows("medication.csv"), key=lambda row: (row["ingredients"].count("+"), row["local"]))
    return [
        (words_of(name), row["atc"])
        for row in rows
        for inn in row["ingredients"].split("+")
        for name in others[inn]
        if name
    ]


def _rows(name: str) -> list[dict[str, str]]:
    text = resource("codes", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
