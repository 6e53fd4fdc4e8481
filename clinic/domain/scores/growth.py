# SPDX-License-Identifier: GPL-3.0-or-later
"""z-scores of a child's growth by the LMS method.

Sources: WHO Child Growth Standards, Methods and development (2006), chapter 7: weight-based scores beyond 3 SD go on by the
distance between 2 and 3 SD; de Onis et al., Bull World Health Organ 2007;85:660-667 for 5 to 19 years; WHO Training course on
child growth assessment (2008) for lying and standing (0.7 cm) and for what a z-score is called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from clinic.domain.facts import Gender
from clinic.domain.scores.kinds import (
    Age,
    Band,
    Input,
    Note,
    NotFor,
    ScoreKind,
    Taken,
    Who,
    Work,
    Worked,
    band_of,
)

Tables = Mapping[tuple[str, str], Mapping[int, tuple[str, str, str]]]
"""(curve, sex) -> t -> (L, M, S) as written; t is days, months, or tenths of a cm."""

LAST_DAY = 1856
"""From here on the reference of 2007 counts in months: its first is the 61st."""
STANDING_FROM = 731
"""Days from which a child is measured standing."""
NO_STANDING_BELOW = Decimal(9)
"""Months under which nobody stands to be measured: 'standing' is a slip of the pen."""
LYING, STANDING = "8306-3", "8308-9"
_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LMS:
    """Box-Cox power, median, coefficient of variation."""

    l: Decimal  # noqa: E741  the name everybody knows it by
    m: Decimal
    s: Decimal

    def at(self, z: int) -> Decimal:
        """The measurement at a whole z-score."""
        if self.l == 0:
            return self.m * (self.s * z).exp()
        return self.m * (1 + self.l * self.s * z) ** (1 / self.l)

    def z(self, y: Decimal) -> Decimal:
        """The z-score of a measurement above 0."""
        if self.l == 0:
            return (y / self.m).ln() / self.s
        return ((y / self.m) ** self.l - 1) / (self.s * self.l)

    def z_of_weight(self, y: Decimal) -> Decimal:
        """The z-score of something weighed: beyond 3 SD in steps as wide as from 2 to 3 SD."""
        z = self.z(y)
        if z > 3:
            return 3 + (y - self.at(3)) / (self.at(3) - self.at(2))
        if z < -3:
            return -3 + (y - self.at(-3)) / (self.at(-2) - self.at(-3))
        return z


def lms_at(tables: Tables, curve: str, sex: str, t: Decimal) -> LMS | None:
    """L, M and S at `t` of a curve, between two rows on the straight line; None outside the table."""
    rows = tables.get((curve, sex), {})
    low = int(t)
    share = t - low
    if low not in rows or (share and low + 1 not in rows):
        return None
    below = [Decimal(text) for text in rows[low]]
    if not share:
        return LMS(*below)
    above = [Decimal(text) for text in rows[low + 1]]
    return LMS(*(a + share * (b - a) for a, b in zip(below, above, strict=True)))


def z_score(tables: Tables, curve: str, sex: str, t: Decimal, y: Decimal) -> Decimal | None:
    """The z-score to 0.01 of a measurement above 0; None outside the table."""
    with localcontext() as context:
        context.prec = 20
        row = lms_at(tables, curve, sex, t)
        if row is None or y <= 0:
            return None
        by_weight = curve.startswith(("w", "b"))
        return (row.z_of_weight(y) if by_weight else row.z(y)).quantize(_STEP, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Height:
    """Length below 731 days, height from then on, whichever way it was taken."""

    cm: Decimal
    notes: tuple[Note, ...] = ()


def corrected(taken: Taken, age: Age) -> Height:
    """A length and a height differ by 0.7 cm. A child of under 9 months did not stand."""
    cm = taken.value or Decimal(0)
    if taken.code == STANDING and age.days < STANDING_FROM and age.months >= NO_STANDING_BELOW:
        return Height(cm + Decimal("0.7"), (Note.HEIGHT_TAKEN_STANDING,))
    if taken.code == LYING and age.days >= STANDING_FROM:
        return Height(cm - Decimal("0.7"), (Note.LENGTH_TAKEN_LYING,))
    return Height(cm)


def bmi(kg: Decimal, cm: Decimal) -> Decimal:
    """kg/m2, unrounded."""
    return kg / (cm / 100) ** 2


# the five scores ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Child:
    """Sex and age at the day of the measurements, and what was measured."""

    tables: Tables
    sex: str
    age: Age
    found: Mapping[str, Taken]

    def number(self, key: str) -> Decimal:
        return self.found[key].value or Decimal(0)

    def by_age(self, curve: str, y: Decimal) -> Decimal | None:
        """`curve` without its ending: by day to 1856 days, then by month."""
        if self.age.days <= LAST_DAY:
            return z_score(self.tables, f"{curve}-day", self.sex, Decimal(self.age.days), y)
        return z_score(self.tables, f"{curve}-month", self.sex, self.age.months, y)

    def by_height(self, kg: Decimal, cm: Decimal) -> Decimal | None:
        if self.age.days > LAST_DAY:
            return None
        curve = "wfl-cm" if self.age.days < STANDING_FROM else "wfh-cm"
        return z_score(self.tables, curve, self.sex, cm * 10, kg)


ZOf = Callable[[_Child], tuple[Decimal | None, tuple[Note, ...]]]


def _weight_for_age(child: _Child) -> tuple[Decimal | None, tuple[Note, ...]]:
    return child.by_age("wfa", child.number("weight")), ()


def _height_for_age(child: _Child) -> tuple[Decimal | None, tuple[Note, ...]]:
    height = corrected(child.found["height"], child.age)
    return child.by_age("lhfa", height.cm), height.notes


def _bmi_for_age(child: _Child) -> tuple[Decimal | None, tuple[Note, ...]]:
    height = corrected(child.found["height"], child.age)
    return child.by_age("bfa", bmi(child.number("weight"), height.cm)), height.notes


def _weight_for_height(child: _Child) -> tuple[Decimal | None, tuple[Note, ...]]:
    height = corrected(child.found["height"], child.age)
    return child.by_height(child.number("weight"), height.cm), height.notes


def _head_for_age(child: _Child) -> tuple[Decimal | None, tuple[Note, ...]]:
    return child.by_age("hcfa", child.number("head")), ()


def _bands(*rows: tuple[str, str | None, str, bool]) -> tuple[Band, ...]:
    return tuple(
        Band(key, None if low is None else Decimal(low), tone, above) for key, low, tone, above in rows
    )


_UNDERWEIGHT = _bands(
    ("severely-underweight", None, "danger", False), ("underweight", "-3", "warn", False), ("expected", "-2", "ok", False),
)  # fmt: skip
_STUNTED = _bands(
    ("severely-stunted", None, "danger", False), ("stunted", "-3", "warn", False), ("expected", "-2", "ok", False),
)  # fmt: skip
_WASTED = _bands(
    ("severely-wasted", None, "danger", False), ("wasted", "-3", "warn", False), ("expected", "-2", "ok", False),
    ("risk-of-overweight", "1", "warn", True), ("overweight", "2", "warn", True), ("obese", "3", "danger", True),
)  # fmt: skip
_THIN = _bands(
    ("severely-thin", None, "danger", False), ("thin", "-3", "warn", False), ("expected", "-2", "ok", False),
    ("overweight", "1", "warn", True), ("obese", "2", "danger", True),
)  # fmt: skip
_HEAD = _bands(
    ("small-head", None, "warn", False), ("expected", "-2", "ok", False), ("large-head", "2", "warn", True)
)

_FRESH, _APART = timedelta(days=90), timedelta(days=30)
"""How old a measurement may be; how far weight and height of a child may lie apart."""
_PLAUSIBLE = {"weight_for_age": (-6, 5), "height_for_age": (-6, 6)}
"""Beyond these (others: 5) WHO calls a z-score implausible: the measurement is looked at, not the child."""
_WEIGHT = Input(key="weight", codes=("29463-7", "3141-9"), unit="kg", fresh=_FRESH)
_HEIGHT = Input(key="height", codes=("8302-2", LYING, STANDING), unit="cm", fresh=_FRESH)
_HEAD_INPUT = Input(key="head", codes=("9843-4", "8287-5"), unit="cm", fresh=_FRESH)
_SOURCE = "WHO Child Growth Standards, 2006, and WHO growth reference for 5-19 years, 2007"
_SEX = {Gender.FEMALE: "female", Gender.MALE: "male"}

_KINDS: tuple[tuple[str, str, tuple[Input, ...], int, tuple[Band, ...], tuple[Band, ...], ZOf], ...] = (
    # id, title, inputs, below how many years, bands to 5 years, bands after
    ("weight_for_age", "Weight for age", (_WEIGHT,), 11, _UNDERWEIGHT, _UNDERWEIGHT, _weight_for_age),
    ("height_for_age", "Length or height for age", (_HEIGHT,), 20, _STUNTED, _STUNTED, _height_for_age),
    ("bmi_for_age", "BMI for age", (_WEIGHT, _HEIGHT), 20, _WASTED, _THIN, _bmi_for_age),
    ("weight_for_height", "Weight for length or height", (_WEIGHT, _HEIGHT), 6, _WASTED, _WASTED, _weight_for_height),
    ("head_for_age", "Head circumference for age", (_HEAD_INPUT,), 6, _HEAD, _HEAD, _head_for_age),
)  # fmt: skip


def growth_scores(tables: Tables) -> tuple[ScoreKind, ...]:
    """The five z-scores over these tables."""
    return tuple(
        ScoreKind(
            id=key, version="2007", title=title, unit="{Zscore}", inputs=inputs, below_years=below, source=_SOURCE,
            bands=young, work=_worker(key, tables, inputs, young, old, work),
        )
        for key, title, inputs, below, young, old, work in _KINDS
    )  # fmt: skip


def _worker(
    key: str, tables: Tables, inputs: tuple[Input, ...], young: tuple[Band, ...], old: tuple[Band, ...],
    z_of: ZOf,
) -> Work:  # fmt: skip
    def work(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
        missing = _missing(found, who, inputs)
        if missing:
            return Worked(missing=missing)
        age = who.age(max(found[one.key].at for one in inputs))
        if age is None:
            return Worked(missing=("birth_date",))
        if who.oedema and any(one.key == "weight" for one in inputs):
            return Worked(not_for=NotFor.OEDEMA)
        z, notes = z_of(_Child(tables, _SEX[who.gender], age, found))
        if z is None:
            return _outside(key, inputs, age)
        low, high = _PLAUSIBLE.get(key, (-5, 5))
        if not low <= z <= high:
            return Worked(value=z, notes=(*notes, Note.IMPLAUSIBLE))
        return Worked(value=z, band=band_of(young if age.days <= LAST_DAY else old, z), notes=notes)

    return work


def _missing(found: Mapping[str, Taken], who: Who, inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """Inputs that are not there, or were taken too long before the newest one to belong together."""
    newest = max((taken.at for taken in found.values()), default=None)
    lacking = [
        one.key
        for one in inputs
        if one.key not in found
        or (found[one.key].value or 0) <= 0
        or (newest is not None and newest - found[one.key].at > _APART)
    ]
    lacking += ["birth_date"] if who.birth_date is None else []
    return (*lacking, *(() if who.gender in _SEX else ("gender",)))


def _outside(key: str, inputs: tuple[Input, ...], age: Age) -> Worked:
    """No row of the table: too old for the curve, or a length or height that the curve does not have."""
    if key == "weight_for_height" and age.days <= LAST_DAY:
        return Worked(notes=(Note.IMPLAUSIBLE,), missing=("height",))
    return Worked(not_for=NotFor.TOO_OLD)
