# SPDX-License-Identifier: GPL-3.0-or-later
"""UCUM units that a score may turn into its own. A unit that is not in the table is refused, never guessed."""

from decimal import Decimal

from clinic.domain.errors import Refusal

CREATININE_UMOL = Decimal("88.4")
"""umol/L of creatinine in one mg/dL (molar mass 113.12 g/mol; KDIGO 2012, chapter 1)."""

_LINEAR: dict[tuple[str, str], tuple[Decimal, Decimal]] = {
    # (from, to): value * factor + offset, exact by definition of the units
    ("K", "Cel"): (Decimal(1), Decimal("-273.15")),
    ("g", "kg"): (Decimal("0.001"), Decimal(0)),
    ("[lb_av]", "kg"): (Decimal("0.45359237"), Decimal(0)),
    ("m", "cm"): (Decimal(100), Decimal(0)),
    ("mm", "cm"): (Decimal("0.1"), Decimal(0)),
    ("[in_i]", "cm"): (Decimal("2.54"), Decimal(0)),
    ("{beats}/min", "/min"): (Decimal(1), Decimal(0)),
    ("{breaths}/min", "/min"): (Decimal(1), Decimal(0)),
}
_KPA = Decimal("133.322387415") / 1000
"""kPa in one mm[Hg] (UCUM: 1 m[Hg] = 133.322387415 kPa)."""


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
    if unit == wanted:
        return value
    if (unit, wanted) in _LINEAR:
        factor, offset = _LINEAR[unit, wanted]
        return value * factor + offset
    match unit, wanted:
        case "[degF]", "Cel":
            return (value - 32) * 5 / 9
        case "kPa", "mm[Hg]":
            return value / _KPA
        case "umol/L", "mg/dL":  # creatinine only: the one substance scores take in mg/dL
            return value / CREATININE_UMOL
        case _:
            raise UnitRefused(unit, wanted)
