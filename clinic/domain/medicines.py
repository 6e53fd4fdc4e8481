# SPDX-License-Identifier: GPL-3.0-or-later
"""Medicines by generic name: what is in each, and reading one out of a code or of words somebody typed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clinic.domain.values import ATC, Coding
from clinic.domain.wording import phrase, words_of

_BETWEEN = re.compile(r"\s*(?:[+;]|\s/\s|\s(?:y|e|and|with|con|com)\s)\s*", re.IGNORECASE)
"""What stands between two substances of one medicine."""
_LONGEST = 5
"""Words of the longest name that is looked for."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """`inn`: English international name; `atc`: its own code, '' if it has none; `names`: how people write it, in any
    language; `listed`: its term in the list of interactions, '' if the list does not know it."""

    inn: str
    atc: str = ""
    names: tuple[str, ...] = ()
    listed: str = ""


@dataclass(frozen=True, slots=True)
class Medicine:
    """`local`: for skin, eye, ear, nose or vagina, hardly in the blood; `whole`: every part of its name was understood."""

    display: str
    atc: str = ""
    ingredients: tuple[Ingredient, ...] = ()
    local: bool = False
    whole: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """ATC codes of the medicine and of what is in it."""
        return tuple(
            dict.fromkeys(code for code in (self.atc, *(one.atc for one in self.ingredients)) if code)
        )

    @property
    def known(self) -> bool:
        return bool(self.ingredients) and self.whole


class Formulary:
    """Looks medicines up. Immutable once made; safe to share between threads."""

    def __init__(self, ingredients: Iterable[Ingredient], medicines: Iterable[Medicine]) -> None:
        self.ingredients = tuple(ingredients)
        self.medicines = tuple(medicines)
        self._by_code = {medicine.atc: medicine for medicine in self.medicines}
        named: dict[str, tuple[Ingredient, ...]] = {}
        for one in self.ingredients:
            for name in {phrase(name) for name in (one.inn, *one.names)} - {""}:
                named[name] = (*named.get(name, ()), one)
        self._by_name: Mapping[str, tuple[Ingredient, ...]] = named

    def read(self, coding: Coding) -> Medicine:
        """What a code or, without one we know, its wording means. Never fails: what it cannot read has no ingredients."""
        found = self._by_code.get(coding.code) if coding.system == ATC else None
        if found is not None:
            return Medicine(coding.display or found.display, found.atc, found.ingredients, found.local)
        ingredients, whole = self._in_words(coding.display)
        code = coding.code if coding.system == ATC else ""
        return Medicine(coding.display or coding.code, code, ingredients, whole=whole)

    def _in_words(self, text: str) -> tuple[tuple[Ingredient, ...], bool]:
        parts = [self._spotted(words_of(part)) for part in _BETWEEN.split(text) if _says_something(part)]
        found = tuple(dict.fromkeys(one for part in parts for one in part))
        whole = self._spotted(words_of(text))  # 'aluminium and magnesium hydroxide' is a name with an 'and'
        return tuple(dict.fromkeys((*found, *whole))), all(parts)

    def _spotted(self, words: tuple[str, ...]) -> list[Ingredient]:
        found: list[Ingredient] = []
        at = 0
        while at < len(words):
            length = next(
                (n for n in range(_LONGEST, 0, -1) if " ".join(words[at : at + n]) in self._by_name), 0
            )
            if length:
                found.extend(self._by_name[" ".join(words[at : at + length])])
            at += length or 1
        return found


def _says_something(part: str) -> bool:
    """True for words; false for a strength such as '500 MG' or '125'."""
    return any(word.isalpha() and len(word) > 2 for word in words_of(part))
