# SPDX-License-Identifier: GPL-3.0-or-later
"""NEWS2, the National Early Warning Score 2 (Royal College of Physicians, London 2017).

A missing input never scores 0: without all seven there is no total, and the result says what is missing.
Not for people under 16 or in pregnancy. The chart is in whole numbers, temperature in tenths: what is finer is rounded to
that first, halves up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from clinic.domain.scores.kinds import Band, Input, ScoreKind, Taken, Who, Worked

Bands = tuple[tuple[Decimal, int], ...]
Number = Decimal | int | float | None


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

    respiratory_rate: Number = None
    spo2: Number = None
    on_oxygen: bool | None = None
    systolic: Number = None
    heart_rate: Number = None
    alert: bool | None = None
    temperature: Number = None
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
    return [
        ("respiratory_rate", _in(_RESPIRATION, v.respiratory_rate)),
        ("spo2", _spo2(v)),
        ("on_oxygen", None if v.on_oxygen is None else 2 * v.on_oxygen),
        ("systolic", _in(_SYSTOLIC, v.systolic)),
        ("heart_rate", _in(_HEART, v.heart_rate)),
        ("alert", None if v.alert is None else (0 if v.alert else 3)),
        ("temperature", _in(_TEMPERATURE, v.temperature, "0.1")),
    ]


def _spo2(v: Vitals) -> int | None:
    spo2 = _rounded(v.spo2, "1")
    if spo2 is None:
        return None
    if not v.scale_2:
        return _in(_SPO2_1, spo2)
    if spo2 <= 92:
        return _in(_SPO2_2_LOW, spo2)
    if v.on_oxygen is None:
        return None
    return _in(_SPO2_2_OXYGEN, spo2) if v.on_oxygen else 0


def _in(bands: Bands, value: Number, step: str = "1") -> int | None:
    exact = _rounded(value, step)
    return None if exact is None else next(points for edge, points in bands if exact <= edge)


def _rounded(value: Number, step: str) -> Decimal | None:
    """To the step of the chart, halves up; None for what is no number."""
    if value is None:
        return None
    exact = Decimal(str(value))
    return exact.quantize(Decimal(step), ROUND_HALF_UP) if exact.is_finite() else None


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


# as a score of the registry ------------------------------------------------------------------------------------------

_FRESH = timedelta(hours=12)
"""Even a score of 0 is taken again after 12 hours (RCP 2017, table of responses)."""
_ALERT = {"a": "A", "c": "C", "v": "V", "p": "P", "u": "U"}
LOW, SINGLE = Band("low", Decimal(0), "ok"), Band("single", None, "warn")
MEDIUM, HIGH = Band("medium", Decimal(5), "warn"), Band("high", Decimal(7), "danger")
_OF_RISK = {Risk.LOW: LOW, Risk.SINGLE: SINGLE, Risk.MEDIUM: MEDIUM, Risk.HIGH: HIGH}


def vitals_from(found: Mapping[str, Taken], scale_2: bool) -> Vitals:
    """The vitals of what was found. Oxygen: any flow above 0 L/min; alert: A of ACVPU."""
    numbers = {key: taken.value for key, taken in found.items()}
    oxygen, letter = numbers.get("on_oxygen"), found.get("alert")
    return Vitals(
        respiratory_rate=numbers.get("respiratory_rate"), spo2=numbers.get("spo2"), systolic=numbers.get("systolic"),
        heart_rate=numbers.get("heart_rate"), temperature=numbers.get("temperature"),
        on_oxygen=None if oxygen is None else oxygen > 0, alert=None if letter is None else letter.word == "A",
        scale_2=scale_2,
    )  # fmt: skip


def _work(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
    score = news2(vitals_from(found, who.scale_2))
    total = None if score.total is None else Decimal(score.total)
    return Worked(value=total, parts=score.parts, missing=score.missing, band=_OF_RISK.get(score.risk))


def _input(key: str, *codes: str, unit: str = "") -> Input:
    return Input(key=key, codes=codes, unit=unit, fresh=_FRESH)


NEWS2 = ScoreKind(
    id="news2", version="2017", title="NEWS2", unit="{score}", from_years=16, in_pregnancy=False,
    source="Royal College of Physicians: National Early Warning Score (NEWS) 2. London, 2017",
    inputs=(
        _input("respiratory_rate", "9279-1", unit="/min"), _input("spo2", "2708-6", "59408-5", unit="%"),
        _input("on_oxygen", "3151-8", unit="L/min"), _input("systolic", "8480-6", unit="mm[Hg]"),
        _input("heart_rate", "8867-4", unit="/min"),
        Input(key="alert", codes=("67775-7",), fresh=_FRESH, words=_ALERT),
        _input("temperature", "8310-5", unit="Cel"),
    ),
    bands=(LOW, MEDIUM, HIGH), work=_work,
)  # fmt: skip
