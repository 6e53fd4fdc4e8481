# SPDX-License-Identifier: GPL-3.0-or-later
"""Vital signs in the unit this program reckons with: a weight in pounds must never be read as kilograms.

Other systems write units as people do; those spellings are taken for the UCUM unit they mean.
"""

from decimal import Decimal

from clinic.domain.units import turned
from clinic.domain.values import Coding, Quantity
from clinic.domain.vitals import BY_CODE, GLUCOSE

_MEANT = {
    "mmHg": "mm[Hg]", "mm Hg": "mm[Hg]", "mm[hg]": "mm[Hg]", "°C": "Cel", "C": "Cel", "degC": "Cel", "cel": "Cel",
    "degF": "[degF]", "°F": "[degF]", "F": "[degF]", "lb": "[lb_av]", "lbs": "[lb_av]", "in": "[in_i]",
    "{beats}/min": "/min", "{breaths}/min": "/min",
    "bpm": "/min", "beats/min": "/min", "beats/minute": "/min", "{Beats}/min": "/min", "breaths/minute": "/min",
    "breaths/min": "/min", "1/min": "/min", "/minute": "/min", "per minute": "/min", "kilogram": "kg", "centimeter": "cm",
    "mg/dl": "mg/dL", "percent": "%",
}  # fmt: skip
_GLUCOSE_MMOL = Decimal("18.0156")
"""mg/dL of glucose in one mmol/L (molar mass 180.156 g/mol)."""


def in_our_unit(code: Coding, value: Quantity) -> Quantity | None:
    """The same in our unit where the code is a vital sign of ours; None for a unit that cannot become ours."""
    vital = BY_CODE.get(code.code)
    if vital is None or value.unit == vital.unit:
        return value
    unit = _MEANT.get(value.unit, value.unit)
    if unit == vital.unit:
        return Quantity(value=value.value, unit=vital.unit)
    if vital is GLUCOSE and unit == "mmol/L":
        found: Decimal | None = value.value * _GLUCOSE_MMOL
    else:
        found = turned(value.value, unit, vital.unit)
    return None if found is None else Quantity(value=found.quantize(Decimal("0.01")), unit=vital.unit)
