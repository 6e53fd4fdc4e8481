# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of numbers against the plain set they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic.sync.seen import Runs, missing, with_number


def runs_of(numbers: list[int]) -> Runs:
    runs: Runs = ()
    for number in numbers:
        runs = with_number(runs, number)
    return runs


@given(st.lists(st.integers(1, 40)))
def test_runs_are_the_set_of_what_came_in_whatever_order_and_how_often(numbers: list[int]) -> None:
    runs, seen = runs_of(numbers), set(numbers)
    assert [n for first, last in runs for n in range(first, last + 1)] == sorted(seen)
    assert all(one[1] + 1 < next_[0] for one, next_ in pairwise(runs))
    assert missing(runs) == max(seen, default=0) - len(seen)


def test_a_hole_shows_and_closes() -> None:
    assert missing(runs_of([1, 2, 4])) == 1
    assert runs_of([1, 2, 4, 3]) == ((1, 4),)
    assert missing(runs_of([2**61])) == 2**61 - 1
