# SPDX-License-Identifier: GPL-3.0-or-later
"""NEWS2, the National Early Warning Score 2 (Royal College of Physicians, London 2017).

A missing input never scores 0: without all seven there is no total, and the result says what is missing.
Not for people under 16 or in pregnancy.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

Bands = tuple[tuple[Decimal, int], ...]


class Risk(StrEnum):
    UNKNOWN = "unknown"
    LOW = "low"
    SINGLE = "single"
    """One parameter scores 3: urgent ward review."""
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """respiratory_rate and heart_rate /min, spo2 %, systolic mm[Hg], temperature Cel; alert: A of ACVPU.

    scale_2: SpO2 scale 2 (target 88-92 %), only by a clinician's order.
    """

    respiratory_rate: Decimal | int | None = None
    spo2: Decimal | int | None = None
    on_oxygen: bool | None = None
    systolic: Decimal | int | None = None
    heart_rate: Decimal | int | None = None
    alert: bool | None = None
    temperature: Decimal | None = None
    scale_2: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is None unless every input is there; `parts` has the points of those that are, `risk` is at least theirs."""

    total: int | None
    parts: dict[str, int]
    missing: tuple[str, ...]
    risk: Risk


def _bands(*steps: tuple[str, int]) -> Bands:
    return tuple((Decimal(edge), points) for edge, points in steps)


_TOP = "Infinity"
# each step: (highest value that scores so, points)
_RESPIRATION = _bands(("8", 3), ("11", 1), ("20", 0), ("24", 2), (_TOP, 3))
_SPO2_1 = _bands(("91", 3), ("93", 2), ("95", 1), (_TOP, 0))
_SPO2_2_LOW = _bands(("83", 3), ("85", 2), ("87", 1), ("92", 0))
_SPO2_2_OXYGEN = _bands(("94", 1), ("96", 2), (_TOP, 3))
_SYSTOLIC = _bands(("90", 3), ("100", 2), ("110", 1), ("219", 0), (_TOP, 3))
_HEART = _bands(("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), (_TOP, 3))
_TEMPERATURE = _bands(("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), (_TOP, 2))


def news2(vitals: Vitals) -> Score:
    """The score of one set of vitals."""
    parts: dict[str, int] = {}
    for name, points in _points(vitals):
        if points is not None:
            parts[name] = points
    missing = tuple(name for name, points in _points(vitals) if points is None)
    total = None if missing else sum(parts.values())
    return Score(total, parts, missing, _risk(total, parts))


def _points(v: Vitals) -> list[tuple[str, int | None]]:
    temperature = (
        None if v.temperature is None else Decimal(v.temperature).quantize(Decimal("0.1"), ROUND_HALF_UP)
    )
    return [
        ("respiratory_rate", _in(_RESPIRATION, v.respiratory_rate)),
        ("spo2", _spo2(v)),
        ("on_oxygen", None if v.on_oxygen is None else 2 * v.on_oxygen),
        ("systolic", _in(_SYSTOLIC, v.systolic)),
        ("heart_rate", _in(_HEART, v.heart_rate)),
        ("alert", None if v.alert is None else (0 if v.alert else 3)),
        ("temperature", _in(_TEMPERATURE, temperature)),
    ]


def _spo2(v: Vitals) -> int | None:
    if v.spo2 is None:
        return None
    if not v.scale_2:
        return _in(_SPO2_1, v.spo2)
    if v.spo2 <= 92:
        return _in(_SPO2_2_LOW, v.spo2)
    if v.on_oxygen is None:
        return None
    return _in(_SPO2_2_OXYGEN, v.spo2) if v.on_oxygen else 0


def _in(bands: Bands, value: Decimal | int | None) -> int | None:
    if value is None:
        return None
    return next(points for edge, points in bands if value <= edge)


def _risk(total: int | None, parts: dict[str, int]) -> Risk:
    """What is missing can only add points: a risk seen in the rest is at least that high."""
    known = sum(parts.values())
    if known >= 7:
        return Risk.HIGH
    if known >= 5:
        return Risk.MEDIUM
    if 3 in parts.values():
        return Risk.SINGLE
    return Risk.UNKNOWN if total is None else Risk.LOW
