# SPDX-License-Identifier: GPL-3.0-or-later
"""Real peers on this computer: with each other, and with one that knows nothing of our path of sound."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import aiortc.codecs
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from av import AudioFrame

from clinic.calls.speech import START_BPS, Speech
from clinic.media import doors
from clinic.media.capture import MicrophoneFeed
from clinic.media.microphone import BLOCK
from clinic.media.recognise import HEARD, hears
from clinic.media.speaker import audio_frame, loudness, mono
from clinic.media.talking import Talking
from clinic.media.voice import RATE, Sound, voice

LONGEST = 25
"""Seconds; four are enough where the computer has time."""


@pytest.fixture(autouse=True)
def opened() -> Iterator[None]:
    before = list(aiortc.codecs.CODECS["audio"])
    doors.open_doors()
    yield
    aiortc.codecs.CODECS["audio"][:] = before


class Steady:
    """A microphone that never leaves out a block, however busy the computer is."""

    def __init__(self, name: str) -> None:
        self.name, self._count, self._start = name, 0, time.monotonic()
        sound = voice(name).sound
        self._blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)

    def read(self) -> Sound:
        time.sleep(max(0.0, self._start + self._count * 0.02 - time.monotonic()))
        self._count += 1
        block: Sound = self._blocks[self._count % len(self._blocks)]
        return block

    def close(self) -> None:
        pass


class Side:
    """One of ours, without engine and pictures."""

    def __init__(self, name: str) -> None:
        self.peer = RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self.feed = MicrophoneFeed(Steady(name), lambda: None)
        self.clock = 0.0
        """Seconds that were heard: where the computer stands still, so does the time that packets come at."""
        self.talking = Talking(self.feed, lambda: self.clock)
        self.came = 0
        self.blocks: list[Sound] = []
        self.peer.on("track", self._on_track)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self.talking.listen(self.peer, track, self._count)

    def _count(self) -> None:
        self.came += 1

    async def offer(self) -> RTCSessionDescription:
        self.talking.send_on(self.peer)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription

    async def answer(self, offer: RTCSessionDescription) -> RTCSessionDescription:
        await self.take(offer)
        self.talking.send_on(self.peer)
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return self.peer.localDescription

    async def take(self, description: RTCSessionDescription) -> None:
        await self.peer.setRemoteDescription(description)
        self.talking.settle(self.peer, description.sdp)

    async def hear(self, name: str) -> bool:
        """Play what comes until that voice is recognised; False if it is not in LONGEST seconds."""
        start = time.monotonic()
        for tick in range(LONGEST * 50):
            await asyncio.sleep(max(0.0, start + tick * 0.02 - time.monotonic()))
            self.clock = tick * 0.02
            self.blocks.append(self.talking.playout.take(self.clock))
            if tick % 50 == 49 and name != "nobody" and await recognised(self.blocks, name):
                return True
        return False

    async def close(self) -> None:
        await self.peer.close()
        self.feed.close()


class PlainTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self, sound: Sound) -> None:
        super().__init__()
        self._blocks = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)
        self._count, self._start = 0, time.monotonic()

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(max(0.0, self._start + self._count * 0.02 - time.monotonic()))
        self._count += 1
        return audio_frame(self._blocks[self._count % len(self._blocks)], self._count * BLOCK)


class Plain:
    """What an older Posta is: the library's own codec, buffer and decoder, Opus only."""

    def __init__(self, name: str) -> None:
        self.peer = RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self.sound = voice(name).sound
        self.heard: list[Sound] = []
        self.peer.on("track", lambda track: setattr(self, "task", asyncio.ensure_future(self._listen(track))))

    def _send(self) -> None:
        self.peer.addTrack(PlainTrack(self.sound))
        (transceiver,) = self.peer.getTransceivers()
        capable = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in capable if codec.name == "opus"])

    async def offer(self) -> RTCSessionDescription:
        self._send()
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription

    async def answer(self, offer: RTCSessionDescription) -> RTCSessionDescription:
        self._send()
        await self.take(offer)
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return self.peer.localDescription

    async def take(self, description: RTCSessionDescription) -> None:
        await self.peer.setRemoteDescription(description)

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            self.heard.append(mono(await track.recv()))

    async def hear(self, name: str, other: Side) -> bool:
        """Until that voice is recognised. The other side hears us meanwhile; it gets what the library finds time
        to encode, so only that it comes whole is asked for.
        """
        listening = asyncio.ensure_future(other.hear("nobody"))
        try:
            for _ in range(LONGEST):
                await asyncio.sleep(1)
                heard = self.heard and await recognised(self.heard, name)
                if heard and other.talking.playout.tally.decoded > RATE // 2:
                    return True
            return False
        finally:
            listening.cancel()

    async def close(self) -> None:
        self.task.cancel()
        await self.peer.close()


