# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets of any fate become an even sound: in virtual time, with the real codec."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pytest

from clinic.media.arrivals import Arrivals
from clinic.media.opus import Coding, make_decoder, make_encoder
from clinic.media.playout import BLOCK, GIVE_UP_S, Arrived, Playout
from clinic.media.redundancy import Frame, unpacked
from clinic.media.speaking import STILL_THERE, Packing, Speaking
from clinic.media.stretch import longer, shorter
from clinic.media.voice import RATE, Sound, melody

HUM = melody("A")
KIND = 96
TICK = 0.02
END = round(GIVE_UP_S * RATE)
"""Samples that are guessed after the last packet of every test."""
Fate = Callable[[int], float | None]
"""Seconds that packet number n is under way; None: it is lost."""


def sent(sound: Sound, coding: Coding, copies: int = 0) -> list[tuple[float, bytes, int]]:
    """(time, payload, timestamp)"""
    speaking, packing = Speaking(make_encoder()), Packing()
    made = []
    for number, block in enumerate(sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)):
        if (frame := speaking.put(block, coding)) is not None:
            made.append(((number + 1) * TICK, packing.payload(frame, copies, True, KIND), frame.at))
    return made


def arriving(made: Iterable[tuple[float, bytes, int]], fate: Fate) -> list[tuple[float, Arrived]]:
    """Packets with wrapped numbers and timestamps, in the order in which they come."""
    come = []
    for number, (at, payload, stamp) in enumerate(made):
        if (under_way := fate(number)) is not None:
            stamp = (stamp - 2 * RATE) & 0xFFFFFFFF
            packet = Arrived((number - 20) & 0xFFFF, stamp, unpacked(payload, stamp, KIND))
            come.append((at + under_way, packet))
    return sorted(come, key=lambda pair: pair[0])


def heard(
    come: list[tuple[float, Arrived]], seconds: float, playout: Playout | None = None, faster: float = 0.0
) -> tuple[Sound, Playout]:
    """`faster`: of the listener's clock, e.g. 100e-6."""
    playout, waiting = playout or Playout(make_decoder()), list(reversed(come))
    blocks = []
    for tick in range(int(seconds / TICK)):
        while waiting and waiting[-1][0] * (1 + faster) <= tick * TICK:
            at, packet = waiting.pop()
            playout.put(packet, at * (1 + faster))
        blocks.append(playout.take(tick * TICK))
    assert {len(block) for block in blocks} == {BLOCK}
    return np.concatenate(blocks), playout


def loudness(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2))) if len(sound) else 0.0


def lag_s(said: Sound, ear: Sound) -> float:
    size = 1 << (len(said) + len(ear)).bit_length()
    product = np.fft.irfft(np.fft.rfft(ear, size) * np.conj(np.fft.rfft(said, size)), size)
    return float(np.argmax(product[: 2 * RATE])) / RATE


def steady(_: int) -> float:
    return 0.05


FOUR_S = HUM[: 4 * RATE]


def test_nothing_is_heard_before_the_first_packet() -> None:
    ear, playout = heard([], 0.2)
    assert not ear.any()
    assert playout.tally.concealed == 0


@pytest.mark.parametrize("packet_ms", [20, 40, 60])
def test_on_a_steady_link_all_is_heard_soon(packet_ms: int) -> None:
    coding = Coding(24_000, packet_ms)
    ear, playout = heard(arriving(sent(FOUR_S, coding), steady), 4.3)
    tally = playout.tally
    assert (tally.copied, tally.repaired, tally.late_frames, tally.bad_packets) == (0, 0, 0, 0)
    assert tally.decoded >= len(FOUR_S) - 2 * coding.samples
    lag = lag_s(FOUR_S[3 * RATE : int(3.9 * RATE)], ear[3 * RATE :])
    assert lag < 0.05 + packet_ms / 1000 + 0.06
    assert playout.delay_s + 0.05 == pytest.approx(lag, abs=0.02)


def lossy(*lost: int) -> Fate:
    return lambda number: None if number in lost else 0.05


HOLES = lossy(*range(20, 180, 9))


def test_a_copy_replaces_what_was_lost_to_the_sample() -> None:
    coding = Coding(24_000, 20, dtx=False)
    whole, _ = heard(arriving(sent(FOUR_S, coding, 1), steady), 4.3)
    ear, playout = heard(arriving(sent(FOUR_S, coding, 1), HOLES), 4.3)
    assert playout.tally.copied >= 16 * 960
    assert playout.tally.concealed <= END + 960  # until the first hole taught it to wait
    assert playout.tally.repaired <= 960
    assert loudness(ear) == pytest.approx(loudness(whole), rel=0.05)


