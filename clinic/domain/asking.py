# SPDX-License-Identifier: GPL-3.0-or-later
"""What a patient can ask for at a kiosk: an appointment, another time for one, or that one is called off."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clinic.domain.bookings import LONGEST, SHORTEST
from clinic.domain.facts import Appointment, AppointmentRequest
from clinic.domain.ids import UserId
from clinic.domain.plausible import AHEAD
from clinic.domain.values import Coding

BOOK, MOVE, CANCEL = "book", "move", "cancel"
"""AppointmentRequest.wish."""
MOST = 3
"""Open requests of one visit: a child that plays does not fill the clinic's list."""

LONGEST_TEXT = 500
"""Letters of a name or a reason: it goes into her capsule."""
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""So late no clock stands, and hours can still be added to it."""


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


def can_be(one: AppointmentRequest) -> bool:
    """Whether a kiosk asks so: for one of three things, in few words, in the years in which appointments are made, for a day at
    most."""
    moments = [at for at in (one.start, one.requested_from, one.requested_until) if at is not None]
    texts = one.practitioner_name, one.device_name, one.answer, one.reason.display if one.reason else ""
    if any(len(text) > LONGEST_TEXT for text in texts):
        return False
    if one.wish not in (BOOK, MOVE, CANCEL) or not SHORTEST <= one.minutes <= LONGEST:
        return False
    if one.authored_at > LATEST or any(abs(at - one.authored_at) > AHEAD for at in moments):
        return False
    since, until = one.requested_from, one.requested_until
    return since is None or until is None or timedelta(0) <= until - since <= timedelta(days=1)
