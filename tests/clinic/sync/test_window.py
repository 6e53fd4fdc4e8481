# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be under way: as much as the link carries in a second or two, little after a cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.window import LARGEST, LATE_S, SMALLEST, Window


def settled(kbit: float, rtt_s: float, pieces: int = 200) -> tuple[Window, float]:
    """After that many pieces over a link that has one queue: the window, and the share of the time the link was busy."""
    window, rate = Window(), kbit * 125
    free = now = busy = 0.0
    arrivals: list[tuple[float, int, float]] = []
    under_way = 0
    for _ in range(pieces):
        while under_way and under_way + window.piece > window.size:
            at, size, given_at = arrivals.pop(0)
            now, under_way, window = max(now, at), under_way - size, window.had(at - given_at)
        free = max(free, now) + window.piece / rate
        busy += window.piece / rate
        arrivals.append((free + rtt_s, window.piece, now))
        under_way += window.piece
    return window, busy / free


@pytest.mark.parametrize(
    ("kbit", "rtt_s"), [(64, 0.3), (128, 0.6), (256, 0.8), (1_000, 0.3), (100_000, 0.01)]
)
def test_a_link_is_kept_busy_and_its_queue_short(kbit: float, rtt_s: float) -> None:
    window, busy = settled(kbit, rtt_s)
    assert busy > 0.8
    assert window.size <= max(2 * SMALLEST, 2 * LATE_S * kbit * 125)


@given(st.lists(st.none() | st.floats(0, 60), max_size=200))
def test_it_stays_within_its_bounds(history: list[float | None]) -> None:
    window = Window()
    for took_s in history:
        window = window.broken() if took_s is None else window.had(took_s)
        assert SMALLEST <= window.size <= window.most <= LARGEST
        assert window.piece <= window.size


def test_after_a_cut_it_is_trusted_again_only_once_much_has_arrived() -> None:
    window = Window(LARGEST).broken()
    for _ in range(60):
        window = window.had(0.01)
    assert window.size == LARGEST // 32
    for _ in range(400):
        window = window.had(0.01)
    assert window.size == LARGEST