def test_two_copies_bridge_two_packets() -> None:
    pairs = lossy(*range(30, 190, 16), *range(31, 190, 16))
    for copies, enough in ((2, True), (1, False)):
        _, playout = heard(arriving(sent(FOUR_S, Coding(20_000, 20, dtx=False), copies), pairs), 4.3)
        assert (playout.tally.concealed + playout.tally.repaired < END + 4 * 960) is enough


def test_without_copies_the_next_packet_repairs() -> None:
    coding = Coding(24_000, 20, fec=True, loss=0.1, dtx=False)
    _, playout = heard(arriving(sent(FOUR_S, coding), HOLES), 4.3)
    assert playout.tally.repaired >= 14 * 960
    assert playout.tally.copied == 0


def test_what_overtakes_is_put_in_order() -> None:
    def swapped(number: int) -> float:
        return 0.09 if number % 4 == 0 else 0.05

    _, playout = heard(arriving(sent(FOUR_S, Coding(24_000, 20, dtx=False)), swapped), 4.3)
    assert playout.tally.late_frames <= 2
    assert playout.tally.concealed <= END + 3 * 960


def test_it_waits_as_long_as_the_link_is_uneven_and_no_longer() -> None:
    draw = np.random.default_rng(1)
    waits = []
    for jitter in (0.0, 0.06):
        under_way = 0.05 + jitter * draw.random(1000)
        come = arriving(sent(HUM[: 8 * RATE], Coding(24_000, 20)), lambda n, u=under_way: float(u[n]))
        _, playout = heard(come, 8.0)
        waits.append(playout.delay_s)
        assert playout.tally.concealed < 0.03 * 8 * RATE
    assert waits[0] < 0.075
    assert 0.08 < waits[1] < 0.14


@pytest.mark.parametrize("faster", [100e-6, -100e-6])
def test_a_clock_that_drifts_is_followed(faster: float) -> None:
    """A quarter of an hour of it, pressed into 25 seconds by a drift forty times as strong."""
    sound = np.resize(HUM, 26 * RATE)
    made = sent(sound, Coding(16_000, 60, dtx=False))
    ear, playout = heard(arriving(made, steady), 25.5, faster=40 * faster)
    tally = playout.tally
    assert (tally.lengthened - tally.shortened) * faster > 0
    assert tally.rested < 0.3 * RATE
    assert playout.tally.concealed <= END
    assert abs(playout.delay_s - 0.115) < 0.03
    assert lag_s(sound[20 * RATE : 24 * RATE], ear[20 * RATE :]) < 0.22


def test_a_cut_is_faded_out_and_the_sound_comes_back() -> None:
    def cut(number: int) -> float | None:
        return None if 80 <= number < 130 else 0.05

    ear, playout = heard(arriving(sent(FOUR_S, Coding(24_000, 20, dtx=False)), cut), 4.3)
    assert loudness(ear[int(2.2 * RATE) : int(2.5 * RATE)]) < 0.2 * loudness(ear)
    assert loudness(ear[int(2.85 * RATE) : int(3.2 * RATE)]) > 0.5 * loudness(ear)
    assert playout.tally.concealed <= 2 * END


def test_old_sound_after_a_cut_is_left_out() -> None:
    """A queue that held three seconds gives them all at once."""

    def held(number: int) -> float:
        return 0.05 if number < 50 or number >= 200 else 0.05 + (200 - number) * TICK

    sound = HUM[: 8 * RATE]
    ear, playout = heard(arriving(sent(sound, Coding(24_000, 20, dtx=False)), held), 8.0)
    assert playout.delay_s < 1.2
    assert lag_s(sound[7 * RATE : int(7.7 * RATE)], ear[7 * RATE :]) < 1.0


def test_in_a_pause_the_room_goes_on_and_nothing_is_guessed() -> None:
    pause = np.concatenate([HUM[: 2 * RATE], np.zeros(3 * RATE, np.int16), HUM[2 * RATE : 4 * RATE]])
    made = sent(pause, Coding(24_000, 20))
    assert len(made) < 250
    ear, playout = heard(arriving(made, steady), 7.3)
    assert playout.tally.concealed <= END
    assert loudness(ear[int(3.5 * RATE) : int(4.5 * RATE)]) < 30
    assert loudness(ear[int(5.5 * RATE) : 7 * RATE]) > 0.7 * loudness(HUM[2 * RATE : 4 * RATE])


def test_in_a_long_pause_something_is_sent_now_and_then() -> None:
    times = [at for at, _, _ in sent(np.zeros(5 * RATE, np.int16), Coding(24_000, 40))]
    assert max(b - a for a, b in pairwise(times)) <= STILL_THERE / RATE + 0.04
    assert len(times) < 50


