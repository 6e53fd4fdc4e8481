# SPDX-License-Identifier: GPL-3.0-or-later
"""Blood Pressure Measurement, 0x2A35."""

from clinic.domain.errors import Refusal
from clinic.domain.instruments.octets import Missing, Octets
from clinic.domain.instruments.readings import Doubt, Reading, given, in_our_unit

DISTRUSTED = {
    # bits of the Measurement Status
    0: "You moved while the cuff measured. Sit still and press its button again.",
    1: "The cuff is too loose. Put it on tighter and press its button again.",
    5: "The cuff does not sit right. Hold it at the height of your heart and press its button again.",
}
_IRREGULAR = 2
_KPA, _CLOCK, _PULSE, _USER, _STATUS = (1 << bit for bit in range(5))
_PULSE_TOO_FAST, _PULSE_TOO_SLOW = 1, 2


def blood_pressure(octets: bytes) -> Reading:
    """Raises Refusal for what cannot be read, and for a measurement the cuff itself does not trust."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    unit = "kPa" if flags & _KPA else "mm[Hg]"
    upper, lower = fields.sfloat(), fields.sfloat()
    fields.sfloat()  # the mean; many cuffs send none
    clock = fields.moment() if flags & _CLOCK else None
    pulse = fields.sfloat() if flags & _PULSE else None
    fields.skip(1 if flags & _USER else 0)
    status = fields.unsigned(2) if flags & _STATUS else 0
    fields.end()
    for bit in DISTRUSTED:
        if status & 1 << bit:
            raise Refusal(DISTRUSTED[bit])
    numbers = {
        "systolic": in_our_unit("systolic", upper, unit),
        "diastolic": in_our_unit("diastolic", lower, unit),
    }
    beyond = {_PULSE_TOO_FAST: Missing.TOO_HIGH, _PULSE_TOO_SLOW: Missing.TOO_LOW}.get(status >> 3 & 3)
    if pulse is not None:
        numbers["heart_rate"] = beyond or in_our_unit("heart_rate", pulse, "/min")
    values, missing = given(numbers, "systolic", "diastolic")
    doubts = (Doubt.IRREGULAR_PULSE,) if status & 1 << _IRREGULAR else ()
    return Reading(values, octets, missing, clock, doubts)