@pytest.fixture
async def sides() -> AsyncIterator[list[Side | Plain]]:
    made: list[Side | Plain] = []
    yield made
    await asyncio.gather(*(side.close() for side in made))


async def recognised(blocks: list[Sound], name: str) -> bool:
    sound = np.concatenate(blocks[-200:])
    return await asyncio.to_thread(hears, sound, name) > HEARD


async def joined(caller: Side | Plain, callee: Side | Plain) -> tuple[str, str]:
    """The two descriptions."""
    offer = await caller.offer()
    answer = await callee.answer(offer)
    await caller.take(answer)
    return offer.sdp, answer.sdp


async def test_two_of_ours_agree_on_copies_and_hear_each_other(sides: list[Side | Plain]) -> None:
    a, b = Side("A"), Side("B")
    sides += [a, b]
    for side in (a, b):
        side.talking.reported(0.2, 0.1)
        side.talking.allot(80_000)
        side.talking.speak()
    for sdp in await joined(a, b):
        assert re.search(r"^m=audio \d+ \S+ 63 96\s*$", sdp, re.MULTILINE)
        assert "a=fmtp:63 96/96" in sdp
    assert a.talking.redundant
    assert b.talking.redundant
    assert a.talking.speech.copies >= 1
    assert await asyncio.gather(a.hear("B"), b.hear("A")) == [True, True]
    for side in (a, b):
        assert side.came > 30
        assert side.talking.damaged == 0
        assert side.talking.playout.tally.bad_packets == 0
        assert 0.02 < side.talking.playout.delay_s < 1.5
    report = [r for r in (await a.peer.getStats()).values() if r.type == "inbound-rtp"]
    assert report[0].packetsReceived > 30


async def test_ours_and_one_that_is_older_hear_each_other_whoever_calls(sides: list[Side | Plain]) -> None:
    pairs = [(Side("A"), Plain("B")), (Side("A"), Plain("B"))]
    sides += [side for pair in pairs for side in pair]
    called = await asyncio.gather(joined(*pairs[0]), joined(pairs[1][1], pairs[1][0]))
    heard = await asyncio.gather(*(older.hear("A", ours) for ours, older in pairs))
    assert heard == [True, True]
    for (ours, _), (_, answer) in zip(pairs, called, strict=True):
        assert "red/48000" not in answer
        assert not ours.talking.redundant
        assert ours.talking.speech.copies == 0
        assert ours.talking.damaged == ours.talking.playout.tally.bad_packets == 0
        assert max(loudness(block) for block in ours.blocks) > 0.02


async def test_what_is_lost_is_sent_twice_and_what_is_allotted_is_kept(sides: list[Side | Plain]) -> None:
    side = Side("A")
    sides.append(side)
    side.talking.track.redundant = True
    side.talking.reported(0.0, 0.05)
    for _ in range(60):
        side.talking.reported(0.0, 0.05)
    assert side.talking.speech.copies == 0
    assert side.talking.speech.wire_bps <= START_BPS
    side.talking.reported(0.2, 0.05)
    assert side.talking.speech.copies >= 1
    side.talking.allot(25_000)
    assert side.talking.speech.wire_bps <= 25_000
    with pytest.raises(ValueError, match="bits"):
        side.talking.allot(0)
    side.talking.allow(90_000, 0.2, 0.05)
    assert side.talking.loss == 0.2
    assert 40_000 < side.talking.speech.wire_bps <= 90_000
    before = side.feed.speech
    side.talking.speak()
    assert side.feed.speech == side.talking.speech != before


CHROMIUM = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 {digest}
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 {carried}
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:1 cname:x
""".replace("{digest}", ":".join(["AB"] * 32)).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("carried", "line", "kind"),
    [("111/111", "63 111", 63), ("111/111/111", "63 111", 63), ("111/0", "111", None), ("9/9", "111", None)],
)
async def test_a_browser_is_answered_in_its_own_numbers(
    carried: str, line: str, kind: int | None, sides: list[Side | Plain]
) -> None:
    side = Side("A")
    sides.append(side)
    offer = RTCSessionDescription(CHROMIUM.replace("{carried}", carried), "offer")
    answer = (await side.answer(offer)).sdp
    assert re.search(rf"^m=audio \d+ \S+ {line}\s*$", answer, re.MULTILINE)
    assert ("a=fmtp:63 111/111" in answer) is (kind is not None)
    assert side.talking._red == kind
    assert side.talking.track.opus == 111


async def test_without_opus_there_is_no_talk(sides: list[Side | Plain]) -> None:
    side = Side("A")
    sides.append(side)
    only_red = CHROMIUM.replace("{carried}", "111/111").replace("rtpmap:111 opus", "rtpmap:111 other")
    with pytest.raises(ValueError, match="Opus"):
        await side.answer(RTCSessionDescription(only_red, "offer"))


def test_a_way_to_speak_is_a_value() -> None:
    assert replace(Speech(), copies=1) == Speech(copies=1)
