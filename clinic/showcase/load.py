# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes invented people into a real store, as real sealed records: few large transactions instead of many
small ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from clinic.domain.facts import EncounterStatus, Fact
from clinic.domain.ids import PatientId
from clinic.domain.values import DNI, Coding
from clinic.services import cards, intake
from clinic.services.desks import Desk
from clinic.showcase import cast
from clinic.showcase.people import Life, facilities, generate

BATCH = 2_000
"""Facts in one transaction: the disk is waited for once."""
REASON = "urn:posta:reason"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written; `card` is the text of the visit's patient's card."""

    people: int
    facts: int
    patient: PatientId
    card: str


def load(desk: Desk, people: Iterable[Life]) -> int:
    """File every fact of these people. Returns how many. Raises Unavailable (disk)."""
    waiting: list[Fact] = []
    written = 0
    for life in people:
        waiting += life.facts
        if len(waiting) >= BATCH:
            desk.write(*waiting)
            written, waiting = written + len(waiting), []
    if waiting:
        desk.write(*waiting)
    return written + len(waiting)


def load_clinic(desk: Desk, count: int, seed: int) -> Loaded:
    """Facilities, `count` people (she of the visit is one of them), two who wait, and her card."""
    today = desk.clock.now().date()
    desk.write(*facilities(desk.new_id))
    everybody = [*generate(max(count - 1, len(cast.WAITERS)), seed, desk.new_id, today)]
    hers = cast.patient_life(desk.new_id, today, seed)
    written = load(desk, [*everybody, hers])
    grown = [life for life in everybody if _years(life, desk) >= 18]
    for waiter in cast.WAITERS:
        _seat(desk, grown[waiter.number], waiter)
    return Loaded(len(everybody) + 1, written, hers.patient.patient, cards.issue(desk, hers.patient.patient))


def _years(life: Life, desk: Desk) -> float:
    born = life.patient.birth_date
    return (desk.clock.now().date() - born).days / 365.25 if born else 0.0


def _seat(desk: Desk, life: Life, waiter: cast.Waiter) -> None:
    """Somebody in the waiting room since a while, with readings taken at the door."""
    person = life.patient
    number = next((identifier.value for identifier in person.identifiers if identifier.system == DNI), "")
    known = intake.Known(person.patient, person.name, person.birth_date, number)
    visit = intake.arrive(desk, known, "es")
    visit.become(desk, arrived_at=desk.clock.now() - timedelta(minutes=waiter.minutes_ago))
    intake.tell_reason(desk, visit, Coding(system=REASON, code=waiter.code, display=waiter.reason), ())
    intake.tell_vitals(desk, visit, waiter.vitals, on_oxygen=False, alert=True)
    visit.become(desk, status=EncounterStatus.TRIAGED)
