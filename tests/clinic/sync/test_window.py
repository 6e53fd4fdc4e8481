# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be under way: as much as the link carries in a second or two, little after a cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.window import LARGEST, QUEUED_S, SMALLEST, Window


def settled(kbit: float, rtt_s: float, pieces: int = 200) -> tuple[Window, float, float]:
    """After that many pieces over a link that has one queue: the window, the share of the time the link was busy, and the longest
    that a piece of the second half was queued."""
    window, rate = Window().begun(), kbit * 125
    free = now = busy = 0.0
    arrivals: list[tuple[float, int, float, int]] = []
    queued: list[float] = []
    under_way = 0
    for number in range(pieces):
        while under_way and under_way + window.piece > window.size:
            at, size, given_at, carried = arrivals.pop(0)
            now, under_way = max(now, at), under_way - size
            window = window.had(at - given_at, carried, at)
        if number > pieces // 2:
            queued.append(max(0.0, free - now))
        free = max(free, now) + window.piece / rate
        busy += window.piece / rate
        under_way += window.piece
        arrivals.append((free + rtt_s, window.piece, now, under_way))
    return window, busy / free, max(queued)


@pytest.mark.parametrize(
    ("kbit", "rtt_s"), [(64, 0.3), (128, 0.6), (128, 1.6), (256, 0.8), (1_000, 0.3), (100_000, 0.01)]
)
def test_a_link_is_kept_busy_and_its_queue_short(kbit: float, rtt_s: float) -> None:
    window, busy, queued = settled(kbit, rtt_s)
    assert busy > 0.9
    assert queued < max(2 * QUEUED_S, window.piece / (kbit * 125) + QUEUED_S)
    assert window.size <= max(2 * SMALLEST, (rtt_s + 3 * QUEUED_S) * kbit * 125)


def test_what_was_under_way_before_a_change_does_not_change_it_once_more() -> None:
    late = Window(LARGEST, quickest_s=0.1).had(4.0, LARGEST, at=10.0)
    assert late.size == LARGEST // 2
    assert late.had(4.5, LARGEST, at=10.5).size == late.size
    assert late.had(4.0, LARGEST, at=14.0).size < late.size


def test_a_link_that_is_not_asked_for_much_is_not_trusted_less() -> None:
    assert Window(100_000).had(0.3, 4_000, at=1.0).size == 100_000


@given(st.lists(st.none() | st.floats(0, 60), max_size=200))
def test_it_stays_within_its_bounds(history: list[float | None]) -> None:
    window = Window()
    for at, took_s in enumerate(history):
        window = window.broken() if took_s is None else window.had(took_s, window.size, 100.0 * at)
        assert SMALLEST <= window.size <= window.most <= LARGEST
        assert window.piece <= window.size


def test_after_a_cut_it_is_trusted_again_only_once_much_has_arrived() -> None:
    window = Window(LARGEST).broken()
    for at in range(60):
        window = window.had(0.01, window.size, at)
    assert window.size == LARGEST // 32
    for at in range(60, 460):
        window = window.had(0.01, window.size, at)
    assert window.size == LARGEST
