# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures are shown with their sound, and what stands still too long is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.media.showing import AHEAD_S, LONGEST_S, Showing


def settled(showing: Showing, passage: float = 0.2) -> float:
    """The wait of the last of a hundred pictures that all took `passage`."""
    wait = 0.0
    for number in range(100):
        taken = number / 15
        wait = showing.wait_s(taken, taken + passage)
        showing.shown(taken, taken + passage + wait)
    return wait


def test_a_picture_waits_for_the_sound_of_its_moment() -> None:
    showing = Showing()
    showing.sound_s = 0.25 + AHEAD_S
    assert settled(showing) == pytest.approx(0.25, abs=0.01)


def test_a_picture_that_came_late_waits_less_and_never_negative() -> None:
    showing = Showing()
    showing.sound_s = 0.25 + AHEAD_S
    settled(showing)
    assert showing.wait_s(100 / 15, 100 / 15 + 0.35) == pytest.approx(0.10, abs=0.02)
    assert showing.wait_s(101 / 15, 101 / 15 + 0.9) == 0.0


def test_near_links_that_lose_packets_wait_for_repetitions_far_ones_do_not() -> None:
    near, far = Showing(), Showing()
    near.rtt_s, far.rtt_s = 0.17, 0.6
    near.loss = far.loss = 0.02
    near.sound_s = far.sound_s = 0.02 + AHEAD_S
    for number in range(300):
        for showing in (near, far):
            showing.shown(number / 30, number / 30)
    assert settled(near) > settled(far)
    assert settled(far) == pytest.approx(0.02, abs=0.005)


def test_what_stood_still_is_counted_once() -> None:
    showing = Showing()
    for number in range(30):
        showing.shown(number / 15, number / 15)
    assert showing.frozen(2.0) == 0.0
    showing.shown(3.0, 3.0)
    assert 0.8 < showing.frozen(3.0) <= 1.0
    assert showing.frozen(3.05) == 0.0
    assert showing.frozen(5.0) > 0.9
    assert showing.frozen(6.0) > 0.9


def test_few_pictures_on_purpose_are_not_frozen() -> None:
    showing = Showing()
    for number in range(60):
        showing.shown(number / 5, number / 5)
        if number > 20:
            assert showing.frozen(number / 5 + 0.1) == 0.0


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(-1, 3)), max_size=100))
def test_no_picture_is_held_for_long_whatever_its_clock_says(steps: list[tuple[float, float]]) -> None:
    showing, now = Showing(), 10.0
    for gap, taken in steps:
        now += gap
        assert 0 <= showing.wait_s(now + taken, now) <= LONGEST_S
        showing.shown(now + taken, now)
        assert 0 <= showing.frozen(now) <= 1
