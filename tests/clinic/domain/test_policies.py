# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an organisation: what is refused before it is signed is also what a reader would not go by."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from clinic.domain.policies import (
    HELP_PHONE,
    HOURS,
    IDLE_LOCK,
    KEEP_YEARS,
    MOST_YEARS,
    SETTABLE,
    SIGN_AGAIN,
    checked,
    holds,
    minutes_allowed,
    signs_again,
    years_kept,
)
from clinic.domain.retention import RULES, chart_is_past, years_by_law

PLACES = st.sampled_from([*RULES, "XX"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (HOURS, "Mo-Fr 7-20"), (HOURS, "always"), (HOURS, "Mo-Fr 20:00-07:00"), (IDLE_LOCK, "0"), (IDLE_LOCK, "6"),
        (IDLE_LOCK, "2.5"), (IDLE_LOCK, "-1"), (KEEP_YEARS, "9"), (KEEP_YEARS, "101"), (KEEP_YEARS, "ten"), (KEEP_YEARS, "١٢"),
        (HELP_PHONE, "ask"), (HELP_PHONE, "+"), (HELP_PHONE, "٠٣٨٥"), (HELP_PHONE, "0" * 41),
        (SIGN_AGAIN, "perhaps"), (SIGN_AGAIN, "1"),
        ("organisation-wide team", "x"), ("", "1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_signed(key: str, value: str) -> None:
    with pytest.raises(Refusal):
        checked(key, value, "AR")


@given(st.sampled_from(SETTABLE), st.text(max_size=30), PLACES)
def test_what_is_signed_holds_as_it_was_written(key: str, value: str, place: str) -> None:
    try:
        said = checked(key, value, place)
    except Refusal:
        return
    if said:
        now = holds(key, {key: said}, place)
        assert now == said if key in (HOURS, HELP_PHONE, SIGN_AGAIN) else int(now) == int(said)
    else:
        assert holds(key, {key: said}, place) == holds(key, {}, place)


@given(st.text(max_size=12), PLACES)
def test_whatever_a_log_says_the_law_and_the_bounds_hold(value: str, place: str) -> None:
    assert years_by_law(place) <= years_kept({KEEP_YEARS: value}, place) <= MOST_YEARS
    assert 1 <= minutes_allowed({IDLE_LOCK: value}) <= 5


def test_years_only_lengthen() -> None:
    last, now = datetime(2010, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    assert chart_is_past(last, now, "AR")
    assert not chart_is_past(last, now, "AR", years_kept({KEEP_YEARS: "15"}, "AR"))
    assert chart_is_past(last, now, "AR", years_kept({KEEP_YEARS: "2"}, "AR"))


def test_the_password_is_asked_for_at_signing_only_where_somebody_said_yes() -> None:
    assert (
        not signs_again({})
        and not signs_again({SIGN_AGAIN: "no"})
        and not signs_again({SIGN_AGAIN: "perhaps"})
    )
    assert signs_again({SIGN_AGAIN: checked(SIGN_AGAIN, " Yes ", "AR")})
