# SPDX-License-Identifier: GPL-3.0-or-later
"""A score that is a chart of points by age, read from data: PEWS as a clinic signs it.

The file (TOML) names id, version, title, source, ages and inputs; an input has rows of points: `from` and `to` inclusive, by age
group or for all. A chart nobody of the clinic has signed off gives nothing but NOT_SIGNED_OFF.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from clinic.domain.errors import Refusal
from clinic.domain.scores.kinds import Band, Input, NotFor, ScoreKind, Taken, Who, Work, Worked, band_of


@dataclass(frozen=True, slots=True)
class Row:
    """Points for a value of at least `low` and at most `high` (open ends are None), or for a word."""

    points: int
    low: Decimal | None = None
    high: Decimal | None = None
    word: str = ""

    def fits(self, value: Decimal | None, word: str) -> bool:
        if self.word or value is None:
            return bool(self.word) and self.word == word
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Chart:
    """Rows by (input, age group); group '' counts for every age. `groups`: (name, months from which it counts)."""

    groups: tuple[tuple[str, Decimal], ...]
    steps: Mapping[str, Decimal]
    rows: Mapping[tuple[str, str], tuple[Row, ...]]

    def group(self, months: Decimal) -> str:
        return [name for name, begins in self.groups if months >= begins][-1]

    def points(self, key: str, group: str, taken: Taken) -> int | None:
        """Points of a value; None if no row has it: a hole in a chart never scores 0."""
        rows = self.rows.get((key, group)) or self.rows.get((key, ""), ())
        value = None if taken.value is None else taken.value.quantize(self.steps[key], ROUND_HALF_UP)
        return next((row.points for row in rows if row.fits(value, taken.word)), None)


def chart_score(text: str, signed_off: bool) -> ScoreKind:
    """The score that a chart describes. Refused for a chart that is not whole: unknown keys, holes, overlaps."""
    try:
        told = tomllib.loads(text)
        inputs = tuple(_input(key, one) for key, one in told["input"].items())
        groups = tuple((name, Decimal(str(begins))) for name, begins in told["ages"].items())
        steps = {key: Decimal(one.get("step", "1")) for key, one in told["input"].items()}
        chart = Chart(groups, steps, _rows(told["input"], tuple(name for name, _ in groups), steps))
        bands = tuple(Band(b["key"], _number(b.get("from")), b["tone"]) for b in told.get("band", ()))
        return ScoreKind(
            id=str(told["id"]), version=str(told["version"]), title=str(told["title"]), unit="{score}", inputs=inputs,
            from_years=int(told.get("from_years", 0)), below_years=int(told["below_years"]), source=str(told["source"]),
            bands=bands, work=_worker(chart, inputs, bands, signed_off),
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise Refusal(
            "This score's chart cannot be read: {what}. Correct the file and load it again.", what=str(error)
        ) from error


def _input(key: str, one: Mapping[str, Any]) -> Input:
    words = {word.casefold(): word for word in one.get("words", ())}
    return Input(
        key=key, codes=tuple(one["codes"]), unit=one.get("unit", ""), fresh=timedelta(hours=float(one["fresh_hours"])),
        words=words,
    )  # fmt: skip


def _rows(
    inputs: Mapping[str, Any], groups: tuple[str, ...], steps: Mapping[str, Decimal]
) -> dict[tuple[str, str], tuple[Row, ...]]:
    rows: dict[tuple[str, str], tuple[Row, ...]] = {}
    for key, one in inputs.items():
        by_age = one.get("by_age") or {"": one["points"]}
        if "" not in by_age and set(by_age) != set(groups):
            raise ValueError(f"{key} does not have every age group")
        for group, listed in by_age.items():
            rows[key, group] = _checked(key, tuple(_row(row) for row in listed), steps[key])
    return rows


def _row(row: Mapping[str, Any]) -> Row:
    return Row(int(row["points"]), _number(row.get("from")), _number(row.get("to")), str(row.get("word", "")))


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _checked(key: str, rows: tuple[Row, ...], step: Decimal) -> tuple[Row, ...]:
    """Rows of numbers in rising order from an open beginning to an open end, each a step after the one before."""
    numbers = [row for row in rows if not row.word]
    if not numbers:
        return rows
    if numbers[0].low is not None or numbers[-1].high is not None:
        raise ValueError(f"{key} is not open at both ends")
    for before, after in pairwise(numbers):
        if before.high is None or after.low is None or after.low - before.high != step:
            raise ValueError(f"{key} has rows with a hole between them, or over each other")
    return rows


def _worker(chart: Chart, inputs: tuple[Input, ...], bands: tuple[Band, ...], signed_off: bool) -> Work:
    def work(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
        if not signed_off:
            return Worked(not_for=NotFor.NOT_SIGNED_OFF)
        age = who.age(at)
        if age is None:
            return Worked(missing=("birth_date",))
        group = chart.group(age.months)
        scored = {one.key: chart.points(one.key, group, found[one.key]) for one in inputs if one.key in found}
        parts = {key: points for key, points in scored.items() if points is not None}
        missing = tuple(one.key for one in inputs if one.key not in parts)
        total = None if missing else Decimal(sum(parts.values()))
        return Worked(
            value=total, parts=parts, missing=missing, band=None if total is None else band_of(bands, total)
        )

    return work
