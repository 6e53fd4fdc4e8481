# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder: down at once, up slowly, voice before pictures, by itself and by hand."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls import quality
from clinic.calls.allot import LEAST_PICTURE, allot
from clinic.calls.quality import (
    LEAST_KBPS,
    LONGEST_WAIT_S,
    STALE_S,
    STEADY_S,
    Change,
    Ladder,
    Rung,
    Why,
    change,
    climbed,
    estimated,
    heard,
    held,
    rung_of,
    table,
    wanted,
)
from clinic.protocol.engine import CallStats

ROOT = Path(__file__).parents[3]
GOOD = {"video_fps": 15.0, "rtt_ms": 40.0, "sent_kbps": 300.0}


def stats(**values: float) -> CallStats:
    return CallStats(call_id="c", attempt=1, **{**GOOD, **values})


def estimate(up: float, down: float = 0.0, **values: float) -> CallStats:
    """A second in which the engine estimates what each way carries, in kbit/s."""
    known = {"estimate_up_bps": int(up * 1000), "estimate_down_bps": int(down * 1000)}
    return stats(**known, **values)


def thin(random: Random, loss: float, packets: int = 25) -> CallStats:
    """A second of so many packets over a link that loses each with that chance."""
    lost = sum(random.random() < loss for _ in range(packets))
    return estimate(110, 115, packets=packets, loss=round(lost / packets, 3), rtt_ms=680.0, sent_kbps=100.0)


def seconds(ladder: Ladder, count: int, *one: CallStats) -> list[Rung]:
    """The rung in force after each of `count` seconds."""
    found = []
    for number in range(count):
        ladder = climbed(ladder, one[number % len(one)])
        found.append(ladder.rung)
    return found


def after(ladder: Ladder, count: int, one: CallStats) -> Ladder:
    for _ in range(count):
        ladder = climbed(ladder, one)
    return ladder


@pytest.mark.parametrize(
    ("figures", "rung", "why"),
    [
        (stats(), Rung.VIDEO, None),
        (stats(loss=0.16), Rung.AUDIO, Why.LOSS),
        (stats(loss=0.6), Rung.AUDIO, Why.LOSS),
        (stats(rtt_ms=1700.0), Rung.AUDIO, Why.DELAY),
        (stats(rtt_ms=9000.0), Rung.AUDIO, Why.DELAY),
        (stats(loss=0.6, packets=25), Rung.AUDIO, Why.LOSS),
        (stats(loss=0.16, packets=25), Rung.VIDEO, None),
        (stats(video_fps=0.2), Rung.AUDIO, Why.FROZEN),
        (stats(silent_s=6.0), Rung.NOTES, Why.SILENCE),
        (stats(silent_s=70.0), Rung.TEXT, Why.SILENCE),
        (estimate(400), Rung.VIDEO, None),
        (estimate(400, 74), Rung.AUDIO, Why.BANDWIDTH),
        (estimate(60), Rung.STILLS, Why.BANDWIDTH),
        (estimate(0, 12), Rung.NOTES, Why.BANDWIDTH),
        (estimate(3), Rung.TEXT, Why.BANDWIDTH),
    ],
)
def test_one_second_takes_it_down_at_once_and_says_why(
    figures: CallStats, rung: Rung, why: Why | None
) -> None:
    before = Ladder(shown_s=9, rested_s=0, stood_s=2)
    after = climbed(before, figures)
    assert after.rung is rung
    step = change(before, after)
    assert step == (None if why is None else Change(Rung.VIDEO, rung, why))
    assert why is None or after.limit is why


