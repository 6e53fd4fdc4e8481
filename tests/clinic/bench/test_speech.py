# SPDX-License-Identifier: GPL-3.0-or-later
"""The reckoned links: the same seed gives the same talk, and speech keeps within its delay on each of them."""

import statistics
from collections.abc import Callable

import numpy as np
import pytest

from clinic.bench.likeness import delays, pesq_of
from clinic.bench.speech import GOALS, Chooser, Goal
from clinic.bench.talk import Link, spoken, talk
from clinic.calls.speech import Speech
from clinic.media.voice import RATE, melody

SECONDS = 9.0
HUM = spoken(melody("A"), SECONDS, 1)


def plainly(loss: float, at: float) -> Speech:
    return Speech(16_000, 40, 0)


@pytest.mark.parametrize("goal", GOALS, ids=[goal.link.name for goal in GOALS])
def test_speech_is_heard_in_time_on_every_link(goal: Goal) -> None:
    made = talk(HUM, goal.link, Chooser(goal.link), 1)
    assert 1000 * statistics.median(delays(made.said, made.heard)) <= goal.delay_ms
    tally = made.tally
    spoke = tally.decoded + tally.repaired + tally.concealed
    assert tally.concealed - 0.16 * RATE < 0.06 * spoke
    if goal.link.loss >= 0.03:
        assert tally.copied > 0.4 * goal.link.loss * spoke
    assert made.sent_bps < 0.9 * (goal.link.rate_bps or 100_000)


def test_the_same_seed_gives_the_same_talk_and_another_another() -> None:
    link = GOALS[-1].link
    one, again, other = (talk(HUM[: 3 * RATE], link, plainly, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.heard, again.heard)
    assert not np.array_equal(one.heard, other.heard)


def test_without_copies_more_is_guessed() -> None:
    link = GOALS[-1].link
    bare, kept = (
        talk(HUM, link, choose, 1).tally for choose in (plainly, lambda loss, at: Speech(16_000, 40, 1))
    )
    missing: Callable[[object], int] = lambda t: t.concealed + t.repaired  # type: ignore[attr-defined]  # noqa: E731
    assert missing(kept) < 0.6 * missing(bare)


def test_losses_come_in_bursts_where_the_link_has_them() -> None:
    link = Link("bursts", 0, 0.05, 0.0, 0.1, burst=4.0)
    tally = talk(HUM, link, lambda loss, at: Speech(16_000, 20, 1), 1).tally
    assert tally.packets < 0.95 * SECONDS * 50
    assert tally.concealed > tally.copied


def test_a_delay_is_found_and_silence_has_none() -> None:
    late = np.concatenate([np.zeros(RATE // 4, np.int16), HUM, np.zeros(RATE, np.int16)])
    assert statistics.median(delays(HUM, late)) == pytest.approx(0.25, abs=0.001)
    assert delays(HUM * 0, late) == []
    assert pesq_of(HUM[:RATE], HUM[:RATE]) is None
