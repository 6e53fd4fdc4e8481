# SPDX-License-Identifier: GPL-3.0-or-later
"""Vital signs in the unit this program reckons with: a weight in pounds must never be read as kilograms.

Factors: NIST SP 811 (exact ones); glucose by its molar mass, 180.156 g/mol.
"""

from collections.abc import Callable
from decimal import Decimal

from clinic.domain.values import Coding, Quantity
from clinic.domain.vitals import BY_CODE

_SAME = {
    "mmHg": "mm[Hg]", "mm Hg": "mm[Hg]", "mm[hg]": "mm[Hg]", "°C": "Cel", "C": "Cel", "degC": "Cel", "cel": "Cel",
    "bpm": "/min", "{beats}/min": "/min", "beats/min": "/min", "beats/minute": "/min", "{Beats}/min": "/min",
    "{breaths}/min": "/min", "breaths/minute": "/min", "breaths/min": "/min", "1/min": "/min", "/minute": "/min",
    "per minute": "/min", "kilogram": "kg", "centimeter": "cm", "mg/dl": "mg/dL", "percent": "%",
}  # fmt: skip
_TIMES = {
    ("[lb_av]", "kg"): "0.45359237", ("lb", "kg"): "0.45359237", ("lbs", "kg"): "0.45359237", ("g", "kg"): "0.001",
    ("[in_i]", "cm"): "2.54", ("in", "cm"): "2.54", ("m", "cm"): "100", ("mm", "cm"): "0.1",
    ("kPa", "mm[Hg]"): "7.500617", ("mmol/L", "mg/dL"): "18.0156", ("/s", "/min"): "60", ("Hz", "/min"): "60",
}  # fmt: skip
_FAHRENHEIT = ("[degF]", "degF", "°F", "F")


def in_our_unit(code: Coding, value: Quantity) -> Quantity | None:
    """The same in our unit where the code is a vital sign of ours; None for a unit that cannot become ours."""
    vital = BY_CODE.get(code.code)
    if vital is None or value.unit == vital.unit:
        return value
    if _SAME.get(value.unit) == vital.unit:
        return Quantity(value=value.value, unit=vital.unit)
    turn = _turn(value.unit, vital.unit)
    if turn is None:
        return None
    return Quantity(value=turn(value.value).quantize(Decimal("0.01")), unit=vital.unit)


def _turn(unit: str, ours: str) -> Callable[[Decimal], Decimal] | None:
    if unit in _FAHRENHEIT and ours == "Cel":
        return lambda value: (value - 32) * 5 / 9
    factor = _TIMES.get((unit, ours))
    return None if factor is None else lambda value: value * Decimal(factor)
