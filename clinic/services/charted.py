# SPDX-License-Identifier: GPL-3.0-or-later
"""What a window may write on: a fact or a visit of the person it shows, read just before it is changed."""

from typing import TypeVar

from clinic.domain.errors import Refusal
from clinic.domain.facts import Encounter, Fact, Patient
from clinic.domain.ids import EncounterId, PatientId
from clinic.services.desks import Desk, WrongPatient
from clinic.store.page import Page

F = TypeVar("F", bound=Fact)


def fact_of(desk: Desk, kind: type[F], fact_id: str, window: PatientId) -> F:
    """The fact as it stands, if it is on the chart in the window. Raises WrongPatient; Refusal if it is not here."""

    def look(page: Page) -> F:
        fact = page.fact(kind, fact_id)
        if fact is None:
            raise Refusal("This is not on this computer. Wait for the next exchange.")
        if fact.patient not in page.chart_of(window):
            raise WrongPatient()
        return fact

    return desk.book.read(look)


def patient_of(desk: Desk, window: PatientId, encounter: EncounterId) -> PatientId:
    """On whose chart something new is written: the visit's patient, or, outside a visit, the one in the window.

    Raises WrongPatient if the visit is another person's; Refusal if this computer does not hold it.
    """
    if encounter:
        return fact_of(desk, Encounter, encounter, window).patient
    return fact_of(desk, Patient, window, window).patient
