# SPDX-License-Identifier: GPL-3.0-or-later
"""What three minutes of a link carry: every byte is counted once, and what leaves first is done first."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.forecast import OVERHEAD, Waits, forecast

waits = st.lists(st.builds(Waits, st.integers(0, 4), st.integers(1, 64_000), st.integers(0, 50)), max_size=30)


@given(waits, st.integers(1, 2_000_000))
def test_every_byte_is_told_once_and_time_only_grows(waiting: list[Waits], speed: int) -> None:
    found = forecast(waiting, speed, 180)
    assert sum(one.size for one in found) == sum(one.size for one in waiting)
    assert sum(one.records for one in found) == sum(one.records for one in waiting)
    assert all(0 <= one.in_time <= one.size for one in found)
    last = max((one.done_s for one in found), default=0)
    assert abs(last - sum(8 * OVERHEAD * one.size for one in waiting) / speed) < 1e-6 * max(1, last)


def test_a_dead_link_carries_nothing_and_a_fast_one_all() -> None:
    waiting = [Waits(0, 1000, 1), Waits(2, 50_000, 20)]
    assert [one.in_time for one in forecast(waiting, 0, 180)] == [0, 0]
    assert [one.in_time for one in forecast(waiting, 10**9, 180)] == [1000, 50_000]
    (first, _second) = forecast(waiting, 8_000, 10)
    assert first.in_time == 1000 and first.done_s == 1.1