@pytest.mark.parametrize(
    ("figures", "rung"),
    [
        (stats(loss=0.25), Rung.STILLS),
        (stats(loss=0.4), Rung.NOTES),
        (stats(rtt_ms=2500.0), Rung.STILLS),
        (stats(rtt_ms=5000.0), Rung.NOTES),
        (stats(rtt_ms=9000.0), Rung.TEXT),
    ],
)
def test_what_is_still_lost_and_late_two_seconds_after_the_picture_takes_more(
    figures: CallStats, rung: Rung
) -> None:
    assert seconds(Ladder(), 5, figures) == [Rung.AUDIO] * 3 + [rung] * 2
    assert climbed(Ladder(ours=Rung.AUDIO), figures).rung is rung


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_lossy_link_loses_by_chance_in_a_second_takes_nothing_down(seed: int) -> None:
    random, ladder = Random(seed), Ladder()
    played = [thin(random, 0.05) for _ in range(3600)]
    assert max(one.loss for one in played) > 0.2, "hard seconds are among them"
    for one in played:
        ladder = climbed(ladder, one)
        assert ladder.rung is Rung.VIDEO


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_link_that_really_loses_more_is_known_within_seconds(seed: int) -> None:
    for loss, packets, within in ((0.7, 25, 1), (0.4, 25, 4), (0.25, 25, 10), (0.25, 150, 2)):
        random, ladder, count = Random(seed), after(Ladder(), 20, thin(Random(0), 0.0, packets)), 0
        while ladder.rung is Rung.VIDEO:
            ladder, count = climbed(ladder, thin(random, loss, packets)), count + 1
        assert count <= within, (loss, packets)
        assert ladder.limit is Why.LOSS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lossy_link_that_carries_pictures_gets_them_back(seed: int) -> None:
    random, ladder, count = Random(seed), climbed(Ladder(), stats(loss=0.5, packets=50)), 0
    assert ladder.rung is Rung.AUDIO
    while ladder.rung is not Rung.VIDEO:
        ladder, count = climbed(ladder, thin(random, 0.05, 40)), count + 1
    assert STEADY_S <= count < 25
    worse, random = climbed(Ladder(), stats(loss=0.5, packets=50)), Random(seed)
    for _ in range(60):
        worse = climbed(worse, thin(random, 0.12, 40))
        assert worse.rung is Rung.AUDIO, "half of what video may have: voice first"


def test_the_least_of_video_is_a_picture_beside_the_share_of_speech() -> None:
    least = allot(int(1000 * LEAST_KBPS[Rung.VIDEO]), repair=1 / 3)
    assert least.coded > LEAST_PICTURE
    assert LEAST_KBPS[Rung.VIDEO] > LEAST_KBPS[Rung.AUDIO]


def test_a_picture_that_stands_while_a_lost_one_is_brought_again_is_not_taken_away() -> None:
    shown = after(Ladder(), 10, stats())
    assert seconds(shown, 8, stats(video_fps=0.0), stats(video_fps=0.0), stats()) == [Rung.VIDEO] * 8
    assert seconds(shown, 3, stats(video_fps=0.0)) == [*[Rung.VIDEO] * 2, Rung.AUDIO]


def test_a_picture_has_a_few_seconds_to_begin_to_move() -> None:
    assert seconds(Ladder(), 5, stats(video_fps=0.0)) == [Rung.VIDEO] * 3 + [Rung.AUDIO] * 2
    shown = after(held(Ladder(), Rung.AUDIO), 20, stats(video_fps=0.0))
    again = held(shown, Rung.VIDEO)
    assert seconds(again, 3, stats(video_fps=0.0)) == [Rung.VIDEO] * 3, "nobody showed one until now"


def test_a_picture_that_moves_well_needs_no_frame_count_where_the_width_is_known() -> None:
    assert climbed(Ladder(), estimate(400, video_fps=0.0)).rung is Rung.VIDEO


def test_up_one_rung_after_five_good_seconds_each() -> None:
    low = climbed(Ladder(ours=Rung.AUDIO), stats(loss=0.4))
    assert seconds(low, 17, stats()) == [
        *[Rung.NOTES] * 4, *[Rung.STILLS] * 5, *[Rung.AUDIO] * 5, *[Rung.VIDEO] * 3
    ]  # fmt: skip


def test_a_bad_second_starts_the_counting_anew() -> None:
    low = climbed(Ladder(), stats(loss=0.16))
    assert seconds(low, 9, stats(), stats(), stats(), stats(loss=0.14)) == [Rung.AUDIO] * 9


