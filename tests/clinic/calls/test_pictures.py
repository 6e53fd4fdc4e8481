# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures shrink at once and grow slowly; their size never swings."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.pictures import CALM_S, RUNGS, Pictures, Shape, began, stepped

budgets = st.lists(st.tuples(st.floats(0.02, 1.0), st.integers(0, 2_500_000)), max_size=300)


def walked(steps: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """(time, rung) of each change."""
    now, pictures, changes = 0.0, began(60_000), []
    for wait, coded in steps:
        now += wait
        after = stepped(pictures, coded, now)
        if after.rung != pictures.rung:
            changes.append((now, after.rung))
        pictures = after
    return changes


@given(budgets)
def test_after_a_step_down_none_goes_up_for_five_seconds(steps: list[tuple[float, int]]) -> None:
    rung, fell_at = began(60_000).rung, float("-inf")
    for now, after in walked(steps):
        if after > rung:
            assert now - fell_at >= CALM_S - 1e-9
        else:
            fell_at = now
        rung = after


@given(budgets)
def test_between_two_swings_there_are_five_seconds(steps: list[tuple[float, int]]) -> None:
    ups, rung = [], began(60_000).rung
    turned = False
    for now, after in walked(steps):
        if after > rung and turned:
            ups.append(now)
            turned = False
        turned |= after < rung
        rung = after
    assert all(later - earlier >= CALM_S - 1e-9 for earlier, later in pairwise(ups))


def down(pictures: Pictures, coded: int, now: float) -> Pictures:
    """After a second with so little."""
    return stepped(stepped(pictures, coded, now - 1), coded, now)


def test_a_fall_is_followed_at_once_all_the_way() -> None:
    assert stepped(Pictures(rung=7), 50_000, 10.0).rung == 2
    assert stepped(Pictures(rung=7), 0, 10.0).rung == 0


def test_a_dip_while_a_queue_is_emptied_changes_nothing() -> None:
    pictures = Pictures(rung=2)
    for tick in range(7):
        pictures = stepped(pictures, 20_000, 10 + tick / 10)
    assert pictures.rung == 2
    pictures = stepped(pictures, 60_000, 10.7)
    assert stepped(pictures, 20_000, 10.9).rung == 2
    assert down(pictures, 20_000, 13.0).rung == 0


def test_at_the_beginning_growth_is_quick_and_later_it_is_slow() -> None:
    pictures = began(45_000)
    pictures = stepped(pictures, 500_000, 1.0)
    assert pictures.rung == 7
    pictures = down(pictures, 60_000, 20.0)
    assert pictures.rung == 2
    assert stepped(pictures, 120_000, 28.0).rung == 2
    pictures = stepped(pictures, 120_000, 28.6)
    assert pictures.rung == 3
    assert stepped(pictures, 2_000_000, 30.0).rung == 3
    assert stepped(pictures, 2_000_000, 34.0).rung == 8


def test_a_link_that_swings_is_given_more_and_more_rest() -> None:
    pictures, now, ups = Pictures(rung=4, fell=True), 0.0, []
    for _ in range(600):
        now += 0.5
        coded = 230_000 if pictures.rung < 5 else 20_000
        after = stepped(pictures, coded, now)
        if after.rung > pictures.rung and after.rung >= 5:
            ups.append(now)
        pictures = after
    gaps = [later - earlier for earlier, later in pairwise(ups)]
    assert max(gaps) > 2 * min(gaps)


def test_a_little_less_changes_nothing() -> None:
    rung = RUNGS.index(next(r for r in RUNGS if r.bps == 280_000))
    assert stepped(Pictures(rung=rung), 250_000, 9.0).rung == rung


def test_the_camera_keeps_its_form_and_is_never_enlarged() -> None:
    assert Pictures(rung=2).shape(640, 480) == Shape(320, 240, 10)
    assert Pictures(rung=0).shape(1280, 720) == Shape(214, 120, 5)
    assert Pictures(rung=9).shape(640, 480) == Shape(640, 480, 30)
    assert Pictures(rung=9).shape(1280, 720) == Shape(1280, 720, 30)


@given(st.sampled_from(range(len(RUNGS))), st.integers(16, 4000), st.integers(16, 4000))
def test_sides_are_even_and_within_the_camera(rung: int, width: int, height: int) -> None:
    shape = Pictures(rung=rung).shape(width, height)
    assert shape.width % 2 == shape.height % 2 == 0
    assert 0 < shape.height <= height
    assert shape.width <= width + 1
