# SPDX-License-Identifier: GPL-3.0-or-later
"""Heart Rate Measurement, 0x2A37: one of a stream."""

from decimal import Decimal

from clinic.domain.instruments.octets import Octets
from clinic.domain.instruments.readings import NotTouching, Reading, given, in_our_unit

_WIDE, _TOUCHES, _CAN_FEEL, _ENERGY, _BEATS = (1 << bit for bit in range(5))


def heart_rate(octets: bytes) -> Reading:
    """Raises Refusal for what cannot be read, and where the strap does not touch the skin."""
    fields = Octets(octets)
    flags = fields.unsigned(1)
    beats = fields.unsigned(2 if flags & _WIDE else 1)
    fields.skip(2 if flags & _ENERGY else 0)
    if flags & _BEATS:
        fields.pairs()
    fields.end()
    if beats == 0 or (flags & _CAN_FEEL and not flags & _TOUCHES):
        raise NotTouching
    values, missing = given({"heart_rate": in_our_unit("heart_rate", Decimal(beats), "/min")}, "heart_rate")
    return Reading(values, octets, missing, streamed=True)
