# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates of any precision, instants of any zone, and vital signs in the unit we reckon with."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.values import Coding, Quantity
from clinic.domain.vitals import VITALS
from clinic.exchange.fhir.times import day, instant, moment, vague
from clinic.exchange.fhir.units import in_our_unit


@given(st.datetimes(datetime(1700, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
def test_an_instant_comes_back(at: datetime) -> None:
    assert moment(instant(at)) == at


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("2011-06-30T04:57:07+00:00", datetime(2011, 6, 30, 4, 57, 7, tzinfo=UTC)),
        ("2011-06-30T04:57:07.392-03:00", datetime(2011, 6, 30, 7, 57, 7, 392000, tzinfo=UTC)),
        ("2011-06-30T04:57:07.3929999999Z", datetime(2011, 6, 30, 4, 57, 7, 392999, tzinfo=UTC)),
        ("2011-06-30", datetime(2011, 6, 30, tzinfo=UTC)),
        ("2011-06", datetime(2011, 6, 1, tzinfo=UTC)),
        ("2011", datetime(2011, 1, 1, tzinfo=UTC)),
        ("2011-06-30T04:57:07", None),
        ("2011-06-30T04:57Z", None),
        ("2011-13", None),
        ("2011-02-30", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01", None),
        ("0001-01-01T00:00:00+14:00", None),
        (7, None),
    ],
)
def test_moments(said: object, when: datetime | None) -> None:
    assert moment(said) == when


def test_a_date_is_the_one_written_there_and_nothing_is_made_up() -> None:
    assert day("1958-03-07") == date(1958, 3, 7)
    assert day("1958-03-07T23:30:00-03:00") == date(1958, 3, 7)
    assert (
        day("1958") is day("1958-03") is day("1958-02-30") is day("1958-03-07T99:00:00Z") is day(None) is None
    )
    assert vague("1958") and vague("1958-03") and not vague("1958-03-07") and not vague("often")


def test_an_instant_is_told_in_utc() -> None:
    there = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-3)))
    assert instant(there) == "2026-01-01T15:00:00Z"


@pytest.mark.parametrize(
    ("key", "value", "unit", "ours"),
    [
        ("weight", "154", "[lb_av]", "69.85"),
        ("height", "1.70", "m", "170.00"),
        ("height", "67", "[in_i]", "170.18"),
        ("temperature", "98.6", "[degF]", "37.00"),
        ("glucose", "5.5", "mmol/L", "99.09"),
        ("systolic", "16", "kPa", "120.01"),
    ],
)
def test_a_vital_sign_in_another_unit_is_turned_into_ours(key: str, value: str, unit: str, ours: str) -> None:
    turned = in_our_unit(VITALS[key].coding, Quantity(value=Decimal(value), unit=unit))
    assert turned == Quantity(value=Decimal(ours), unit=VITALS[key].unit)


def test_units_that_are_ours_or_nobody_knows() -> None:
    pulse = VITALS["heart_rate"].coding
    assert in_our_unit(pulse, Quantity(value=Decimal("70"), unit="bpm")) == Quantity(
        value=Decimal("70"), unit="/min"
    )
    assert in_our_unit(pulse, Quantity(value=Decimal("70"), unit="furlong")) is None
    other = Coding(system="http://loinc.org", code="2947-0", display="Sodium")
    value = Quantity(value=Decimal("140.0"), unit="mmol/L")
    assert in_our_unit(other, value) is value
