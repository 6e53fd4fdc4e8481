# SPDX-License-Identifier: GPL-3.0-or-later
"""Weight Measurement, 0x2A9D."""

from decimal import Decimal

from clinic.domain.instruments.octets import Missing, Octets
from clinic.domain.instruments.readings import Reading, given, in_our_unit

_IMPERIAL, _CLOCK, _USER, _BODY = (1 << bit for bit in range(4))
_UNSUCCESSFUL = 0xFFFF


def weight(octets: bytes) -> Reading:
    """Steps of 5 g or of 0.01 lb. Raises Refusal for what cannot be read."""
    fields = Octets(octets)
    flags, steps = fields.unsigned(1), fields.unsigned(2)
    clock = fields.moment() if flags & _CLOCK else None
    fields.skip((1 if flags & _USER else 0) + (4 if flags & _BODY else 0))
    fields.end()
    step, unit = (Decimal("0.01"), "[lb_av]") if flags & _IMPERIAL else (Decimal("0.005"), "kg")
    number = Missing.NO_NUMBER if steps == _UNSUCCESSFUL else steps * step
    values, missing = given({"weight": in_our_unit("weight", number, unit)}, "weight")
    return Reading(values, octets, missing, clock)
