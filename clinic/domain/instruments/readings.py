# SPDX-License-Identifier: GPL-3.0-or-later
"""One reading of an instrument, and what every decoder does with a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.domain.instruments.octets import Missing, Number
from clinic.domain.units import turned
from clinic.domain.vitals import VITALS

NO_NUMBER = "The instrument gave no number. Measure again."
NOBODY = "The instrument sent a number that nobody has. Measure again, or type the number."
EDGES = {
    "systolic": Decimal(400),
    "diastolic": Decimal(400),
    "heart_rate": Decimal(350),
    "spo2": Decimal(100),
    "temperature": Decimal(60),
    "weight": Decimal(650),
    "glucose": Decimal(2000),
}
"""The most an instrument can mean, in the vital's unit; the least is more than 0. What is plausible is narrower."""
CLOCK_OFF = timedelta(minutes=5)
"""A clock that differs by more is named."""
_WEIGHED_IN = 2
"""Decimals of a weight: an infant's grams count, though a chart shows one."""


class Doubt(StrEnum):
    """What an instrument says of a number that counts all the same."""

    IRREGULAR_PULSE = "irregular pulse"
    WEAK_SIGNAL = "weak signal"


class Unready(Refusal):
    """The next thing it sends may count."""

    def __init__(self) -> None:
        super().__init__("It is still measuring. Keep still.")


class Beyond(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "The number is beyond what the instrument can measure. Measure again, or call a person."
        )


class Faulty(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "The instrument says that something is wrong with it. Type the number, or call a person."
        )


class NoPatient(Refusal):
    """A demonstration, a test, control solution."""

    def __init__(self) -> None:
        super().__init__("The instrument says that this was a test and no measurement. Measure again.")


class NotTouching(Refusal):
    def __init__(self) -> None:
        super().__init__("The instrument does not feel you. Put it on again and keep still.")


@dataclass(frozen=True, slots=True)
class Reading:
    """`values`: vital key -> value in the vital's unit, never empty. `missing`: keys it was asked for and did not give.

    `clock`: what the instrument's own clock said, without a zone. `octets`: what it sent. `streamed`: one of many, a second
    apart.
    """

    values: Mapping[str, Decimal]
    octets: bytes
    missing: Mapping[str, Missing] = field(default_factory=dict)
    clock: datetime | None = None
    doubts: tuple[Doubt, ...] = ()
    streamed: bool = False

    def clock_is_off(self, arrived: datetime) -> timedelta | None:
        """How far the instrument's clock is behind `arrived` (local, without a zone); None where it is right or silent.

        The moment of arrival counts in either case; but what was measured long ago may be somebody else's.
        """
        if self.clock is None:
            return None
        behind = arrived - self.clock
        return behind if abs(behind) > CLOCK_OFF else None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number that a patient confirmed came from: what was sent, byte for byte, and by which instrument."""

    octets: bytes
    instrument: str


def in_our_unit(key: str, number: Number, unit: str) -> Number:
    """The number in the vital's unit, rounded as the vital is. Raises Refusal for one that nobody has."""
    if isinstance(number, Missing):
        return number
    vital = VITALS[key]
    value = turned(number, unit, vital.unit)
    assert value is not None, (unit, vital.unit)
    if not 0 < value <= EDGES[key]:
        raise Refusal(NOBODY)
    rounded = round(value, _WEIGHED_IN if key == "weight" else vital.decimals)
    if not rounded:
        raise Refusal(NOBODY)
    return rounded


def given(numbers: Mapping[str, Number], *needed: str) -> tuple[dict[str, Decimal], dict[str, Missing]]:
    """What there is and what is missing. Raises Refusal when one of `needed` is missing: half a blood pressure is none."""
    values = {key: number for key, number in numbers.items() if isinstance(number, Decimal)}
    missing = {key: number for key, number in numbers.items() if isinstance(number, Missing)}
    lost = [missing[key] for key in needed if key in missing]
    if lost:
        raise Beyond() if lost[0] in (Missing.TOO_HIGH, Missing.TOO_LOW) else Refusal(NO_NUMBER)
    return values, missing
