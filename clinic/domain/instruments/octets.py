# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a characteristic, least significant octet first, and the medical numbers of IEEE 11073-20601."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from clinic.domain.errors import Refusal

GARBLED = "The instrument sent something that cannot be read. Measure again, or type the number."


class Missing(StrEnum):
    """Why an instrument sends a special value in the place of a number."""

    NO_NUMBER = "no number"
    NOT_AT_THIS_RESOLUTION = "not at this resolution"
    TOO_HIGH = "too high"
    TOO_LOW = "too low"
    RESERVED = "reserved"


Number = Decimal | Missing
_MISSING = (
    Missing.TOO_HIGH,
    Missing.NO_NUMBER,
    Missing.NOT_AT_THIS_RESOLUTION,
    Missing.RESERVED,
    Missing.TOO_LOW,
)
"""+INFINITY, NaN, NRes, reserved, −INFINITY: five mantissas that follow each other, whatever the exponent."""
_FIRST_OF_16, _FIRST_OF_32 = 0x07FE, 0x007FFFFE


class Octets:
    """One characteristic's value, read from the front. Raises Refusal for one that is too short or too long."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    def _take(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise Refusal(GARBLED)
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def unsigned(self, count: int) -> int:
        return int.from_bytes(self._take(count), "little")

    def signed(self, count: int) -> int:
        return int.from_bytes(self._take(count), "little", signed=True)

    def skip(self, count: int) -> None:
        self._take(count)

    def sfloat(self) -> Number:
        """16 bits: an exponent of 4 and a mantissa of 12, both signed."""
        return _medical(self.unsigned(2), 12, 4, _FIRST_OF_16)

    def float(self) -> Number:
        """32 bits: an exponent of 8 and a mantissa of 24, both signed."""
        return _medical(self.unsigned(4), 24, 8, _FIRST_OF_32)

    def moment(self) -> datetime | None:
        """The instrument's own clock, without a zone; None where it was never set or shows no day there is."""
        year = self.unsigned(2)
        month, day, hour, minute, second = (self.unsigned(1) for _part in range(5))
        try:
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # an instrument knows no zone
        except ValueError:
            return None

    def pairs(self) -> None:
        """The rest is one or more fields of two octets each, which nobody reads."""
        self._take(max(2, len(self._rest) // 2 * 2))

    def end(self) -> None:
        if self._rest:
            raise Refusal(GARBLED)


def _medical(word: int, mantissa_bits: int, exponent_bits: int, first_special: int) -> Number:
    mantissa = word & ((1 << mantissa_bits) - 1)
    special = mantissa - first_special
    if 0 <= special < len(_MISSING):
        return _MISSING[special]
    return Decimal(_signed(mantissa, mantissa_bits)).scaleb(_signed(word >> mantissa_bits, exponent_bits))


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number