def test_a_climb_that_fails_waits_twice_as_long_each_time() -> None:
    ladder, waits = climbed(Ladder(), stats(loss=0.16)), []
    for _ in range(6):
        count = 0
        while ladder.rung is not Rung.VIDEO:
            ladder, count = climbed(ladder, stats()), count + 1
        waits.append(count)
        ladder = climbed(ladder, stats(loss=0.16))
    assert waits == [5, 10, 20, 40, 60, 60]
    up = after(ladder, LONGEST_WAIT_S, stats())
    assert (up.rung, up.wait_s) == (Rung.VIDEO, LONGEST_WAIT_S)
    assert after(up, LONGEST_WAIT_S, stats()).wait_s == STEADY_S, "it lasted: it was right"


def test_a_climb_gets_a_few_seconds_before_the_estimate_counts() -> None:
    low = climbed(Ladder(), estimate(72, sent_kbps=60.0))
    calm = estimate(70, sent_kbps=65.0)
    tried = after(low, 5, calm)
    assert (low.rung, tried.rung, tried.trial) == (Rung.AUDIO, Rung.VIDEO, True)
    assert seconds(tried, 4, calm) == [Rung.VIDEO] * 3 + [Rung.AUDIO]
    assert seconds(tried, 4, estimate(130)) == [Rung.VIDEO] * 4
    assert seconds(low, 9, estimate(70, sent_kbps=20.0)) == [Rung.AUDIO] * 9, (
        "it sends little: no word about more"
    )
    assert seconds(low, 9, estimate(70, sent_kbps=65.0, loss=0.05)) == [Rung.AUDIO] * 9, "full, and losing"
    least = climbed(Ladder(ours=Rung.STILLS), estimate(1, sent_kbps=1.0))
    assert seconds(least, 9, estimate(1, sent_kbps=1.0)) == [Rung.TEXT] * 9, (
        "a link that carries next to nothing"
    )


def test_a_short_silence_holds_and_a_cut_goes_back_to_where_it_was() -> None:
    assert seconds(Ladder(), 5, stats(silent_s=3.0)) == [Rung.VIDEO] * 5
    cut = climbed(Ladder(), stats(silent_s=6.0))
    assert seconds(cut, 5, stats()) == [Rung.NOTES] * 4 + [Rung.VIDEO]
    long = climbed(climbed(cut, stats(silent_s=20.0)), stats(silent_s=70.0))
    assert (long.rung, long.before_cut) == (Rung.TEXT, Rung.VIDEO)
    assert after(long, 6, stats()).rung is Rung.VIDEO
    worse = after(long, 40, stats(loss=0.12))
    assert worse.rung is Rung.STILLS, "what it carries now, a rung at a time"


def test_what_a_cut_has_lost_keeps_no_picture_away_when_the_link_is_back() -> None:
    """As two engines said it after 20 s without network: 400 packets are missed at once, then few come, and all of them."""
    ladder = Ladder()
    for silent in range(1, 21):
        ladder = climbed(ladder, estimate(156, 174, silent_s=float(silent), video_fps=0.0))
    assert (ladder.rung, ladder.before_cut) == (Rung.NOTES, Rung.VIDEO)
    back = climbed(ladder, estimate(156, 174, packets=407, loss=0.99, video_fps=0.0))
    assert back.rung is Rung.NOTES, "that second says nothing of the link"
    assert back.loss == 0.0
    assert climbed(back, estimate(156, 174, packets=12, video_fps=0.0)).rung is Rung.VIDEO
    lossy = climbed(back, estimate(156, 174, packets=40, loss=0.5, video_fps=0.0))
    assert lossy.rung is Rung.NOTES, "a link that loses as much as that bears no picture"
    lost_twice = climbed(ladder, estimate(156, 174, silent_s=21.0, packets=9, loss=0.9, video_fps=0.0))
    assert climbed(lost_twice, estimate(156, 174, packets=300, loss=0.99)).loss == 0.0


