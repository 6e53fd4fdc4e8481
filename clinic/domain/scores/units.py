# SPDX-License-Identifier: GPL-3.0-or-later
"""UCUM units that a score may turn into its own. A unit that is not known is refused, never guessed."""

from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.units import turned

CREATININE_UMOL = Decimal("88.4")
"""umol/L of creatinine in one mg/dL (molar mass 113.12 g/mol; KDIGO 2012, chapter 1)."""


class UnitRefused(Refusal):
    """A measurement in a unit this score cannot read."""

    def __init__(self, unit: str, wanted: str) -> None:
        super().__init__(
            "A value in {unit} cannot be read as {wanted}. Correct the unit of the measurement.",
            unit=unit or "-",
            wanted=wanted,
        )


def in_unit(value: Decimal, unit: str, wanted: str) -> Decimal:
    """The value in the UCUM unit `wanted`. Raises UnitRefused for a unit that is missing or not known here."""
    if not value.is_finite():
        raise UnitRefused(unit, wanted)
    if (unit, wanted) == ("umol/L", "mg/dL"):  # creatinine only: the one substance scores take in mg/dL
        return value / CREATININE_UMOL
    found = turned(value, unit, wanted)
    if found is None:
        raise UnitRefused(unit, wanted)
    return found
