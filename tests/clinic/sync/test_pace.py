# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link is asked for: within bounds, as it carries, little while it breaks, and again much once it holds."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.pace import AIM_S, LARGEST_BUDGET, SMALLEST_BUDGET, Pace

ends = st.lists(st.none() | st.tuples(st.integers(0, 4_000_000), st.floats(0, 600)), max_size=60)


@given(ends)
def test_it_stays_within_its_bounds(history: list[tuple[int, float] | None]) -> None:
    pace = Pace()
    for end in history:
        before = pace.budget
        pace = pace.broken() if end is None else pace.carried(*end)
        assert SMALLEST_BUDGET <= pace.budget <= min(LARGEST_BUDGET, 8 * before)
        assert end is not None or pace.budget <= max(SMALLEST_BUDGET, before // 4)


def test_a_fast_link_is_asked_for_all_at_once_soon() -> None:
    pace = Pace()
    for _ in range(2):
        pace = pace.carried(pace.budget, 0.01)
    assert pace.budget == LARGEST_BUDGET


def test_a_link_of_any_speed_is_asked_for_three_seconds() -> None:
    for kbit in (64, 128, 1_000):
        pace = Pace()
        for _ in range(3):
            pace = pace.carried(pace.budget, pace.budget * 8 / (1000 * kbit))
        assert abs(pace.budget - kbit * 125 * AIM_S) < 100


def test_a_link_that_is_cut_each_100_kB_loses_little_of_it() -> None:
    """A model of such a link: the bytes of an exchange that was cut are lost."""
    pace, left, sent, since = Pace(), 1_000_000, 0, 0
    while left > 0:
        size = min(pace.budget, left)
        if since + size >= 100_000:
            sent, since, pace = sent + 100_000 - since, 0, pace.broken()
        else:
            sent, since, left, pace = sent + size, since + size, left - size, pace.carried(size, 0.001)
    assert sent < 1.2 * 1_000_000


def test_a_link_that_holds_again_is_trusted_with_much_before_long() -> None:
    pace = Pace().broken().broken()
    for _ in range(50):
        pace = pace.carried(pace.budget, 0.001)
    assert pace.budget == LARGEST_BUDGET