def test_the_lower_of_both_sides_holds_until_its_word_is_old() -> None:
    told = heard(Ladder(), Rung.AUDIO)
    assert (told.rung, told.limit) == (Rung.AUDIO, Why.OTHER_SIDE)
    assert change(Ladder(), told) == Change(Rung.VIDEO, Rung.AUDIO, Why.OTHER_SIDE)
    assert seconds(told, STALE_S, stats()) == [Rung.AUDIO] * (STALE_S - 1) + [Rung.VIDEO]
    assert heard(climbed(told, stats()), Rung.VIDEO).rung is Rung.VIDEO


def test_by_hand_down_at_once_and_up_as_soon_as_it_is_carried() -> None:
    low = held(Ladder(), Rung.STILLS)
    assert change(Ladder(), low) == Change(Rung.VIDEO, Rung.STILLS, Why.BY_HAND)
    assert low.limit is Why.BY_HAND
    assert after(low, 30, stats()).rung is Rung.STILLS
    assert wanted(low).rung is Rung.VIDEO
    weak = after(climbed(Ladder(), stats(loss=0.16)), 20, stats(loss=0.14))
    assert climbed(wanted(weak), stats(loss=0.14)).rung is Rung.AUDIO, "asking does not widen a link"
    assert climbed(wanted(weak), stats()).rung is Rung.VIDEO


def test_what_is_tried_next_is_known() -> None:
    low = climbed(Ladder(ours=Rung.AUDIO), stats(loss=0.25))
    assert (Ladder().tries, low.tries) == (None, Rung.AUDIO)
    assert held(low, Rung.NOTES).tries is None, "nobody tries what somebody does not want"
    assert heard(low, Rung.TEXT).tries is None


def test_words_of_other_versions_are_no_rungs() -> None:
    assert [rung_of(rung.word) for rung in Rung] == list(Rung)
    assert rung_of("hologram") is None
    assert estimated(stats()) is None


SECONDS = st.builds(
    stats,
    loss=st.floats(0, 1),
    rtt_ms=st.floats(0, 12_000),
    video_fps=st.floats(0, 30),
    silent_s=st.one_of(st.just(0.0), st.floats(0, 120)),
    sent_kbps=st.floats(0, 2000),
    estimate_up_bps=st.one_of(st.just(0), st.integers(0, 2_000_000)),
    packets=st.one_of(st.just(0), st.integers(0, 300)),
)
FAIR = st.builds(stats, loss=st.floats(0, 0.2), rtt_ms=st.floats(0, 1600), video_fps=st.floats(0, 30))
PLAYS = st.lists(st.one_of(SECONDS, FAIR, st.sampled_from([stats(), stats(loss=0.16)])), max_size=60)
HANDS = st.lists(st.tuples(st.integers(0, 59), st.sampled_from(list(Rung))), max_size=4)


@given(PLAYS)
def test_down_within_one_second_whatever_comes(play: list[CallStats]) -> None:
    ladder = Ladder()
    for second in play:
        drains = ladder.rung is Rung.VIDEO or ladder.rested_s < 2
        tried = ladder.trial and ladder.still_s < 3
        ladder = climbed(ladder, second)
        assert ladder.ours <= _told_apart(second, drains, tried or ladder.trial)


def _told_apart(second: CallStats, drains: bool, tried: bool) -> Rung:
    """The same rules in other words, to hold the module to them."""
    if second.silent_s >= 6:
        return Rung.TEXT if second.silent_s >= 60 else Rung.NOTES
    if second.silent_s >= 1:
        return Rung.VIDEO
    most = Rung.VIDEO
    for limit, rung in ((0.15, Rung.AUDIO), (0.2, Rung.STILLS), (0.3, Rung.NOTES)):
        most = min(most, rung) if second.loss > limit and not second.packets else most
    for limit, rung in ((1500, Rung.AUDIO), (2000, Rung.STILLS), (3000, Rung.NOTES), (8000, Rung.TEXT)):
        most = min(most, rung) if second.rtt_ms > limit else most
    most = max(most, Rung.AUDIO) if drains else most
    width = second.estimate_up_bps
    for least, rung in ((75, Rung.AUDIO), (70, Rung.STILLS), (24, Rung.NOTES), (8, Rung.TEXT)):
        most = min(most, rung) if 0 < width < least * 1000 and not tried else most
    return most


