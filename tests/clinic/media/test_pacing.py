# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound does not wait, pictures are spread, and what would come too late is not sent."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.media.pacing import HOLD_S, MOST_S, WIRE_BYTES, Pacer


def run(pacer: Pacer, now: float, until: float) -> list[tuple[float, bytes]]:
    """Everything that leaves until then, with its time."""
    left = []
    while (wait := pacer.wait_s(now)) is not None and now + wait <= until:
        now += wait
        if (data := pacer.take(now)) is not None:
            left.append((now, data))
    return left


def test_a_picture_is_spread_over_time() -> None:
    pacer = Pacer(100_000)
    for number in range(10):
        pacer.picture(bytes(1000), number, 0.0)
    left = run(pacer, 0.0, 5.0)
    assert len(left) == 10
    seconds = left[-1][0] - left[0][0]
    assert abs(seconds - 9 * (1000 + WIRE_BYTES) * 8 / (pacer.rate)) < 0.02


def test_what_is_repeated_goes_before_pictures_that_wait() -> None:
    pacer = Pacer(100_000)
    pacer.picture(b"p1" * 300, 1, 0.0)
    assert pacer.take(0.0) == b"p1" * 300
    pacer.picture(b"p2", 2, 0.01)
    assert pacer.repair(b"r1", 1, 0.02, useful_s=1.0)
    assert [data for _, data in run(pacer, 0.02, 5)] == [b"r1", b"p2"]


def test_sound_takes_its_part_of_the_link() -> None:
    alone, shared = Pacer(64_000), Pacer(64_000)
    for pacer in (alone, shared):
        for number in range(4):
            pacer.picture(bytes(500), number, 0.0)
    shared.spent(1000, 0.0)
    assert run(shared, 0.0, 9)[-1][0] > run(alone, 0.0, 9)[-1][0] + 0.1


def test_nothing_is_repeated_after_its_time() -> None:
    pacer = Pacer(100_000)
    pacer.picture(b"p", 7, 0.0)
    pacer.take(0.0)
    assert not pacer.repair(b"r", 7, 1.5, useful_s=1.0)
    assert not pacer.repair(b"r", 99, 1.5, useful_s=1.0)
    assert pacer.repair(b"r", 7, 0.5, useful_s=1.0)
    assert pacer.take(2.0) is None
    assert pacer.backlog_s == 0


def test_when_the_budget_falls_what_waits_is_dropped_and_never_repeated() -> None:
    pacer = Pacer(1_000_000)
    for number in range(30):
        pacer.picture(bytes(1200), number, 0.0)
    assert not pacer.overflowed()
    pacer.bps = 100_000
    assert pacer.full
    assert pacer.overflowed()
    assert pacer.dropped == 30
    assert pacer.wait_s(0.0) is None
    assert not pacer.repair(b"r", 12, 0.1, useful_s=9)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("picture"), st.integers(1, 1200)),
            st.tuples(st.just("repair"), st.integers(1, 1200)),
            st.tuples(st.just("sound"), st.integers(1, 200)),
            st.tuples(st.just("rate"), st.integers(10_000, 2_000_000)),
            st.tuples(st.just("wait"), st.integers(0, 400)),
        ),
        max_size=200,
    )
)
def test_the_queue_is_bounded_and_its_count_is_true(steps: list[tuple[str, int]]) -> None:
    pacer, now, number = Pacer(100_000), 0.0, 0
    for what, value in steps:
        if what == "picture" and not pacer.full:
            number += 1
            pacer.picture(bytes(value), number, now)
        elif what == "repair":
            pacer.repair(bytes(value), number, now, useful_s=1.0)
        elif what == "sound":
            pacer.spent(value, now)
        elif what == "rate":
            pacer.bps = value
            pacer.overflowed()
        else:
            run(pacer, now, now + value / 1000)
            now += value / 1000
    run(pacer, now, now + 600)
    assert pacer.wait_s(now + 600) is None
    assert pacer.backlog_s == 0
    assert HOLD_S < MOST_S
