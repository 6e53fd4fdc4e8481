# SPDX-License-Identifier: GPL-3.0-or-later
"""Glucose Measurement, 0x2A18, and how the last one is asked for (Record Access Control Point, 0x2A52)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.instruments.octets import Missing, Number, Octets
from clinic.domain.instruments.readings import Beyond, Faulty, NoPatient, Reading, given, in_our_unit

LAST_RECORD = bytes((0x01, 0x06))
"""Report stored records: the last one."""
NOT_BLOOD = "The instrument did not measure blood. Measure again, or type the number."
MG_DL_OF_KG_L = Decimal(100_000)
MG_DL_OF_MOL_L = Decimal("18015.6")
"""Glucose is 180.156 g/mol."""
_OFFSET, _AMOUNT, _MOLES, _STATUS, _CONTEXT = (1 << bit for bit in range(5))
_INTERSTITIAL, _CONTROL = 9, 10
_CONTROL_PLACE = 4


class WrongStrip(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "There was too little blood, or the strip was not right. Take a new strip and measure again."
        )


class TooWarmOrCold(Refusal):
    def __init__(self) -> None:
        super().__init__("The instrument is too warm or too cold to measure. Call a person.")


_ANNUNCIATIONS = (
    # bits of the Sensor Status Annunciation
    ((1, 10), Faulty),
    ((2, 3, 4, 9), WrongStrip),
    ((5, 6), Beyond),
    ((7, 8), TooWarmOrCold),
)


def glucose(octets: bytes) -> Reading:
    """Raises Refusal for what cannot be read, for control solution, and for what the meter itself does not trust."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    fields.skip(2)  # the number of the record
    clock = fields.moment()
    offset = fields.signed(2) if flags & _OFFSET else 0
    amount = fields.sfloat() if flags & _AMOUNT else Missing.NO_NUMBER
    sample = fields.unsigned(1) if flags & _AMOUNT else 0
    status = fields.unsigned(2) if flags & _STATUS else 0
    fields.end()
    for bits, no in _ANNUNCIATIONS:
        if any(status & 1 << bit for bit in bits):
            raise no
    _of_blood(sample & 0x0F, sample >> 4)
    factor = MG_DL_OF_MOL_L if flags & _MOLES else MG_DL_OF_KG_L
    number: Number = amount if isinstance(amount, Missing) else amount * factor
    values, missing = given({"glucose": in_our_unit("glucose", number, "mg/dL")}, "glucose")
    try:
        shown = None if clock is None else clock + timedelta(minutes=offset)
    except OverflowError:
        shown = None
    return Reading(values, octets, missing, shown)


def _of_blood(kind: int, place: int) -> None:
    if kind == _CONTROL or place == _CONTROL_PLACE:
        raise NoPatient
    if kind == _INTERSTITIAL:
        raise Refusal(NOT_BLOOD)
