# SPDX-License-Identifier: GPL-3.0-or-later
"""The reckoned links: the same seed gives the same talk, and speech keeps within its delay on each of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from clinic.bench.speech import GOALS, Chooser, Goal, listened
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
    assert 0 < listened(made).delay_ms <= goal.delay_ms
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


def test_a_delay_is_found_and_silence_is_missed() -> None:
    made = talk(HUM, GOALS[0].link, plainly, 1)
    late = np.concatenate([np.zeros(RATE // 4, np.int16), HUM, np.zeros(RATE, np.int16)])
    assert listened(replace(made, heard=late)).delay_ms == pytest.approx(250, abs=1)
    nothing = listened(replace(made, heard=HUM * 0))
    assert (nothing.delay_ms, nothing.missing) == (0, 100)
