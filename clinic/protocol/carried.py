# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes that somebody else brings: sealed and signed by their authors, carried by a computer of the staff.

POST /v1/carried: `CarriedIn` -> `CarriedTaken`. Bringing the same twice changes nothing.
"""

from clinic.domain.ids import DeviceId
from clinic.domain.record import Record, n, record


@record(460)
class CarriedIn(Record):
    """`envelopes`: as their authors signed them, in any order."""

    envelopes: tuple[bytes, ...] = n(1)


@record(461)
class CarriedUpTo(Record):
    """Everything of this author up to `up_to` is at the centre."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    up_to: int = n(3)


@record(462)
class CarriedTaken(Record):
    """`left`: how many envelopes were not taken. Their authors bring them themselves, and hear why."""

    authors: tuple[CarriedUpTo, ...] = n(1, default=())
    left: int = n(2, default=0)
