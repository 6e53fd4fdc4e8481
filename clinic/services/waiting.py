# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: who waits, most urgent first, and the flags and the score that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from clinic.domain.facts import Encounter, IdentifiedBy, Observation, VerificationResult
from clinic.domain.ids import EncounterId
from clinic.domain.scores.kinds import Who
from clinic.domain.scores.news2 import NEWS2, Risk, Score, news2, vitals_from
from clinic.domain.scores.reading import compute, newest
from clinic.domain.vitals import readings
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line, person_on
from clinic.services.scoring import who_on
from clinic.services.vouching import identified
from clinic.store.page import Page

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the queue. `verified`: the kiosk knew the person by a card, or staff confirmed who it is."""

    encounter: Encounter
    person: PersonLine
    news2: Score
    reason: str
    verified: bool
    matches: tuple[PersonLine, ...]
    readings: dict[str, Decimal]
    identified: VerificationResult | None = None
    """What showed who she is; None while it is a claim."""


@needs(Action.SEE_QUEUE)
def queue(desk: Desk) -> tuple[Waiting, ...]:
    """Everybody arrived, triaged or in a visit; red flags first, then the highest NEWS2, then who came first."""
    return desk.book.read(_queue)


def score_of(observations: Sequence[Observation], who: Who) -> Score:
    """NEWS2 of the newest value of each input.

    For somebody it is not meant for (under 16, pregnant) it has no total and no risk: the points are there for the order of
    the queue alone, where a child with fast breath comes sooner, never later.
    """
    at = max((o.effective_at for o in observations), default=NEVER)
    found, _ = newest(NEWS2.inputs, observations, at)
    score = news2(vitals_from(found, who.scale_2))
    if compute(NEWS2, who, (), at).not_for is None:
        return score
    return replace(score, total=None, missing=(), risk=Risk.UNKNOWN)


def _queue(page: Page) -> tuple[Waiting, ...]:
    rows = [
        queue_row(page, encounter)
        for encounter in page.open_facts(Encounter)
        if page.person(encounter.patient) is not None
    ]
    return tuple(sorted(rows, key=urgency))


def urgency(row: Waiting) -> tuple[int, int, int, float]:
    """Sort key: whoever has a red flag first; then the highest score; at the same score a single red parameter first; then
    who came first."""
    known = sum(row.news2.parts.values())
    single = 3 in row.news2.parts.values()
    flagged = bool(row.encounter.red_flags)
    return (-int(flagged), -known, -int(single), row.encounter.arrived_at.timestamp())


def queue_row(page: Page, encounter: Encounter) -> Waiting:
    """One encounter as a row of the queue."""
    who = person_on(page, page.linked_to(encounter.patient) or encounter.patient)
    taken = page.facts_of_encounter(Observation, encounter.id)  # type: ignore[arg-type]
    latest: dict[str, Decimal] = {}
    for observation in taken:
        latest.update(readings(observation))
    matches: tuple[PersonLine, ...] = ()
    if who.provisional and who.dni:
        matches = tuple(
            line(page, row) for row in page.people_with_dni(who.dni) if row.patient != who.patient
        )
    reason = encounter.reason.display if encounter.reason else ""
    score = score_of(taken, who_on(page, who.patient, encounter.arrived_at, taken))
    return Waiting(
        encounter, who, score, reason, not who.provisional, matches, latest, _shown_by(page, encounter, who)
    )


def _shown_by(page: Page, encounter: Encounter, who: PersonLine) -> VerificationResult | None:
    """A word for it that was taken back (the records were parted again) counts no more."""
    found = identified(page, EncounterId(encounter.id))
    taken_back = found is not None and found.how == IdentifiedBy.VOUCHED and who.provisional
    return None if taken_back else found
