# SPDX-License-Identifier: GPL-3.0-or-later
"""PLX Spot-Check Measurement, 0x2A5E, and PLX Continuous Measurement, 0x2A5F."""

from __future__ import annotations

from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.instruments.octets import Number, Octets
from clinic.domain.instruments.readings import (
    Doubt,
    Faulty,
    NoPatient,
    NotTouching,
    Reading,
    Unready,
    given,
    in_our_unit,
)


class Unclear(Refusal):
    def __init__(self) -> None:
        super().__init__("The finger clip does not see your pulse well. Warm your finger and keep it still.")


_STATUS = (
    # bits of the Measurement Status, and what they make of the number
    ((5, 6, 12), Unready),
    ((10, 11), NoPatient),
    ((13, 14, 15), Unclear),
)
_SENSOR = (
    # bits of the Device and Sensor Status
    ((1, 12, 14), Faulty),
    ((11, 13, 15), NotTouching),
    ((2, 3, 4, 6, 7, 8, 10), Unclear),
    ((9,), Unready),
)
_FROM_STORAGE, _LOW_PERFUSION = 9, 5
STORED = "The instrument sent an earlier measurement. Measure again."


def spot_check(octets: bytes) -> Reading:
    """Raises Refusal for what cannot be read, and for a measurement the oximeter itself does not trust."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    oxygen, pulse = fields.sfloat(), fields.sfloat()
    clock = fields.moment() if flags & 1 else None
    status = fields.unsigned(2) if flags & 2 else 0
    sensor = fields.unsigned(3) if flags & 4 else 0
    fields.skip(2 if flags & 8 else 0)
    fields.end()
    unset = bool(flags & 16)
    return _reading(octets, oxygen, pulse, status, sensor, None if unset else clock, streamed=False)


def continuous(octets: bytes) -> Reading:
    """The same, one of a stream."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    oxygen, pulse = fields.sfloat(), fields.sfloat()
    fields.skip((4 if flags & 1 else 0) + (4 if flags & 2 else 0))  # the fast and the slow averages
    status = fields.unsigned(2) if flags & 4 else 0
    sensor = fields.unsigned(3) if flags & 8 else 0
    fields.skip(2 if flags & 16 else 0)
    fields.end()
    return _reading(octets, oxygen, pulse, status, sensor, None, streamed=True)


def _reading(
    octets: bytes,
    oxygen: Number,
    pulse: Number,
    status: int,
    sensor: int,
    clock: datetime | None,
    *,
    streamed: bool,
) -> Reading:
    for word, meanings in ((sensor, _SENSOR), (status, _STATUS)):
        for bits, no in meanings:
            if any(word & 1 << bit for bit in bits):
                raise no
    if status & 1 << _FROM_STORAGE:
        raise Refusal(STORED)
    numbers = {
        "spo2": in_our_unit("spo2", oxygen, "%"),
        "heart_rate": in_our_unit("heart_rate", pulse, "/min"),
    }
    values, missing = given(numbers, "spo2")
    doubts = (Doubt.WEAK_SIGNAL,) if sensor & 1 << _LOW_PERFUSION else ()
    return Reading(values, octets, missing, clock, doubts, streamed)
