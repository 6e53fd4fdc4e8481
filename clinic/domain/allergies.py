# SPDX-License-Identifier: GPL-3.0-or-later
"""What an allergy on a chart means for a medicine: by substance, then by class, then by a list of cross-reactions.

The list of cross-reactions is a judgement: it counts as signed only when a clinician has signed exactly this list.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from clinic.domain.medicines import Formulary, Ingredient, Medicine
from clinic.domain.values import ATC, Coding
from clinic.domain.wording import phrase

RISKS = ("likely", "possible", "rare")


@dataclass(frozen=True, slots=True)
class AllergyGroup:
    """A class that people name as an allergy, such as penicillins: `atc` prefixes, `names` in any language.

    `one_class`: an allergy to one of them counts for all (penicillins), or only when the class itself was named (beta-lactams).
    """

    name: str
    atc: tuple[str, ...]
    names: tuple[str, ...]
    one_class: bool = True

    def covers(self, codes: Iterable[str]) -> bool:
        return any(code.startswith(self.atc) for code in codes)


@dataclass(frozen=True, slots=True)
class CrossReaction:
    """Two sets of ATC prefixes whose medicines may be taken for one another by an allergy. `basis`: why."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    risk: str
    basis: str

    def joins(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Either way round."""
        mine, theirs = tuple(some), tuple(others)
        return (_any(mine, self.first) and _any(theirs, self.second)) or (
            _any(mine, self.second) and _any(theirs, self.first)
        )


@dataclass(frozen=True, slots=True)
class Allergen:
    """What could be read of an allergy. `known` is False when it is nothing that a medicine can be compared with."""

    ingredients: tuple[Ingredient, ...] = ()
    groups: tuple[AllergyGroup, ...] = ()
    code: str = ""

    @property
    def known(self) -> bool:
        return bool(self.ingredients or self.groups or self.code)

    @property
    def codes(self) -> tuple[str, ...]:
        """ATC codes or prefixes it stands for."""
        found = (self.code, *(one.atc for one in self.ingredients), *(p for g in self.groups for p in g.atc))
        return tuple(dict.fromkeys(code for code in found if code))


@dataclass(frozen=True, slots=True)
class Allergology:
    """`groups` and `crossings` of this installation; `digest`: SHA-256 of the list of cross-reactions, what is signed."""

    formulary: Formulary
    groups: tuple[AllergyGroup, ...]
    crossings: tuple[CrossReaction, ...]
    digest: str = ""

    def read(self, substance: Coding) -> Allergen:
        """By code where it is an ATC code, by words otherwise."""
        medicine = self.formulary.read(substance)
        said = f" {phrase(substance.display)} "
        groups = tuple(g for g in self.groups if any(f" {phrase(name)} " in said for name in g.names))
        code = substance.code if substance.system == ATC else ""
        return Allergen(medicine.ingredients, groups, code)

    def why(self, allergen: Allergen, medicine: Medicine) -> tuple[str, str]:
        """('same-substance', ''), ('same-class', ''), ('cross', 'risk basis'), or ('', '') where nothing speaks for it."""
        if {one.inn for one in allergen.ingredients} & {one.inn for one in medicine.ingredients}:
            return "same-substance", ""
        if self._same_class(allergen, medicine):
            return "same-class", ""
        crossed = [one for one in self.crossings if one.joins(allergen.codes, medicine.codes)]
        if crossed:
            worst = min(crossed, key=lambda one: RISKS.index(one.risk))
            return "cross", f"{worst.risk} {worst.basis}"
        return "", ""

    def _same_class(self, allergen: Allergen, medicine: Medicine) -> bool:
        if allergen.code and any(code.startswith(allergen.code) for code in medicine.codes):
            return True
        if any(group.covers(medicine.codes) for group in allergen.groups):
            return True
        mine = tuple(one.atc for one in allergen.ingredients if one.atc) or _one(allergen.code)
        if any(g.one_class and g.covers(mine) and g.covers(medicine.codes) for g in self.groups):
            return True
        families = {family for code in mine if (family := class_of(code))}
        return bool(families & {class_of(code) for code in medicine.codes})


def class_of(atc: str) -> str:
    """The chemical subgroup (five letters) of an ATC code; '' for a shorter one and for the 'other' groups that end in X."""
    return atc[:5] if len(atc) >= 5 and atc[4] != "X" else ""


def _any(codes: tuple[str, ...], prefixes: tuple[str, ...]) -> bool:
    """A whole class (a prefix) counts as soon as the list names something in it."""
    return any(code.startswith(prefixes) or any(p.startswith(code) for p in prefixes) for code in codes)


def _one(code: str) -> tuple[str, ...]:
    return (code,) if code else ()
