# SPDX-License-Identifier: GPL-3.0-or-later
"""What anybody of the organisation must be able to learn of a patient in an emergency."""

from datetime import date, datetime

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import PatientId, TeamId
from clinic.domain.record import n, record
from clinic.domain.values import HumanName


@record(377)
class EmergencySummary(Fact):
    """An object of its own, sealed to the organisation-wide team. `patient` is '' (it lies on no chart); `subject` says of
    whom it speaks. One line each, as the chart words them."""

    subject: PatientId = n(3)
    name: HumanName = n(4)
    birth_date: date | None = n(5, default=None)
    dni: str = n(6, default="")
    team: TeamId = n(7)
    """Whose patient it is."""
    allergies: tuple[str, ...] = n(8, default=())
    medication: tuple[str, ...] = n(9, default=())
    problems: tuple[str, ...] = n(10, default=())
    directives: tuple[str, ...] = n(11, default=())
    written_at: datetime = n(12)
