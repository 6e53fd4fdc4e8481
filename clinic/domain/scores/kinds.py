# SPDX-License-Identifier: GPL-3.0-or-later
"""What a score is made of, and what it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from clinic.domain.facts import Gender
from clinic.domain.ids import FactId

DAYS_A_MONTH = Decimal("30.4375")
"""Days of a month as the WHO growth references count them (365.25 / 12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What a score needs to know of the person. `pregnant` and `scale_2` as recorded, never assumed.

    `scale_2`: a clinician ordered SpO2 scale 2 (target 88-92 %); `oedema`: nutritional oedema, so that weight says nothing.
    """

    birth_date: date | None = None
    gender: Gender = Gender.UNKNOWN_
    pregnant: bool = False
    scale_2: bool = False
    oedema: bool = False

    def age(self, at: datetime) -> "Age | None":
        """The age on that day; None without a birth date, or before it."""
        if self.birth_date is None or at.date() < self.birth_date:
            return None
        return Age(self.birth_date, at.date())


@dataclass(frozen=True, slots=True)
class Age:
    born: date
    on: date

    @property
    def days(self) -> int:
        return (self.on - self.born).days

    @property
    def months(self) -> Decimal:
        """Months of 30.4375 days, with decimals."""
        return self.days / DAYS_A_MONTH

    @property
    def years(self) -> int:
        """Completed years; somebody born on 29 February has her birthday on 1 March in other years."""
        return (
            self.on.year - self.born.year - ((self.on.month, self.on.day) < (self.born.month, self.born.day))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing a score reads. `codes`: LOINC, the first is the usual one; `unit`: UCUM, '' for a word.

    `fresh`: older than this, the result is stale; `words`: what a recorded word means; `optional`: the score does without.
    """

    key: str
    codes: tuple[str, ...]
    unit: str = ""
    fresh: timedelta
    words: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found for an input: a number in the input's unit, or a word."""

    key: str
    at: datetime
    observation: FactId
    code: str
    value: Decimal | None = None
    word: str = ""


class NotFor(StrEnum):
    """Why a score is not for this person."""

    TOO_YOUNG = "too-young"
    TOO_OLD = "too-old"
    PREGNANT = "pregnant"
    OEDEMA = "oedema"
    NOT_SIGNED_OFF = "not-signed-off"


class Note(StrEnum):
    """What a reader has to know beside the value."""

    AGE_UNKNOWN = "age-unknown"
    LENGTH_TAKEN_LYING = "length-0.7-taken-off"
    HEIGHT_TAKEN_STANDING = "height-0.7-added"
    IMPLAUSIBLE = "implausible"
    UNIT_REFUSED = "unit-refused"


@dataclass(frozen=True, slots=True)
class Band:
    """What a value means; it begins at `low` (inclusive, or exclusive if `above`) and reaches to the next band."""

    key: str
    low: Decimal | None
    tone: str
    """ok, warn or danger."""
    above: bool = False


@dataclass(frozen=True, slots=True)
class Worked:
    """What a score's function gives."""

    value: Decimal | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    band: Band | None = None
    notes: tuple[Note, ...] = ()
    not_for: NotFor | None = None


Work = Callable[[Mapping[str, Taken], Who, datetime], Worked]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreKind:
    """A score. `from_years` inclusive, `below_years` exclusive, in completed years; `code`: LOINC of the result."""

    id: str
    version: str
    title: str
    code: str = ""
    unit: str
    inputs: tuple[Input, ...]
    from_years: int = 0
    below_years: int | None = None
    in_pregnancy: bool = True
    source: str
    bands: tuple[Band, ...] = ()
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`value` is None unless everything needed is there; `used` says from which observations and of when.

    `parts` are the points of what is known; `not_for` is set when the score may not be used for this person.
    """

    score: str
    version: str
    unit: str
    at: datetime
    value: Decimal | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    band: Band | None = None
    notes: tuple[Note, ...] = ()
    not_for: NotFor | None = None
    used: tuple[Taken, ...] = ()
    stale: tuple[str, ...] = ()
    """Keys of inputs that are older than they may be."""

    @property
    def oldest_at(self) -> datetime | None:
        """When the oldest input was taken."""
        return min((taken.at for taken in self.used), default=None)

    @property
    def evidence(self) -> tuple[FactId, ...]:
        """Ids of the observations it stands on, each once, sorted."""
        return tuple(sorted({taken.observation for taken in self.used}))


def band_of(bands: tuple[Band, ...], value: Decimal) -> Band | None:
    """The last band that the value reaches; bands are in rising order."""
    reached = [b for b in bands if b.low is None or value > b.low or (value == b.low and not b.above)]
    return reached[-1] if reached else None
