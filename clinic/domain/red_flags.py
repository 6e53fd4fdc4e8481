# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that no patient should wait with. The rules are data (resources/questionnaires/*.toml), each with its source."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

RED_FLAG = "urn:posta:red-flag"
"""System of the codes by which an Encounter names its flags."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Raised by any of `symptoms`; `reason`: only for who came for that, `under_days`: only for somebody
    younger than that; '' and 0 for everybody. `unless`: a rule that says the same better, and stands instead."""

    id: str
    symptoms: frozenset[str]
    source: str
    reason: str = ""
    under_days: int = 0
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """Ids of the questionnaire, told so far; `born`: None where nobody knows."""

    reason: str
    symptoms: frozenset[str]
    born: date | None = None


def raised(rules: Iterable[Rule], told: Answers, today: date) -> tuple[str, ...]:
    """Ids of the rules that hold, in the order of the rules. Nothing told, or an age nobody knows, raises none."""
    found = [rule for rule in rules if _holds(rule, told, today)]
    ids = {rule.id for rule in found}
    return tuple(rule.id for rule in found if rule.unless not in ids)


def _holds(rule: Rule, told: Answers, today: date) -> bool:
    if not rule.symptoms & told.symptoms or rule.reason not in ("", told.reason):
        return False
    if not rule.under_days:
        return True
    return told.born is not None and 0 <= (today - told.born).days < rule.under_days
