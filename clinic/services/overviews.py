# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists over all patients: who comes when, and who wrote last."""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.facts import Appointment, Communication
from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.services.receipts import Reached, reached_of, unread
from clinic.store.page import Page
from clinic.store.sheet import to_ms

TALKS = 300
"""Newest messages looked at to find the newest one of each patient."""


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment with its person."""

    appointment: Appointment
    person: PersonLine


@dataclass(frozen=True, slots=True)
class Talk:
    """The newest message of one patient."""

    person: PersonLine
    message: Communication
    reached: Reached | None = None
    """How far it has come, of one that staff wrote."""
    unread: int = 0
    """Messages that others wrote and whoever is here has not opened."""


SHOWN = ("booked", "arrived", "noshow")
"""FHIR Appointment.status of what a day's list shows."""


@needs(Action.BOOK)
def booked(desk: Desk, since: datetime, until: datetime) -> tuple[Booked, ...]:
    """Appointments that start from `since` and before `until`, earliest first, of people this computer holds; who came
    and who did not are among them."""

    def look(page: Page) -> tuple[Booked, ...]:
        coming = page.facts_between(Appointment, to_ms(since), to_ms(until))
        rows = ((one, page.person(one.patient)) for one in coming if one.status in SHOWN)
        return tuple(Booked(one, line(page, row)) for one, row in rows if row is not None)

    return desk.book.read(look)


@needs(Action.CHAT)
def talks(desk: Desk) -> tuple[Talk, ...]:
    """The newest message of each patient, newest first."""

    def look(page: Page) -> tuple[Talk, ...]:
        newest: dict[PatientId, Communication] = {}
        for message in page.recent_facts(Communication, TALKS):
            newest.setdefault(page.linked_to(message.patient) or message.patient, message)
        rows = ((message, page.person(patient)) for patient, message in newest.items())
        return tuple(
            Talk(
                line(page, row), message, _reached(desk, page, message), len(unread(desk, page, row.patient))
            )
            for message, row in rows
            if row is not None
        )

    return desk.book.read(look)


def _reached(desk: Desk, page: Page, message: Communication) -> Reached | None:
    return None if message.sender == "patient" else reached_of(desk, page, message)
