# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt's packets, measured and paced, without any network."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from clinic.media import rtp
from clinic.media.path import Path

PICTURE, REPAIR, SOUND = 11, 12, 13


def packet(ssrc: int, sequence: int, size: int = 100, head: bytes = b"") -> bytes:
    return (
        b"\x90\x60" + sequence.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big")
        + b"\xbe\xde\x00\x01" + b"\x32\x00\x00\x00" + head + bytes(size)
    )  # fmt: skip


class Wire:
    """What left, with its kind."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.asked = 0
        self.left: list[tuple[float, bytes]] = []
        self.path = Path(self.loop, 100_000, self.ask)
        self.path.sends_pictures = True

    def ask(self) -> None:
        self.asked += 1

    async def send(self, data: bytes) -> None:
        self.left.append((self.loop.time(), data))

    def open(self) -> "Wire":
        def remb(ours: int, bps: int, ssrcs: list[int]) -> bytes:
            return b"\x8f\xce" + f"{ours} {bps} {ssrcs}".encode()

        self.path.open(self.send, picture=(PICTURE, REPAIR), sound=SOUND, send_time_id=3, remb=remb)
        return self

    def of(self, ssrc: int) -> list[int]:
        heads = [rtp.head(data, 3) for _, data in self.left if not rtp.is_control(data)]
        return [head.sequence for head in heads if head is not None and head.ssrc == ssrc]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire().open()
    yield made
    made.path.close()


async def test_sound_leaves_at_once_though_pictures_wait(wire: Wire) -> None:
    for number in range(4):
        await wire.path.leave(packet(PICTURE, number, 1000))
    await wire.path.leave(packet(SOUND, 1))
    assert wire.of(SOUND) == [1]
    assert len(wire.of(PICTURE)) <= 1
    await asyncio.sleep(0.5)
    assert wire.of(PICTURE) == [0, 1, 2, 3]


async def test_a_packet_carries_the_time_at_which_it_left_not_that_of_its_making(wire: Wire) -> None:
    for number in range(3):
        await wire.path.leave(packet(PICTURE, number, 1000))
    await asyncio.sleep(0.4)
    times = rtp.SendTimes()
    stamps = [times.seconds(data, rtp.head(data, 3)) for _, data in wire.left if not rtp.is_control(data)]  # type: ignore[arg-type]
    lefts = [at for at, data in wire.left if not rtp.is_control(data)]
    assert stamps[-1] - stamps[0] == pytest.approx(lefts[-1] - lefts[0], abs=0.02)  # type: ignore[operator]


async def test_repetitions_of_what_a_whole_picture_followed_do_not_leave(wire: Wire) -> None:
    await wire.path.leave(packet(PICTURE, 65535, 50))
    await asyncio.sleep(0.05)
    await wire.path.leave(packet(REPAIR, 1, head=(65535).to_bytes(2, "big")))
    await asyncio.sleep(0.05)
    assert wire.of(REPAIR) == [1]
    wire.path.coded_whole()
    await wire.path.leave(packet(PICTURE, 0, 50))
    await wire.path.leave(packet(REPAIR, 2, head=(65535).to_bytes(2, "big")))
    await wire.path.leave(packet(REPAIR, 3, head=(0).to_bytes(2, "big")))
    await asyncio.sleep(0.1)
    assert wire.of(REPAIR) == [1]
    await wire.path.leave(packet(REPAIR, 4, head=(0).to_bytes(2, "big")))
    await asyncio.sleep(0.1)
    assert wire.of(REPAIR) == [1, 4]


async def test_what_comes_is_judged_and_said(wire: Wire) -> None:
    for number in range(40):
        data = packet(77, number, 500)
        found = rtp.head(data, 3)
        assert found is not None
        wire.path.came(rtp.stamped(data, found, wire.loop.time()))
        await asyncio.sleep(0.015)
    said = [data for _, data in wire.left if rtp.is_control(data)]
    assert said
    ours, bps, ssrcs = said[-1][2:].decode().split(" ", 2)
    assert (ours, ssrcs) == (str(PICTURE), "[77]")
    assert int(bps) >= 100_000


def busy_for(seconds: float) -> None:
    """The machine does something else."""
    time.sleep(seconds)


async def test_a_busy_machine_is_not_taken_for_a_slow_link(wire: Wire) -> None:
    def came(number: int, ago_s: float) -> None:
        data = packet(77, number, 500)
        found = rtp.head(data, 3)
        assert found is not None
        wire.path.came(rtp.stamped(data, found, wire.loop.time() - ago_s))

    for number in range(40):
        came(number, 0.0)
        await asyncio.sleep(0.015)
    before = wire.path.incoming.bps
    for number in range(40, 60):
        busy_for(0.06)
        came(number, 0.2)
        await asyncio.sleep(0)
    assert wire.path.incoming.bps >= before
    assert wire.path.incoming.queue_s < 0.05
    assert wire.path.incoming.arriving(wire.loop.time()) > 0


async def test_the_peers_word_divides_the_budget_and_sound_is_told(wire: Wire) -> None:
    told: list[int] = []

    def speak(bps: int) -> int:
        told.append(bps)
        return bps // 2

    wire.path.on_sound = speak
    wire.path.told(900_000)
    assert wire.path.shares.picture > 800_000
    assert wire.path.pacer.bps == 900_000
    wire.path.told(28_000)
    assert wire.path.shares.picture == 0
    assert told[0] > told[1]
    wire.path.told(115_000)
    assert wire.path.shares.picture > 115_000 - told[-1]  # what speech leaves is the pictures'
    wire.path.told(28_000)
    assert wire.path.wish(640, 480, 1.0) is None


async def test_while_a_still_leaves_sound_keeps_to_its_share_and_pictures_wait_for_it(wire: Wire) -> None:
    told: list[int] = []

    def speak(bps: int) -> int:
        told.append(bps)
        return bps

    wire.path.on_sound = speak
    wire.path.show(False)
    for leaving, sound in ((False, 80_000), (True, 56_000), (False, 80_000)):
        wire.path.sends_still = leaving
        wire.path.told(104_000)
        assert told[-1] == wire.path.shares.sound == sound
        assert wire.path.wish(640, 480, 1.0) is None
    before = wire.path.pacer.wait_s(wire.loop.time())
    wire.path.pacer.picture(packet(PICTURE, 1), 1, wire.loop.time())
    wire.path.words_left(1040)
    assert before is None
    assert (wire.path.pacer.wait_s(wire.loop.time()) or 0) > 0.05


async def test_pictures_that_rested_begin_again_at_what_the_link_carries(wire: Wire) -> None:
    wire.path.told(500_000)
    for wanted in (False, True):
        wire.path.show(wanted)
        await asyncio.sleep(0.06)
        assert (wire.path.shares.picture > 0) == wanted
    assert wire.path.pictures.shape(640, 480).height == 480


async def test_a_round_trip_is_measured_by_the_report_that_answers_ours(wire: Wire) -> None:
    report = b"\x80\xc8\x00\x06" + bytes(4) + b"\x00\x01\xaa\xbb\xcc\xdd\x00\x00" + bytes(12)
    await wire.path.leave(report)
    await asyncio.sleep(0.1)
    wire.path.reported(PICTURE, 100, 0, 0xAABBCCDD, 0.04)
    assert wire.path.outgoing.rtt_s == pytest.approx(0.06, abs=0.03)
    wire.path.reported(PICTURE, 200, 50, 0x01010101, 0.0)
    assert wire.path.outgoing.loss == pytest.approx(0.2 * 0.5)


async def test_pictures_are_taken_at_the_pace_of_the_rung_and_not_while_others_wait(wire: Wire) -> None:
    wire.path.told(115_000)
    fps = wire.path.pictures.fps
    wishes = [wire.path.wish(640, 480, number / 30) for number in range(90)]
    assert sum(wish is not None for wish in wishes) == pytest.approx(3 * fps, abs=1)
    for number in range(10):
        await wire.path.leave(packet(PICTURE, number, 1000))
    assert wire.path.wish(640, 480, 10.0) is None
    assert wire.path.skipped == 1
    wire.path.pictures_wanted = False
    await asyncio.sleep(0.06)
    assert wire.path.shares.picture == 0


async def test_when_the_budget_falls_a_whole_picture_is_coded_next(wire: Wire) -> None:
    wire.path.told(1_000_000)
    for number in range(20):
        await wire.path.leave(packet(PICTURE, number, 1200))
    wire.path.told(60_000)
    assert wire.asked == 1
    assert wire.path.pacer.dropped >= 18


async def test_a_second_asking_for_what_is_under_way_is_not_heeded(wire: Wire) -> None:
    wire.path.coded_whole()
    wire.path.whole_asked()
    assert wire.asked == 0
    await asyncio.sleep(0.25)
    wire.path.whole_asked()
    assert wire.asked == 1


async def test_the_first_guess_is_from_how_long_the_keys_took() -> None:
    for seconds, bps in ((0.05, 150_000), (0.5, 100_000), (1.3, 60_000)):
        path = Path(asyncio.get_running_loop(), None, lambda: None)
        path.agreed(seconds)
        assert path.outgoing.bps(0) == path.incoming.bps == bps
        assert path.outgoing.rtt_s == min(1.0, seconds / 2)
    known = Path(asyncio.get_running_loop(), 400_000, lambda: None)
    known.agreed(1.3)
    assert known.outgoing.bps(0) == 400_000


async def test_between_engines_that_know_it_a_lost_packet_is_worked_out_where_the_way_is_long(
    wire: Wire,
) -> None:
    other = Wire().open()
    try:
        wire.path.parity_understood = True
        wire.path.outgoing.measured(0.5)
        for _ in range(20):
            wire.path.outgoing.reported(0.05, wire.loop.time())
        wire.path.told(400_000)
        assert wire.path.shares.repair == pytest.approx(1 / 3)
        for number in range(3):
            await wire.path.leave(packet(PICTURE, number, 40 + number))
        await asyncio.sleep(0.1)
        came = [data for _, data in wire.left]
        assert len(came) == 4
        handled = [each for data in (came[0], came[2], came[3]) for each in other.path.came(data)]
        assert handled == [came[0], came[2], came[1]]
        wire.path.reported(PICTURE, 100, 0, 0, 0.0)
        before = wire.path.outgoing.loss
        wire.path.reported(PICTURE, 200, 0, 0, 0.0)
        assert wire.path.outgoing.loss == before
        wire.path.parity_understood = False
        wire.path.told(400_000)
        assert wire.path.shares.repair == 0
    finally:
        other.path.close()
