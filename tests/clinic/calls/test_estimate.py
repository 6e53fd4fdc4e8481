# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link carries is found out, in virtual time: from below, quickly after a drop, each direction for itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls.estimate import CEILING, FLOOR, WIRE_BYTES, Incoming, Outgoing

from .link import Call, Way


def call(bps: float, delay: float, loss: float, back: float | None = None, seed: int = 1) -> Call:
    return Call(Way(bps, delay, loss, jitter=0.01), Way(back or bps, delay, loss, jitter=0.01), seed)


@pytest.mark.parametrize(
    ("bps", "delay", "loss"),
    [(1_000_000, 0.05, 0.01), (256_000, 0.15, 0.03), (128_000, 0.3, 0.05), (1_000_000, 0.05, 0.0)],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_link_is_filled_but_not_its_queue(bps: float, delay: float, loss: float, seed: int) -> None:
    made = call(bps, delay, loss, seed=seed)
    made.time.run(50)
    for side in (made.a, made.b):
        used = side.mean_rate(20, 50)
        assert 0.86 * bps < used < 1.05 * bps
        waits = sorted(wait for at, wait in side.way.queued if at > 20)
        assert waits[len(waits) // 2] < 0.12
        assert waits[int(len(waits) * 0.99)] < 0.55


@settings(max_examples=6, deadline=None)
@given(
    bps=st.integers(90_000, 2_000_000),
    delay=st.floats(0.01, 0.3),
    loss=st.floats(0.0, 0.05),
    seed=st.integers(1, 1000),
)
def test_whatever_the_link_it_is_used_within_a_tenth_of_what_it_brings_through(
    bps: int, delay: float, loss: float, seed: int
) -> None:
    """A fast link behind a long way is full some seconds later: it begins as carefully as a narrow one."""
    made = call(bps, delay, loss, seed=seed)
    made.time.run(60)
    for side in (made.a, made.b):
        through = bps * (1 - loss)
        assert 0.88 * through <= side.mean_rate(35, 60) <= 1.06 * bps


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_sudden_drop_empties_the_queue_in_three_seconds_and_pictures_shrink_in_two(seed: int) -> None:
    made = call(1_000_000, 0.05, 0.01, seed=seed)

    def drop() -> None:
        for side in (made.a, made.b):
            side.way.slow_down(128_000, made.time.now)

    made.time.at(30, drop)
    made.time.run(60)
    for side in (made.a, made.b):
        assert side.way.queue_at(33, 60) < 0.8
        assert side.way.queue_at(36, 60) < 0.5
        before = max(rung for at, rung in side.heights if 29 < at < 30)
        assert min(rung for at, rung in side.heights if 30 < at < 32.2) < before
        assert side.mean_rate(40, 60) > 0.75 * 128_000


def test_directions_do_not_pull_each_other_down() -> None:
    made = call(2_000_000, 0.05, 0.0, back=150_000)
    made.time.run(40)
    assert made.a.mean_rate(20, 40) > 1_700_000
    assert 125_000 < made.b.mean_rate(20, 40) < 165_000


def test_loss_that_is_not_ours_is_borne() -> None:
    made = call(1_000_000, 0.05, 0.15)
    made.time.run(50)
    assert made.a.mean_rate(35, 50) > 550_000
    assert made.a.outgoing.borne > 0.08


def test_a_longer_way_is_not_taken_for_a_queue_for_ever() -> None:
    made = call(1_000_000, 0.05, 0.0)
    made.time.at(20, lambda: setattr(made.a.way, "delay", 0.25))
    made.time.run(45)
    assert made.a.mean_rate(35, 45) > 800_000


def test_clocks_that_are_far_apart_and_wrap_change_nothing() -> None:
    plain, skewed = call(256_000, 0.1, 0.0), Call(Way(256_000, 0.1), Way(256_000, 0.1), skew=-7000.0)
    for made in (plain, skewed):
        made.time.run(30)
        assert 200_000 < made.b.mean_rate(15, 30) < 275_000


def test_a_peer_that_falls_silent_is_not_flooded_and_comes_back_gently() -> None:
    out = Outgoing()
    for step in range(20):
        out.told(900_000, step * 0.2)
        out.reported(0.0, step * 0.2)
    assert out.bps(3.9) == 900_000
    assert out.bps(5.0) == 450_000
    assert not out.silent(5.0)
    assert out.silent(6.5)
    assert out.bps(7.0) == 225_000
    assert out.believed == 900_000
    out.told(900_000, 14.0)
    out.reported(0.9, 14.05)
    assert out.loss == 0.0
    assert not out.silent(14.1)
    assert out.bps(14.1) < 320_000
    for step in range(1, 15):
        out.told(900_000, 14.0 + step * 0.3)
    assert out.bps(18.2) == 900_000


def test_a_peer_that_only_reports_is_not_taken_for_silent_between_its_reports() -> None:
    out = Outgoing()
    for step in range(10):
        out.reported(0.0, step * 1.5)
        assert out.bps(step * 1.5 + 1.4) == out.bps(step * 1.5)
    assert out.silent(13.5 + 6)


def test_a_peer_that_speaks_seldom_is_not_taken_for_silent() -> None:
    out = Outgoing()
    for step in range(12):
        out.told(500_000, step * 1.2)
    assert out.bps(11 * 1.2 + 1.15) == 500_000


def test_before_anything_is_heard_the_start_is_held() -> None:
    out = Outgoing(90_000)
    assert out.bps(0) == out.bps(20) == 90_000
    assert not out.silent(20)
    assert Incoming(90_000).bps == 90_000
    assert not Incoming().due(5)


@given(told=st.floats(0, 1e9), lost=st.lists(st.floats(0, 1), max_size=60), gap=st.floats(0.01, 5))
def test_nothing_outside_the_bounds_is_ever_sent(told: float, lost: list[float], gap: float) -> None:
    out, now = Outgoing(), 0.0
    for share in lost:
        now += gap
        out.told(told, now)
        out.reported(share, now)
        assert FLOOR <= out.bps(now) <= CEILING
        assert 0 <= out.loss <= 1


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.floats(0, 0.5), st.integers(12, 1500)), max_size=200))
def test_nonsense_times_never_break_the_estimate(packets: list[tuple[float, float, int]]) -> None:
    made, now = Incoming(), 100.0
    for sent, gap, size in packets:
        now += gap
        made.took(sent, now, size)
        made.due(now)
        assert FLOOR <= made.bps <= made.link_bps <= CEILING
        assert made.queue_s >= 0


