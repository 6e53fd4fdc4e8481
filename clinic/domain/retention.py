# SPDX-License-Identifier: GPL-3.0-or-later
"""How long what must be kept, as data with its source; pure deciders over times that are handed in.

The years are the least a law asks for, counted from the last entry. Nothing here deletes, and nothing deletes by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinic.domain.facts import (
    AccessReview,
    AuditEvent,
    AuditHead,
    Consent,
    Fact,
    Flag,
    Link,
    Location,
    Organization,
    Practitioner,
    Questionnaire,
    Team,
)
from clinic.domain.record import Record


class Class(StrEnum):
    """What a law speaks of."""

    CHART = "chart"
    CONSENT = "consent"
    ACCESS_LOG = "access log"
    ORGANIZATION = "organization"
    """Who works where, forms, links between charts: kept as long as there is an organization."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`years` from the last entry; None: for ever. `source`: law, article and what it says in short."""

    years: int | None
    source: str


_AR_CHART = "Argentina, Ley 26.529 art. 18: 10 years from the last entry in the chart"
RULES: Mapping[str, Mapping[Class, Rule]] = {
    "AR": {
        Class.CHART: Rule(10, _AR_CHART),
        Class.CONSENT: Rule(10, "Argentina, Ley 26.529 arts. 7, 16 and 18: consents are part of the chart, and kept with it"),
        Class.ACCESS_LOG: Rule(10, "Argentina, Ley 26.529 art. 18: what shows who saw a chart is kept as long as the chart"),
        Class.ORGANIZATION: Rule(None, "kept with the organization"),
    },
    "generic": {
        Class.CHART: Rule(10, "no law of this place is known: the longer of the common terms"),
        Class.CONSENT: Rule(10, "as the chart"),
        Class.ACCESS_LOG: Rule(10, "as the chart; HIPAA, 45 CFR 164.316(b)(2)(i), asks for 6 years of documentation"),
        Class.ORGANIZATION: Rule(None, "kept with the organization"),
    },
}  # fmt: skip
"""Jurisdiction -> class -> rule. A place that is not in it has the generic rules."""

_ORGANIZATION = (Flag, Link, Location, Organization, Practitioner, Questionnaire, Team)


def rules_of(jurisdiction: str) -> Mapping[Class, Rule]:
    """The rules of a place, or the generic ones."""
    return RULES.get(jurisdiction, RULES["generic"])


def class_of(kind: type[Record]) -> Class:
    """What a kind of fact is to the law: what is not known is part of the chart."""
    if issubclass(kind, (AuditEvent, AuditHead, AccessReview)):
        return Class.ACCESS_LOG
    if issubclass(kind, Consent):
        return Class.CONSENT
    return Class.ORGANIZATION if issubclass(kind, _ORGANIZATION) else Class.CHART


def must_stay_until(kind: type[Fact], last_entry: datetime, jurisdiction: str) -> datetime | None:
    """Until when a fact of that kind must be kept, whose chart was last written in then; None: for ever."""
    years = rules_of(jurisdiction)[class_of(kind)].years
    return None if years is None else _years_later(last_entry, years)


def years_by_law(jurisdiction: str) -> int:
    """The longest that the law of a place asks for, of a chart and what belongs to it."""
    rules = rules_of(jurisdiction)
    return max(rules[part].years or 0 for part in (Class.CHART, Class.CONSENT, Class.ACCESS_LOG))


def chart_is_past(last_entry: datetime, now: datetime, jurisdiction: str, years: int = 0) -> bool:
    """True if nothing of a chart that was last written in then has to be kept any more; `years`: as long as the organisation
    keeps it, which is never less than the law says."""
    return now > _years_later(last_entry, max(years, years_by_law(jurisdiction)))


def _years_later(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February
        return at.replace(year=at.year + years, month=3, day=1)
