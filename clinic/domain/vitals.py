# SPDX-License-Identifier: GPL-3.0-or-later
"""The vital signs a clinic takes: LOINC code, UCUM unit, plausible range. Codes from the HL7 vital signs profile."""

from dataclasses import dataclass
from decimal import Decimal

from clinic.domain.facts import Observation
from clinic.domain.values import LOINC, Coding


@dataclass(frozen=True, slots=True)
class Vital:
    """`low`/`high`: outside is asked twice; `band`: the adult reference band shown in charts."""

    key: str
    code: str
    display: str
    unit: str
    low: Decimal
    high: Decimal
    band: tuple[Decimal, Decimal] | None
    decimals: int = 0

    @property
    def coding(self) -> Coding:
        return Coding(system=LOINC, code=self.code, display=self.display)

    def plausible(self, value: Decimal) -> bool:
        return value.is_finite() and self.low <= value <= self.high


def _vital(
    key: str,
    code: str,
    display: str,
    unit: str,
    low: str,
    high: str,
    band: tuple[str, str] | None,
    decimals: int = 0,
) -> Vital:
    edges = None if band is None else (Decimal(band[0]), Decimal(band[1]))
    return Vital(key, code, display, unit, Decimal(low), Decimal(high), edges, decimals)


HEART_RATE = _vital("heart_rate", "8867-4", "Heart rate", "/min", "25", "230", ("60", "100"))
RESPIRATORY_RATE = _vital("respiratory_rate", "9279-1", "Respiratory rate", "/min", "4", "70", ("12", "20"))
TEMPERATURE = _vital("temperature", "8310-5", "Body temperature", "Cel", "30", "43", ("36.1", "38.0"), 1)
SPO2 = _vital("spo2", "2708-6", "Oxygen saturation", "%", "50", "100", ("96", "100"))
SYSTOLIC = _vital("systolic", "8480-6", "Systolic blood pressure", "mm[Hg]", "50", "280", ("100", "139"))
DIASTOLIC = _vital("diastolic", "8462-4", "Diastolic blood pressure", "mm[Hg]", "25", "170", ("60", "89"))
WEIGHT = _vital("weight", "29463-7", "Body weight", "kg", "1", "300", None, 1)
HEIGHT = _vital("height", "8302-2", "Body height", "cm", "30", "230", None)
GLUCOSE = _vital("glucose", "2339-0", "Glucose", "mg/dL", "20", "700", ("70", "140"))

VITALS = {
    v.key: v
    for v in (HEART_RATE, RESPIRATORY_RATE, TEMPERATURE, SPO2, SYSTOLIC, DIASTOLIC, WEIGHT, HEIGHT, GLUCOSE)
}
BY_CODE = {v.code: v for v in VITALS.values()}

BLOOD_PRESSURE = Coding(system=LOINC, code="85354-9", display="Blood pressure")
CONSCIOUSNESS = Coding(system=LOINC, code="67775-7", display="Level of responsiveness")
OXYGEN_THERAPY = Coding(system=LOINC, code="3151-8", display="Inhaled oxygen flow rate")


def readings(observation: Observation) -> dict[str, Decimal]:
    """Vital key -> value of one observation, with its components, in the vital's unit.

    {} if it is retracted or none of ours. A value in another unit is no reading: pounds are never shown as kilograms.
    """
    if observation.retracted:
        return {}
    measured = (
        (observation.code.code, observation.value),
        *((part.code.code, part.value) for part in observation.components),
    )
    return {
        BY_CODE[code].key: value.value
        for code, value in measured
        if value is not None and code in BY_CODE and value.unit == BY_CODE[code].unit
    }
