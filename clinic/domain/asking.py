# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient can ask for at a kiosk: an appointment, another time for one, or that one is called off."""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.facts import Appointment
from clinic.domain.ids import UserId
from clinic.domain.values import Coding

BOOK, MOVE, CANCEL = "book", "move", "cancel"
"""AppointmentRequest.wish."""
MOST = 3
"""Open requests of one visit: a child that plays does not fill the clinic's list."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What she chose. `start` None: any time from `since` until `until`. `appointment`: the one that moves or is called off."""

    wish: str
    start: datetime | None = None
    minutes: int = 20
    practitioner: UserId = UserId("")
    practitioner_name: str = ""
    reason: Coding | None = None
    appointment: Appointment | None = None
    since: datetime | None = None
    until: datetime | None = None
