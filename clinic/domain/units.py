# SPDX-License-Identifier: GPL-3.0-or-later
"""UCUM units turned into each other where physics alone says how. What depends on a substance is the caller's to know.

Factors: exact by definition of the units (NIST SP 811; UCUM: 1 m[Hg] = 133.322387415 kPa).
"""

from decimal import Decimal

_LINEAR: dict[tuple[str, str], tuple[Decimal, Decimal]] = {
    # (from, to): value * factor + offset
    ("K", "Cel"): (Decimal(1), Decimal("-273.15")),
    ("g", "kg"): (Decimal("0.001"), Decimal(0)),
    ("[lb_av]", "kg"): (Decimal("0.45359237"), Decimal(0)),
    ("m", "cm"): (Decimal(100), Decimal(0)),
    ("mm", "cm"): (Decimal("0.1"), Decimal(0)),
    ("[in_i]", "cm"): (Decimal("2.54"), Decimal(0)),
    ("/s", "/min"): (Decimal(60), Decimal(0)),
    ("Hz", "/min"): (Decimal(60), Decimal(0)),
    ("{beats}/min", "/min"): (Decimal(1), Decimal(0)),
    ("{breaths}/min", "/min"): (Decimal(1), Decimal(0)),
}
_KPA = Decimal("133.322387415") / 1000
"""kPa in one mm[Hg]."""


def turned(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    """The finite value in the unit `wanted`; None where nothing here says how."""
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
    return None
