# SPDX-License-Identifier: GPL-3.0-or-later
"""Temperature Measurement, 0x2A1C."""

from clinic.domain.errors import Refusal
from clinic.domain.instruments.octets import Octets
from clinic.domain.instruments.readings import Reading, given, in_our_unit

NOT_THE_BODY = (
    "The thermometer measured a finger or a toe. Measure under the arm, in the mouth or in the ear."
)
_FINGER, _TOE = 4, 8


def temperature(octets: bytes) -> Reading:
    """Raises Refusal for what cannot be read or is not the body's temperature."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    number = fields.float()
    clock = fields.moment() if flags & 2 else None
    place = fields.unsigned(1) if flags & 4 else 0
    fields.end()
    if place in (_FINGER, _TOE):
        raise Refusal(NOT_THE_BODY)
    unit = "[degF]" if flags & 1 else "Cel"
    values, missing = given({"temperature": in_our_unit("temperature", number, unit)}, "temperature")
    return Reading(values, octets, missing, clock)
