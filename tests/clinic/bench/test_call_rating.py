# SPDX-License-Identifier: GPL-3.0-or-later
"""What the call bench reads of a trace, on traces whose answers are known: each figure is right, and each can be bad."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clinic.bench.calling import judge as ears
from clinic.bench.calling.film import FPS, SMALL, Film, make_film
from clinic.bench.calling.judge import Judged, judge
from clinic.bench.calling.pictures import likeness, seen, ssim, stood_still
from clinic.bench.calling.profiles import CASES, P128K, Case
from clinic.bench.calling.rating import Figure, Rating, a_second, longest_queue, stepped_down
from clinic.bench.calling.room import Played, Props, Spent
from clinic.bench.calling.sound import JUDGED_RATE, PIECE_S, Piece, back_after, heard
from clinic.bench.calling.speech import RATE, resampled
from clinic.bench.calling.targets import LONG_S, MEMORY, TARGETS, targets_of
from clinic.bench.calling.trace import NOTHING, Kept, Shown, Trace, Track, track_of
from clinic.domain.errors import Unavailable

LOOP = 300
BEGIN, SECONDS = 1_000.0, 30.0
Keep = Callable[[int, float], bool]


def filmed(seconds: float = SECONDS + 5) -> list[tuple[float, int]]:
    return [(BEGIN - 2 + n / FPS, n % LOOP) for n in range(int(seconds * FPS))]


def arrived(late_s: float = 0.2, keep: Keep = lambda n, at: True, height: int = 480) -> list[Shown]:
    return [Shown(at + late_s, index, 4 * height // 3, height)
            for n, (at, index) in enumerate(filmed()) if keep(n, at)]  # fmt: skip


def view(shown: Sequence[Shown]) -> "tuple[float, float, float, float]":
    one = seen(filmed(), shown, BEGIN, BEGIN + SECONDS)
    return one.fps, one.frozen, one.latency_ms, one.longest_s


def test_a_whole_picture_of_thirty_a_second() -> None:
    fps, frozen, late, longest = view(arrived())
    assert fps == pytest.approx(30, abs=0.1) and frozen == 0
    assert late == pytest.approx(200, abs=0.5) and longest < 0.05
    assert view(arrived(0.75))[2] == pytest.approx(750, abs=0.5)


def test_half_the_pictures_are_half_the_rate_and_no_freeze() -> None:
    fps, frozen, *_ = view(arrived(keep=lambda n, at: n % 2 == 0))
    assert fps == pytest.approx(15, abs=0.1) and frozen == 0
    fps, frozen, *_ = view(arrived(keep=lambda n, at: n % 6 == 0))
    assert fps == pytest.approx(5, abs=0.1) and frozen == 0


def test_three_seconds_without_a_picture_are_a_tenth_frozen() -> None:
    fps, frozen, _, longest = view(arrived(keep=lambda n, at: not BEGIN + 10 < at < BEGIN + 13))
    assert frozen == pytest.approx(10, abs=0.5) and longest == pytest.approx(3, abs=0.05)
    assert fps == pytest.approx(27, abs=0.2)


def test_a_picture_that_stops_for_good_or_comes_late_is_frozen_until_then() -> None:
    assert view(arrived(keep=lambda n, at: at < BEGIN + 20))[1] == pytest.approx(100 / 3, abs=1)
    assert view(arrived(keep=lambda n, at: at > BEGIN + 20))[1] == pytest.approx(200 / 3, abs=1)


def test_the_same_picture_again_is_no_new_one_and_one_of_another_side_is_none() -> None:
    stuck = [replace(one, index=7) if one.at > BEGIN + 15 else one for one in arrived()]
    assert view(stuck)[1] == pytest.approx(50, abs=1)
    foreign = [replace(one, index=-1) for one in arrived()]
    assert view(foreign) == (0.0, 100.0, 0.0, SECONDS)
    half = [replace(one, index=-1) if n % 2 else one for n, one in enumerate(arrived())]
    assert seen(filmed(), half, BEGIN, BEGIN + SECONDS).unread == pytest.approx(50, abs=1)
    assert view([]) == (0.0, 100.0, 0.0, SECONDS)


def test_a_number_of_the_loop_is_the_last_one_sent_before_it_was_seen() -> None:
    late = view(arrived(3.2, keep=lambda n, at: at < BEGIN + 25))[2]
    assert late == pytest.approx(3_200, abs=1)


def test_slower_by_itself_is_not_frozen_but_a_stutter_is() -> None:
    assert stood_still([0.033] * 60 + [0.1] * 60) == []
    assert stood_still([0.033] * 60 + [0.19] + [0.033] * 10) == [0.19]
    assert stood_still([0.2] * 20 + [0.55] + [0.2] * 20) == []
    assert stood_still([0.2] * 20 + [0.65] + [0.2] * 20) == [0.65]
    assert stood_still([4.0, 4.0, 5.0]) == [4.0, 4.0, 5.0], "stills, however regular"


def test_the_size_a_person_saw_most() -> None:
    shown = [
        *arrived(height=240, keep=lambda n, at: n % 3),
        *arrived(height=480, keep=lambda n, at: n % 3 == 0),
    ]
    assert seen(filmed(), sorted(shown, key=lambda one: one.at), BEGIN, BEGIN + SECONDS).height == 240


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("film")
    return Film(make_film(folder / "a.y4m", "A", SMALL, folder, count=6))


def test_likeness_falls_with_what_is_lost(film: Film) -> None:
    whole = likeness([Kept(n, film.luma(n)) for n in range(3)], film)
    small = film.luma(1)[::2, ::2]
    coarse = (film.luma(1) // 32 * 32).astype(np.uint8)
    assert whole == pytest.approx(1)
    assert 0.5 < likeness([Kept(1, np.ascontiguousarray(small))], film) < 0.97
    assert likeness([Kept(1, coarse)], film) < 0.8
    assert likeness([Kept(1, np.full_like(coarse, 128))], film) < 0.7
    assert likeness([], film) == likeness([Kept(-1, small)], film) == 0
    assert ssim(coarse, coarse) == pytest.approx(1) and ssim(coarse, 255 - coarse) < 0.2


def test_the_film_is_read_as_it_was_drawn(film: Film) -> None:
    from clinic.media.mark import Mark, read_mark

    assert len(film) == 6 and (film.width, film.height) == SMALL
    assert [read_mark(film.luma(n)) for n in (0, 5, 6)] == [Mark("A", 0), Mark("A", 5), Mark("A", 0)]
    assert not np.array_equal(film.luma(1)[60:], film.luma(2)[60:]), "a camera trembles"


def talk(seconds: float, seed: int = 3) -> NDArray[np.int16]:
    """Syllables of noise with pauses between them, in a quiet room."""
    dice = np.random.default_rng(seed)
    out = dice.normal(0, 20, int(seconds * RATE))
    at = 0
    while at < len(out):
        long, pause = int(dice.uniform(0.1, 0.35) * RATE), int(dice.uniform(0.02, 0.25) * RATE)
        part = out[at : at + long]
        part += np.convolve(dice.normal(0, 6_000, len(part)), np.ones(8) / 8, "same") * np.hanning(len(part))
        at += long + pause
    return out.astype(np.int16)


SPOKEN = Track(BEGIN - 3, talk(SECONDS + 6))


def ear(late_s: float, cut: Sequence[tuple[float, float]] = (), gain: float = 1.0) -> Track:
    """What was spoken, later; silent between the moments of each cut (seconds from BEGIN, by the speaker's clock)."""
    sound = (SPOKEN.sound * gain).astype(np.int16)
    for begin, end in cut:
        low, high = (int((BEGIN + one - SPOKEN.at) * RATE) for one in (begin, end))
        sound[low:high] = 0
    return Track(SPOKEN.at + late_s, sound)


def listened(track: Track) -> "tuple[float, float, float]":
    one = heard(SPOKEN, track, BEGIN, BEGIN + SECONDS)
    return one.delay_ms, one.missing, one.longest_ms


@pytest.mark.parametrize("late_s", [0.02, 0.31, 2.4])
def test_the_delay_from_mouth_to_ear(late_s: float) -> None:
    delay, missing, longest = listened(ear(late_s, gain=0.6))
    assert delay == pytest.approx(1000 * late_s, abs=1)
    assert missing == 0 and longest == 0


def test_what_is_missing_is_counted() -> None:
    _, missing, longest = listened(ear(0.3, [(8, 10), (20, 20.5)]))
    assert missing == pytest.approx(100 * 2.5 / 28, abs=2.5)
    assert longest == pytest.approx(2_000, abs=250)
    assert listened(ear(0.3, [(5, 5.1)]))[1] == 0, "within 60 ms of its place there is some"


def test_another_voice_or_nothing_is_not_that_speech() -> None:
    other = Track(SPOKEN.at + 0.3, talk(SECONDS + 6, seed=9))
    for nothing in (other, NOTHING, Track(BEGIN, np.zeros(RATE, np.int16))):
        one = heard(SPOKEN, nothing, BEGIN, BEGIN + SECONDS)
        assert (one.delay_ms, one.missing) == (0, 100) and one.longest_ms > 25_000
        assert one.pieces == (None,) * int((SECONDS - 2) // PIECE_S)


def test_pieces_lie_upon_each_other() -> None:
    one = heard(SPOKEN, ear(0.431), BEGIN, BEGIN + SECONDS)
    assert len(one.pieces) == 3
    for piece in one.pieces:
        assert (
            piece is not None
            and len(piece.said) == len(piece.heard) == len(piece.aligned) == PIECE_S * JUDGED_RATE
        )
        assert np.corrcoef(piece.said, piece.heard)[0, 1] > 0.99
        assert np.corrcoef(piece.said, piece.aligned)[0, 1] > 0.98


def test_speech_is_back_when_it_is_heard_again() -> None:
    back = back_after(SPOKEN, ear(0.4, [(5, 12)]), BEGIN + 10, BEGIN + SECONDS)
    assert back == pytest.approx(2.4, abs=0.3)
    assert back_after(SPOKEN, ear(0.4, [(5, 10)]), BEGIN + 10, BEGIN + SECONDS) == pytest.approx(0.4, abs=0.1)
    assert back_after(SPOKEN, ear(0.4, [(5, 99)]), BEGIN + 10, BEGIN + SECONDS) is None


def test_blocks_become_the_sound_a_loudspeaker_makes() -> None:
    tremble = np.random.default_rng(1).uniform(0, 0.008, 200)
    blocks = [(5 + n * 0.02 + tremble[n], np.full(960, n, np.int16)) for n in range(200)]
    track = track_of(blocks)
    assert track.at == pytest.approx(5, abs=0.002) and len(track.sound) == 200 * 960
    late = [(at + (0.5 if n >= 100 else 0), block) for n, (at, block) in enumerate(blocks)]
    dry = track_of(late)
    assert len(dry.sound) - 200 * 960 == pytest.approx(0.5 * RATE, abs=0.01 * RATE)
    assert dry.part(6.0, 0.1).max() > 0 and dry.part(7.2, 0.2).max() == 0
    assert track_of([]) is NOTHING and not track.part(0, 1).any()


def test_another_rate_keeps_what_can_be_kept() -> None:
    t = np.arange(RATE) / RATE
    low = resampled(np.sin(2 * np.pi * 440 * t), RATE, 16_000)
    assert np.allclose(low, np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000), atol=0.01)
    assert np.abs(resampled(np.sin(2 * np.pi * 12_000 * t), RATE, 16_000)).max() < 0.01


def tenths(kbit: Callable[[float], float], queue: Callable[[float], float]) -> list[dict[str, float]]:
    return [{"at": n / 10, "offered": kbit(n / 10) * 12.5, "queue_ms": queue(n / 10)} for n in range(300)]


def test_a_sender_has_stepped_down_when_what_it_offers_fits() -> None:
    way = tenths(lambda at: 900 if at < 11.5 else 120, lambda at: 3_000 - 200 * (at - 10) if at >= 10 else 5)
    assert stepped_down(way, 10, 128) == pytest.approx(1.5, abs=0.15)
    assert stepped_down(tenths(lambda at: 900, lambda at: 0), 10, 128) == 60
    assert longest_queue(way, 13) == pytest.approx(2_400, abs=1)


def test_pictures_of_each_second() -> None:
    assert a_second(arrived(0), BEGIN, BEGIN + 3)[:2] == (30, 30)
    assert a_second(arrived(0, keep=lambda n, at: at >= BEGIN + 1), BEGIN, BEGIN + 2) == (0, 30)


# a whole call


@pytest.fixture
def props(film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Props:
    made = Props(tmp_path)
    monkeypatch.setattr(Props, "film", lambda self, letter, large: film_path(film))
    return made


def film_path(film: Film) -> Path:
    return Path(str(film._data.filename))


def played(case: Case, worse: Trace | None = None, **more: object) -> Played:
    side = Trace(filmed(), arrived(), [], SPOKEN, ear(0.3))
    made = Played(
        case, "relay", up=BEGIN - 5, ended=BEGIN + SECONDS, sides=[side, worse or side],
        spent=[Spent(10, 100, 101), Spent(20, 100, 103)], noticed=[[], []], link=[[], []],
    )  # fmt: skip
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_of_two_directions_the_worse_one_counts(props: Props, tmp_path: Path) -> None:
    worse = Trace(
        filmed(), arrived(0.6, keep=lambda n, at: n % 2 == 0, height=240), [], SPOKEN, ear(0.5, [(3, 9)])
    )
    figures = Rating(played(CASES["p1m"], worse), props, tmp_path).figures
    assert figures[Figure.FPS] == 15 and figures[Figure.HEIGHT] == 240
    assert figures[Figure.LATENCY] == pytest.approx(600, abs=1)
    assert figures[Figure.EAR] == pytest.approx(500, abs=1) and figures[Figure.GAP] > 5_000
    assert figures[Figure.CPU] == 20 and figures[Figure.MEMORY] == 3


def test_without_the_ears_speech_is_not_judged_and_that_is_no_pass(props: Props, tmp_path: Path) -> None:
    rating = Rating(played(CASES["p1m"]), props, tmp_path / "nothing")
    assert Figure.PESQ not in rating.figures and "--ears" in rating.absent[Figure.PESQ]
    (tmp_path / "ready").touch()
    with pytest.raises(Unavailable, match="too short"):
        judge(tmp_path, [])
    assert judge(tmp_path, [None, None]) == Judged(1.0, 0.0), "nothing heard is the worst"


def test_what_never_comes_back_is_told_as_a_minute(props: Props, tmp_path: Path) -> None:
    changed, noticed = [BEGIN, BEGIN + 10], [[BEGIN + 1.2], [BEGIN - 4, BEGIN + 1.7]]
    back = Trace(
        filmed(), arrived(keep=lambda n, at: not BEGIN < at < BEGIN + 12), [], SPOKEN, ear(0.3, [(0, 11)])
    )
    good = played(CASES["outage"], changed=changed, noticed=noticed, sides=[back, back])
    figures = Rating(good, props, tmp_path).figures
    assert figures[Figure.NOTICED] == pytest.approx(1.7)
    assert figures[Figure.PICTURE_BACK] == pytest.approx(2.2, abs=0.05)
    assert figures[Figure.SPEECH_BACK] == pytest.approx(1.3, abs=0.3)
    never = Trace(filmed(), arrived(keep=lambda n, at: at < BEGIN), [], SPOKEN, ear(0.3, [(0, 99)]))
    figures = Rating(
        played(CASES["outage"], never, changed=changed, noticed=[[], []]), props, tmp_path
    ).figures
    assert {figures[one] for one in (Figure.NOTICED, Figure.PICTURE_BACK, Figure.SPEECH_BACK)} == {60}


def test_the_opening_is_the_later_of_both_sides(props: Props, tmp_path: Path) -> None:
    made = played(CASES["opening-lan"], called=10.0, first_pictures=[10.4, 10.9])
    assert Rating(made, props, tmp_path).figures == {Figure.OPENING: pytest.approx(0.9)}
    made = played(CASES["opening-lan"], called=10.0, first_pictures=[10.4])
    assert Rating(made, props, tmp_path).figures == {Figure.OPENING: 60}


def test_a_drop_is_told_by_the_link(props: Props, tmp_path: Path) -> None:
    way = tenths(lambda at: 900 if at < 11 else 100, lambda at: 700.0)
    made = played(
        CASES["drop"], changed=[10.0], link=[way, tenths(lambda at: 900 if at < 13 else 90, lambda at: 900.0)]
    )
    made.sides, made.ended = [Trace(), Trace()], 20.0
    figures = Rating(made, props, tmp_path).figures
    assert figures[Figure.STEPPED] == pytest.approx(3 - 0.1 * 900 / 900, abs=0.3)
    assert figures[Figure.QUEUE] == 900
    assert CASES["drop"].changes[0][1].kbit == P128K.kbit


def test_every_case_has_targets_and_memory_is_one_of_half_an_hour() -> None:
    assert set(TARGETS) == set(CASES)
    assert MEMORY not in targets_of("p1m", 65) and MEMORY in targets_of("p1m", LONG_S)


@pytest.mark.skipif(
    not ears.ready(ears.DEFAULT), reason="PESQ and STOI are not here (posta bench call --ears)"
)
def test_the_ears_hear_what_is_good_and_what_is_not() -> None:
    said = resampled(talk(8).astype(np.float64), RATE, JUDGED_RATE)
    noisy = said + np.random.default_rng(2).normal(0, 2_000, len(said))
    same, worse = (judge(ears.DEFAULT, [Piece(said, one, one)]) for one in (said, noisy))
    assert same.pesq > 4.5 and same.stoi > 0.99
    assert worse.pesq < 2.5 and worse.stoi < same.stoi
