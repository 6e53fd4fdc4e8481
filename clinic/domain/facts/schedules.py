# SPDX-License-Identifier: GPL-3.0-or-later
"""When a practitioner works: weekly hours at a facility, and days off. The times to book in follow from them."""

from datetime import date

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import FactId, UserId
from clinic.domain.record import Record, n, record

DAY = 24 * 60
"""Minutes."""


@record(671)
class AvailableTime(Record):
    """FHIR PractitionerRole.availableTime: every week on that day (0 Monday … 6 Sunday), from `starts` until `ends`, in minutes
    after midnight by the facility's clock; `ends` 1440 is midnight."""

    day: int = n(1)
    starts: int = n(2)
    ends: int = n(3)


@record(670)
class Schedule(Fact):
    """FHIR Schedule: a practitioner at a facility. `zone`: the facility's, as IANA names it."""

    practitioner: UserId = n(3)
    zone: str = n(4)
    practitioner_name: str = n(5, default="")
    location: FactId = n(6, default=FactId(""))
    specialty: str = n(7, default="")
    minutes: int = n(8, default=20)
    """Of one slot."""
    available: tuple[AvailableTime, ...] = n(9, default=())
    valid_from: date | None = n(10, default=None)
    """FHIR Schedule.planningHorizon, with `valid_until`, both days included; None: no end on that side."""
    valid_until: date | None = n(11, default=None)
    active: bool = n(12, default=True)


@record(672)
class NotAvailable(Fact):
    """FHIR PractitionerRole.notAvailable: from the day `first` to the day `last`, on each from `starts` until `ends` in minutes
    after midnight by the clock of `zone`."""

    first: date = n(3)
    last: date = n(4)
    zone: str = n(5)
    practitioner: UserId = n(6, default=UserId(""))
    """'': a holiday of everybody's."""
    description: str = n(7, default="")
    starts: int = n(8, default=0)
    ends: int = n(9, default=DAY)
    active: bool = n(10, default=True)
