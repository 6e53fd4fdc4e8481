# SPDX-License-Identifier: GPL-3.0-or-later
"""The word about a link: worse at once, better slowly."""

import pytest

from clinic.calls.link import UP_AFTER, Level, Quality, measured, seen
from clinic.protocol.engine import CallStats


def stats(**values: float) -> CallStats:
    return CallStats(call_id="c", attempt=1, **{"video_fps": 15.0, "rtt_ms": 40.0, **values})


@pytest.mark.parametrize(
    ("figures", "level"),
    [
        ({}, Level.GOOD),
        ({"loss": 0.08}, Level.WEAK),
        ({"rtt_ms": 700.0}, Level.WEAK),
        ({"video_fps": 3.0}, Level.WEAK),
        ({"video_fps": 0.0}, Level.VOICE_ONLY),
        ({"silent_s": 1.4}, Level.RECONNECTING),
    ],
)
def test_what_one_second_says(figures: dict[str, float], level: Level) -> None:
    assert measured(stats(**figures)) is level


def test_down_at_once_up_one_word_at_a_time() -> None:
    link = seen(Quality(), stats(video_fps=0.0, loss=0.3))
    assert (link.level, link.words, link.loss) == (Level.VOICE_ONLY, "voice only", 0.3)
    for _ in range(UP_AFTER - 1):
        link = seen(link, stats())
        assert link.level is Level.VOICE_ONLY
    link = seen(link, stats())
    assert link.level is Level.WEAK
    for _ in range(UP_AFTER):
        link = seen(link, stats())
    assert link.words == "good"


def test_a_bad_second_starts_the_waiting_anew() -> None:
    link = seen(Quality(), stats(loss=0.1))
    link = seen(seen(link, stats()), stats(loss=0.1))
    assert (link.level, link.better_for) == (Level.WEAK, 0)


def test_after_a_cut_the_first_figures_count() -> None:
    link = seen(Quality(), stats(silent_s=5.0))
    assert link.words == "reconnecting"
    assert seen(link, stats()).level is Level.GOOD
