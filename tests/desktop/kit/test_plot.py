# SPDX-License-Identifier: GPL-3.0-or-later
"""Thinning keeps what a clinician must see; axes show round numbers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.plot import Reading, Series, moments, reach, thinned, ticks

NUMBERS = st.floats(-1e5, 1e5, allow_nan=False)


@given(st.lists(NUMBERS, min_size=1, max_size=800), st.integers(1, 60))
def test_thinning_keeps_extremes_and_order(values, columns):
    kept = thinned(values, columns)
    assert len(kept) <= max(columns * 2, 1)
    assert max(value for _, value in kept) == max(values)
    assert min(value for _, value in kept) == min(values)
    places = [place for place, _ in kept]
    assert places == sorted(set(places))
    assert all(values[place] == value for place, value in kept)


@given(NUMBERS, st.floats(0.01, 1e5))
def test_ticks_lie_inside(low, span):
    for tick in ticks(low, low + span):
        assert low - span * 1e-6 - 1e-6 <= tick <= low + span + span * 1e-6 + 1e-6


def test_ticks_are_round():
    assert ticks(83, 158) == [100, 120, 140]
    assert ticks(0, 1) == [0, 0.5, 1.0]


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_moments_end_at_the_end(span):
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    shown = moments(begin, begin + span)
    assert shown[-1] == begin + span
    assert all(begin <= moment for moment in shown)
    assert len(shown) <= 7


def test_reach_has_air_and_holds_the_band():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    low, high = reach([Series("", "", (Reading(at, 120),), 90, 140)])
    assert low < 90
    assert high > 140
    assert reach([]) == (0.0, 1.0)
