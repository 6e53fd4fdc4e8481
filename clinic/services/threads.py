# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written with one patient, for whoever answers it between visits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clinic.domain.errors import Refusal
from clinic.domain.facts import Communication, Patient
from clinic.domain.ids import FactId, PatientId
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.messages import READ
from clinic.services.people import PersonLine, person_on
from clinic.services.receipts import Reached, reached_on, unread
from clinic.store.page import Page


@dataclass(frozen=True, slots=True)
class Thread:
    """`messages`: oldest first; `unread`: those of others that were not shown to whoever is here; `language`: the patient's."""

    person: PersonLine
    language: str
    messages: tuple[Communication, ...]
    reached: Mapping[FactId, Reached] = field(default_factory=dict)
    unread: frozenset[FactId] = frozenset()


@needs(Action.CHAT)
def open_thread(desk: Desk, patient: PatientId) -> Thread:
    """The messages of one patient, after the audit entry that they were read is durable."""
    drawn = thread(desk, patient)
    audit(desk, READ, patient, entity="messages")
    return drawn


@needs(Action.CHAT)
def thread(desk: Desk, patient: PatientId) -> Thread:
    """The same without an entry, to draw anew what is open. Refused if this computer does not hold the person."""

    def look(page: Page) -> Thread:
        fact = page.fact(Patient, patient)
        if fact is None:
            raise Refusal(
                "This person is not on this computer. Wait for the next exchange, or search by DNI."
            )
        return Thread(
            person_on(page, patient),
            fact.language,
            page.facts(Communication, patient),
            reached_on(desk, page, patient),
            frozenset(unread(desk, page, patient)),
        )

    return desk.book.read(look)