@pytest.mark.parametrize("counted", [True, False])
def test_what_comes_over_the_data_channel_does_not_make_the_link_look_narrow(counted: bool) -> None:
    """Sound of 50 kbit/s and a still of 60 over a link of 110 whose queue grows for a moment."""
    made, now, late = Incoming(), 0.0, 0.0
    for number in range(400):
        now += 0.02
        late = late + 0.004 if 300 < number < 340 else max(0.0, late - 0.004)
        made.took(now, now + 0.3 + late, 125 - WIRE_BYTES)
        if counted and number % 7 == 0:
            made.took(0.0, now + 0.3 + late, 1050 - WIRE_BYTES, sure=False)
    assert (made.bps > 85_000) == counted
    assert made.queue_s < 0.05


def test_a_cut_is_told_at_once() -> None:
    made, now = Incoming(), 0.0
    for _ in range(100):
        now += 0.02
        made.took(now, now + 0.05, 600)
        made.due(now)
    before, late, told_after = made.bps, 0.0, None
    for number in range(30):
        now += 0.03
        late += 0.012
        made.took(now, now + 0.05 + late, 600)
        if made.due(now) and made.bps < 0.9 * before and told_after is None:
            told_after = number * 0.03
    assert told_after is not None
    assert told_after < 0.45
