# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates and times as FHIR R4 writes them: any precision from a year to a second, with a zone from the hour on."""

import re
from datetime import UTC, date, datetime
from typing import Any

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


YEARS = range(1700, 2200)
"""A record is filed by its moments: what lies outside these years did not happen to a patient."""


def moment(said: Any) -> datetime | None:
    """The instant of a FHIR dateTime or instant; of a date, month or year its first moment in UTC.

    None for anything else, and outside YEARS.
    """
    if not isinstance(said, str):
        return None
    found = _instant(said) if _MOMENT.fullmatch(said) else _first_moment(_begin(said))
    return found if found is not None and found.year in YEARS else None


def day(said: Any) -> date | None:
    """The date of a FHIR date or dateTime, as written there; None where only a month or year is known."""
    if not isinstance(said, str) or len(said) < 10:
        return None
    return _begin(said[:10]) if len(said) == 10 or moment(said) else None


def vague(said: Any) -> bool:
    """True for a date that stops at the month or the year."""
    return isinstance(said, str) and len(said) < 10 and _begin(said) is not None


def instant(at: datetime) -> str:
    """A FHIR instant in UTC, to the microsecond where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _first_moment(begins: date | None) -> datetime | None:
    return None if begins is None else datetime(begins.year, begins.month, begins.day, tzinfo=UTC)


def _instant(said: str) -> datetime | None:
    head, _, rest = said.partition(".")
    if rest:
        digits = re.match(r"\d+", rest)
        fraction = digits.group() if digits else ""
        said = f"{head}.{fraction[:6]:0<6}{rest[len(fraction) :]}"
    try:
        return datetime.fromisoformat(said.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _begin(said: str) -> date | None:
    found = _DATE.fullmatch(said)
    if found is None:
        return None
    year, month, of_month = (int(part) if part else 1 for part in found.groups())
    try:
        return date(year, month, of_month)
    except ValueError:
        return None
