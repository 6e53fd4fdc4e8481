# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: who waits, most urgent first, and the score that says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from clinic.domain.facts import Encounter, EncounterStatus, Observation
from clinic.domain.scores.news2 import Score, Vitals, news2
from clinic.domain.vitals import CONSCIOUSNESS, OXYGEN_THERAPY, readings
from clinic.services.desks import Desk
from clinic.services.people import PersonLine, line, person_on
from clinic.store.page import Page


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


def queue(desk: Desk) -> tuple[Waiting, ...]:
    """Everybody arrived, triaged or in a visit; highest NEWS2 first, then who came first."""
    return desk.book.read(_queue)


def score_of(observations: Iterable[Observation]) -> Score:
    """NEWS2 of the newest value of each input."""
    return news2(vitals_of(observations))


def vitals_of(observations: Iterable[Observation]) -> Vitals:
    """The newest value of each NEWS2 input among these; what nobody measured stays None."""
    newest: dict[str, Decimal] = {}
    alert: bool | None = None
    oxygen: bool | None = None
    for observation in sorted(observations, key=lambda o: o.effective_at):
        newest.update(readings(observation))
        if observation.retracted:
            continue
        if observation.code.code == CONSCIOUSNESS.code:
            alert = observation.text == "A"
        if observation.code.code == OXYGEN_THERAPY.code and observation.value is not None:
            oxygen = observation.value.value > 0
    return Vitals(
        respiratory_rate=newest.get("respiratory_rate"), spo2=newest.get("spo2"), on_oxygen=oxygen,
        systolic=newest.get("systolic"), heart_rate=newest.get("heart_rate"), alert=alert,
        temperature=newest.get("temperature"),
    )  # fmt: skip


def _queue(page: Page) -> tuple[Waiting, ...]:
    open_ones = page.facts_with_status(
        Encounter, EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS
    )
    rows = [
        queue_row(page, encounter) for encounter in open_ones if page.person(encounter.patient) is not None
    ]
    return tuple(sorted(rows, key=urgency))


def urgency(row: Waiting) -> tuple[int, int, float]:
    """Sort key: highest score first; at the same score a single red parameter first; then who came first."""
    known = sum(row.news2.parts.values())
    single = 3 in row.news2.parts.values()
    return (-known, -int(single), row.encounter.arrived_at.timestamp())


def queue_row(page: Page, encounter: Encounter) -> Waiting:
    """One encounter as a row of the queue."""
    who = person_on(page, page.linked_to(encounter.patient) or encounter.patient)
    taken = page.facts_of_encounter(Observation, encounter.id)  # type: ignore[arg-type]
    newest: dict[str, Decimal] = {}
    for observation in taken:
        newest.update(readings(observation))
    matches: tuple[PersonLine, ...] = ()
    if who.provisional and who.dni:
        matches = tuple(
            line(page, row) for row in page.people_with_dni(who.dni) if row.patient != who.patient
        )
    reason = encounter.reason.display if encounter.reason else ""
    return Waiting(encounter, who, score_of(taken), reason, not who.provisional, matches, newest)
