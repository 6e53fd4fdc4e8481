# SPDX-License-Identifier: GPL-3.0-or-later
"""Interactions of two substances as a dated list has them: by substance, and by every group a substance belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from clinic.domain.medicines import Ingredient

SEVERITIES = ("contraindicated", "major", "moderate", "minor")
"""The gravest first. Of the French thesaurus: contre-indication, association déconseillée, précaution d'emploi, à prendre
en compte."""
MECHANISMS = (
    "bleeding", "heart-rhythm", "slow-heart", "high-potassium", "low-potassium", "low-sodium", "serotonin",
    "high-pressure", "vessels", "muscle", "angioedema", "blood-cells", "kidney", "liver", "hearing", "seizures",
    "breathing", "sedation", "low-glucose", "high-glucose", "contraception", "infection", "low-pressure",
    "anticholinergic", "absorption", "stomach", "lower-effect", "higher-level", "other",
)  # fmt: skip
"""Kinds of harm; their words are the screens' (desktop.screens.phrases)."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """`severities`: the gravest first; more than one where it depends on dose or person, which `text` (the list's own
    words, in its own language) says."""

    severities: tuple[str, ...]
    mechanism: str
    text: str

    @property
    def severity(self) -> str:
        return self.severities[0]

    @property
    def rank(self) -> int:
        return SEVERITIES.index(self.severity)


class Thesaurus:
    """One list with its date. Symmetric: the order of two substances never matters. Immutable; safe to share."""

    def __init__(
        self,
        name: str,
        date: str,
        pairs: Iterable[tuple[str, str, Interaction]],
        groups: Mapping[str, frozenset[str]],
    ) -> None:
        """`pairs`: two terms and what is listed; `groups`: substance -> groups it belongs to; `date`: ISO."""
        self.name, self.date = name, date
        self._pairs: dict[tuple[str, str], list[Interaction]] = {}
        for first, second, interaction in pairs:
            self._pairs.setdefault(_in_order(first, second), []).append(interaction)
        self._terms = {term: frozenset((term, *mine)) for term, mine in groups.items()}
        self._terms |= _of_groups(self._terms)

    @property
    def size(self) -> int:
        """Number of pairs."""
        return len(self._pairs)

    def terms(self, listed: str) -> frozenset[str]:
        """A substance with its groups; a group with those that all its substances share."""
        return self._terms.get(listed, frozenset((listed,)) if listed else frozenset())

    def between(self, one: Ingredient, other: Ingredient) -> tuple[Interaction, ...]:
        """What is listed, the gravest first; one entry for each kind of harm. () for a substance with itself."""
        if one.inn == other.inn:
            return ()
        pairs = {_in_order(*pair) for pair in product(self.terms(one.listed), self.terms(other.listed))}
        found = sorted(
            (found for pair in pairs for found in self._pairs.get(pair, ())),
            key=lambda found: (found.rank, found.mechanism, found.text),
        )
        gravest: dict[str, Interaction] = {}
        for interaction in found:
            gravest.setdefault(interaction.mechanism, interaction)
        return tuple(gravest.values())


def _in_order(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first <= second else (second, first)


def _of_groups(terms: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    members: dict[str, list[frozenset[str]]] = {}
    for substance, mine in terms.items():
        for group in mine - {substance}:
            members.setdefault(group, []).append(mine)
    return {group: frozenset.intersection(*all_of) for group, all_of in members.items() if group not in terms}