def test_another_stream_on_the_same_path_is_taken_up() -> None:
    made = sent(FOUR_S, Coding(24_000, 20, dtx=False))
    come = arriving(made, steady)
    again = [
        (at + 4, Arrived(p.number + 9000 & 0xFFFF, p.at + 10_000_000 & 0xFFFFFFFF, p.frames))
        for at, p in come
    ]
    again = [(at, Arrived(p.number, p.at, (Frame(p.at, p.frames[-1].payload),))) for at, p in again]
    _, playout = heard(come + again, 8.3)
    assert playout.tally.decoded > 7.6 * RATE


def test_damaged_packets_are_counted_and_change_nothing() -> None:
    playout = Playout(make_decoder())
    for frames in ((), (Frame(0, b""),), (Frame(0, b"\x03"),), (Frame(5, b"\x08"),)):
        playout.put(Arrived(1, 0, frames), 0.0)
    assert playout.tally.bad_packets == 4
    assert not playout.take(0.0).any()


def test_a_flood_of_packets_is_bounded() -> None:
    playout = Playout(make_decoder())
    for number in range(2000):
        playout.put(Arrived(number, number * 960, (Frame(number * 960, b"\x08"),)), 0.0)
    assert len(playout._frames) <= 150


def test_any_order_of_any_packets_gives_even_blocks() -> None:
    draw = np.random.default_rng(3)
    made = sent(FOUR_S, Coding(16_000, 40), 2)
    fates = [None if draw.random() < 0.3 else 0.05 + float(draw.exponential(0.08)) for _ in made]
    come = arriving(made, lambda n: fates[n])
    come += [come[int(draw.integers(len(come)))] for _ in range(20)]
    ear, playout = heard(sorted(come, key=lambda pair: pair[0]), 4.5)
    assert len(ear) == int(4.5 / TICK) * BLOCK
    assert playout.tally.decoded > 2 * RATE


# stretching


@pytest.mark.parametrize(("change", "sign"), [(shorter, -1), (longer, 1)])
def test_a_tone_changes_by_whole_periods_and_does_not_click(
    change: Callable[[Sound, bool], Sound], sign: int
) -> None:
    at = np.arange(2400) / RATE
    tone = (8000 * np.sin(2 * np.pi * 200 * at)).astype(np.int16)
    made = change(tone, False)
    period = RATE / 200
    assert (len(made) - len(tone)) * sign / period == pytest.approx(
        round((len(made) - len(tone)) * sign / period), abs=0.1
    )
    assert (len(made) - len(tone)) * sign > 0
    assert np.abs(np.diff(made.astype(int))).max() < 1.2 * np.abs(np.diff(tone.astype(int))).max()


@pytest.mark.parametrize("change", [shorter, longer])
def test_noise_is_left_alone_unless_it_is_a_pause(change: Callable[[Sound, bool], Sound]) -> None:
    noise = (3000 * np.random.default_rng(2).standard_normal(1920)).astype(np.int16)
    assert len(change(noise, False)) == 1920
    assert len(change(noise // 100, True)) != 1920
    assert len(change(noise[:100], True)) == 100


# arrivals


def test_loss_is_seen_and_forgotten() -> None:
    arrivals = Arrivals()
    for number in range(200):
        if number % 10:
            arrivals.came(number, number * 960, number * TICK + 0.1, 0.02)
    assert arrivals.loss == pytest.approx(0.1, abs=0.02)
    assert arrivals.target() > 0.02 + 0.02
    for number in range(200, 900):
        arrivals.came(number, number * 960, number * TICK + 0.1, 0.02)
    assert arrivals.loss == 0.0
    assert arrivals.target() < 0.03


def test_a_sender_that_cannot_keep_up_is_followed() -> None:
    """Its sound grows a tenth shorter than the time that passes; what comes is played soon all the same."""

    def slow(number: int) -> float:
        return 0.05 + number * 0.002

    sound = HUM[: 8 * RATE]
    ear, playout = heard(arriving(sent(sound, Coding(24_000, 20, dtx=False)), slow), 8.6)
    assert playout.tally.late_frames == 0
    assert playout.tally.decoded == playout.tally.packets * 960
    assert lag_s(sound[int(6.5 * RATE) : int(7.2 * RATE)], ear[int(6.5 * RATE) :]) < 0.05 + 7 * 0.1 + 0.3


def test_a_path_that_grows_longer_at_once_is_followed_at_once() -> None:
    def moved(number: int) -> float:
        return 0.05 if number < 100 else 1.05

    sound = HUM[: 7 * RATE]
    ear, playout = heard(arriving(sent(sound, Coding(24_000, 20, dtx=False)), moved), 8.2)
    assert playout.tally.late_frames == 0
    assert loudness(ear[int(4.5 * RATE) :]) > 0.7 * loudness(sound)
    assert lag_s(sound[5 * RATE : 6 * RATE], ear[5 * RATE :]) < 1.05 + 0.03 + 1.0