@given(PLAYS)
def test_never_up_within_five_seconds_of_a_change(play: list[CallStats]) -> None:
    ladder, changed = Ladder(), -STEADY_S
    for at, second in enumerate(play):
        before, ladder = ladder, climbed(ladder, second)
        if ladder.rung > before.rung:
            assert at - changed >= STEADY_S
        if ladder.rung != before.rung:
            changed = at


@given(PLAYS, HANDS)
def test_a_picture_only_where_voice_is_safe(play: list[CallStats], hands: list[tuple[int, Rung]]) -> None:
    ladder = Ladder()
    for at, second in enumerate(play):
        for when, rung in hands:
            if when == at:
                ladder = wanted(ladder) if rung is Rung.VIDEO else held(ladder, rung)
        before, ladder = ladder, climbed(ladder, second)
        if ladder.ours is Rung.VIDEO and before.ours is not Rung.VIDEO:
            assert before.ours is Rung.AUDIO or before.before_cut is Rung.VIDEO
            assert second.silent_s < 1
            assert ladder.loss <= 0.075
            assert second.packets or second.loss <= 0.075
            assert second.rtt_ms <= 1500


@given(PLAYS, st.sampled_from(list(Rung)))
def test_good_seconds_bring_everything_back_and_silence_ends_in_text(
    play: list[CallStats], told: Rung
) -> None:
    ladder = heard(Ladder(), told)
    for second in play:
        ladder = climbed(ladder, second)
    assert after(ladder, 5 * LONGEST_WAIT_S, stats()).rung is Rung.VIDEO
    assert climbed(ladder, stats(silent_s=61.0)).rung is Rung.TEXT
    assert climbed(held(ladder, Rung.NOTES), stats()).rung <= Rung.NOTES


def test_the_documentation_shows_what_each_rung_takes() -> None:
    assert table() in (ROOT / "docs" / "calls.md").read_text()


@settings(deadline=None)
@given(PLAYS)
def test_a_ladder_is_its_figures_alone(play: list[CallStats]) -> None:
    twice = []
    for _ in range(2):
        ladder = Ladder()
        for second in play:
            ladder = climbed(ladder, second)
        twice.append(replace(ladder))
    assert twice[0] == twice[1]


@pytest.mark.skipif("POSTA_MEASURED" in os.environ, reason="it is being measured")
def test_every_branch_of_the_ladder_and_of_the_machine_is_walked(tmp_path: Path) -> None:
    """In a process of its own: what is imported already counts as never run."""
    here = Path(quality.__file__).parent
    data, report = tmp_path / "data", tmp_path / "report.json"
    measured = ("quality", "machine", "reaching", "ringing", "turns", "rules", "call", "events")
    only = ",".join(str(here / f"{name}.py") for name in measured)
    environment = {**os.environ, "POSTA_MEASURED": "1", "COVERAGE_FILE": str(data)}
    tests = [f"tests/clinic/calls/test_{name}.py" for name in ("quality", "machine")]
    run = [sys.executable, "-m", "coverage"]
    options = ["run", "--rcfile=/dev/null", "--branch", f"--include={only}", "-m", "pytest", "-q"]
    options += [
        "-p",
        "no:cacheprovider",
        "-m",
        "not hypothesis",
    ]  # told examples alone, not what chance finds
    done = subprocess.run([*run, *options, *tests], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    told = [*run, "json", "--rcfile=/dev/null", "-q", "-o", str(report)]
    subprocess.run(told, cwd=ROOT, env=environment, check=True)
    found = json.loads(report.read_text())["files"]
    assert len(found) == len(measured)
    holes = {
        name: (one["missing_lines"], one["missing_branches"])
        for name, one in found.items()
        if one["missing_lines"] or one["missing_branches"]
    }
    assert not holes
