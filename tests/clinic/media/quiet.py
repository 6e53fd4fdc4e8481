# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole call in virtual time: the real sessions, aiortc, x264 and libvpx, Opus and SRTP, over a simulated link.

Nothing waits for the machine: what a busy one would take seconds for takes none, so figures are the same however
busy it is. Coding and decoding take no time, the link and the timers do. Sockets are replaced by `Air`, threads by
doing what they would do at once.
"""

from __future__ import annotations

import asyncio
import datetime
import statistics
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from typing import Any

import aioice.ice
import aiortc.clock
import aiortc.codecs
import aiortc.rtcrtpreceiver
import aiortc.rtcrtpsender
import av
import numpy as np
import pytest
from av import VideoFrame

from clinic.calls.speech import Speech
from clinic.domain.record import Record
from clinic.media import doors
from clinic.media.camera import frame_of
from clinic.media.capture import VIDEO_TIME, Outlets
from clinic.media.clip import TalkingClip
from clinic.media.mark import read_mark
from clinic.media.opus import Coding, make_encoder
from clinic.media.session import Session
from clinic.media.speaking import Speaking
from clinic.media.voice import voice
from clinic.protocol.engine import AcceptRemote, StartCall
from simulator.turns import Turns
from tests.clinic.calls.link import Way

HEADERS = 28
HOST = "10.0.0.1"
BEGIN = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


class Air(Turns):
    """A loop whose UDP ports lie at two ends of a link: those made while `side` is 0 at one, the others at the other."""

    def __init__(self, ways: tuple[Way, Way], seed: int) -> None:
        super().__init__()
        self.ways, self.side, self.random = ways, 0, Random(seed)
        self.ports: dict[int, tuple[int, asyncio.DatagramProtocol]] = {}

    async def create_datagram_endpoint(self, factory: Any, **_: Any) -> Any:  # type: ignore[override]
        protocol = factory()
        port = 5000 + len(self.ports)
        self.ports[port] = self.side, protocol
        end = _End(self, port)
        protocol.connection_made(end)
        return end, protocol

    def carry(self, data: bytes, port: int, to: int) -> None:
        side, _ = self.ports[port]
        if to not in self.ports or self.ports[to][0] == side:
            return
        came = self.ways[side].pass_through(len(data) + HEADERS, self.time(), self.random)
        if came is not None:
            protocol = self.ports[to][1]
            self.call_at(came, lambda: protocol.datagram_received(data, (HOST, port)))


class _End(asyncio.DatagramTransport):
    def __init__(self, air: Air, port: int) -> None:
        super().__init__({"sockname": (HOST, port)})
        self._air, self._port = air, port
        self._open = True

    def sendto(self, data: Any, addr: Any = None) -> None:
        if self._open:
            self._air.carry(bytes(data), self._port, addr[1])

    def close(self) -> None:
        if self._open:
            self._open = False
            self._air.call_soon(self._air.ports[self._port][1].connection_lost, None)

    def is_closing(self) -> bool:
        return not self._open


class AtOnce:
    """As the queue before a decoder's thread: what is put is decoded."""

    def __init__(self) -> None:
        self._into: Any = None

    def begin(self, into: asyncio.Queue[Any], broken: threading.Event) -> None:
        self._into, self._decoder, self._broken = into, None, broken

    def put(self, task: Any) -> None:
        if task is None:
            self._into.put_nowait(None)
            return
        codec, frame = task
        if self._decoder is None:
            self._decoder = aiortc.codecs.get_decoder(codec)
        try:
            found = self._decoder.decode(frame)
        except av.FFmpegError:
            self._broken.set()  # the library asks for a whole picture
            return
        for each in found:
            self._into.put_nowait(each)


class _Thread:
    def __init__(self, target: Any, name: str, args: Any) -> None:
        _, self._queue, self._into, self._broken = args

    def start(self) -> None:
        self._queue.begin(self._into, self._broken)

    def join(self) -> None:
        pass


@contextmanager
def replaced(air: Air) -> Iterator[None]:
    """Threads of the library do at once what they would do, and its clocks are the call's."""

    def moment() -> datetime.datetime:
        return BEGIN + datetime.timedelta(seconds=air.time())

    with pytest.MonkeyPatch.context() as patch:
        receiver = aiortc.rtcrtpreceiver
        patch.setattr(receiver, "queue", SimpleNamespace(Queue=AtOnce))
        patch.setattr(receiver, "threading", SimpleNamespace(Thread=_Thread, Event=threading.Event))
        for module in (receiver, aiortc.rtcrtpsender):
            patch.setattr(module, "time", SimpleNamespace(time=lambda: moment().timestamp()))
        patch.setattr(aiortc.clock, "current_datetime", moment)
        patch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [HOST])
        yield


class Side:
    """A session with a camera and a microphone, and what it saw."""

    def __init__(self, air: Air, number: int, fps: int) -> None:
        self.air, self.number = air, number
        letter = "AB"[number]
        self._clip = TalkingClip(letter, fps)
        self.fps = fps
        self.taken: list[float] = []
        self.shown: list[tuple[float, int, int]] = []
        """(when, mark, height)"""
        self.sounds: list[float] = []
        self.told: list[Record] = []
        self.connected = asyncio.Event()
        camera: Any = SimpleNamespace(outlets=Outlets[VideoFrame](air, depth=1))
        microphone: Any = SimpleNamespace(outlets=Outlets[Any](air, depth=10), speech=Speech())
        self._camera, self._microphone = camera, microphone
        start = StartCall(call_id="c", attempt=1, offerer=number == 0)
        self.session = Session(start, camera, microphone, self)
        self.tasks = [
            air.create_task(each()) for each in (self._film, self._speak, self._listen, self._measure)
        ]

    async def _film(self) -> None:
        number = 0
        while True:
            frame = frame_of(self._clip.picture(number))
            frame.pts, frame.time_base = round(self.air.time() * 90_000), VIDEO_TIME
            self.taken.append(self.air.time())
            self._camera.outlets.publish(frame)
            number += 1
            await asyncio.sleep(1 / self.fps)

    async def _speak(self) -> None:
        speaking, at = Speaking(make_encoder()), 0
        said = voice("AB"[self.number]).sound
        said = said[: len(said) // 960 * 960]
        while True:
            block = said[at % len(said) : at % len(said) + 960]
            speech = self._microphone.speech
            coding = Coding(speech.bitrate, speech.packet_ms, speech.fec, speech.loss, speech.dtx)
            if (frame := speaking.put(block, coding)) is not None:
                self._microphone.outlets.publish(frame)
            at += 960
            await asyncio.sleep(0.02)

    async def _listen(self) -> None:
        """The loudspeaker: a block each 20 ms."""
        while True:
            self.session.talking.playout.take(self.air.time())
            await asyncio.sleep(0.02)

    async def _measure(self) -> None:
        """As the engine does: reports of the peer reach speech, the wait of sound the pictures."""
        while True:
            await asyncio.sleep(1)
            await self.session.traffic()

    def heard(self, session: Session, frame: Any = None) -> None:
        self.sounds.append(self.air.time())

    def saw(self, session: Session, frame: VideoFrame) -> None:
        mark = read_mark(frame.to_ndarray(format="gray"))
        if mark is not None:
            assert mark.side == "BA"[self.number]
            self.shown.append((self.air.time(), mark.index, frame.height))

    def connection(self, session: Session, state: str) -> None:
        if state == "connected":
            self.connected.set()

    carries_video = True

    def tell(self, message: Record) -> None:
        self.told.append(message)

    async def newest_picture(self) -> VideoFrame | None:
        return None

    def link_kbps(self) -> float | None:
        return None


class Call:
    """Two sides over a link; `at` says what the link becomes later."""

    def __init__(self, there: Way, back: Way, *, fps: int = 15, seed: int = 1) -> None:
        self.air, self._fps = Air((there, back), seed), fps
        self.sides: list[Side] = []
        self.begun = 0.0

    def run(self, seconds: float, *later: tuple[float, Callable[[Call], None]]) -> Call:
        """Until so many seconds after both sides are connected; `later`: what happens when, from then on."""
        with replaced(self.air):
            doors.open_doors()
            self._at_once(self._play(seconds, later))
        return self

    def _at_once(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            self.air.run_until_complete(work)
        finally:
            self.air.close()

    async def _play(self, seconds: float, later: tuple[tuple[float, Callable[[Call], None]], ...]) -> None:
        for number in (0, 1):
            self.sides.append(Side(self.air, number, self._fps))
        a, b = self.sides
        losses = [way.loss for way in self.air.ways]
        for way in self.air.ways:
            way.loss = 0.0  # OpenSSL repeats a handshake by the real clock
        offer = await a.session.offer()
        self.air.side = 1
        answer = await b.session.accept(AcceptRemote(call_id="c", attempt=1, sdp=offer.sdp, type="offer"))
        assert answer is not None
        self.air.side = 0
        await a.session.accept(AcceptRemote(call_id="c", attempt=1, sdp=answer.sdp, type="answer"))
        await asyncio.gather(*(side.connected.wait() for side in self.sides))
        for way, loss in zip(self.air.ways, losses, strict=True):
            way.loss = loss
        self.begun = self.air.time()
        for after, change in later:
            self.air.call_at(self.begun + after, change, self)
        await asyncio.sleep(seconds)
        for side in self.sides:
            for task in side.tasks:
                task.cancel()
            await side.session.close()

    def seen(self, number: int, start: float, end: float) -> Seen:
        """What that side saw between two moments, from both being connected."""
        return Seen(self, number, self.begun + start, self.begun + end)


class Seen:
    """Figures as the lab has them: a picture is frozen from three usual intervals, and 150 ms beyond one, on."""

    def __init__(self, call: Call, number: int, start: float, end: float) -> None:
        side, other = call.sides[number], call.sides[1 - number]
        shown = [each for each in side.shown if start <= each[0] < end]
        self.fps = len(shown) / (end - start)
        times = [start, *(at for at, _, _ in shown), end]
        gaps = np.diff(times)
        usual = float(np.median(gaps))
        self.frozen = float(gaps[gaps > max(3 * usual, usual + 0.15)].sum()) / (end - start)
        self.longest = float(gaps.max())
        late = [at - other.taken[mark] for at, mark, _ in shown]
        self.late = statistics.median(late) if late else float("inf")
        self.heights = sorted({height for _, _, height in shown})
        self.waits = call.air.ways[1 - number].queue_at(start, end)

    def __str__(self) -> str:
        return (
            f"{self.fps:.1f} fps, frozen {self.frozen:.1%}, longest {self.longest:.2f} s, late {self.late * 1000:.0f} ms,"
            f" {self.heights} lines, queue {self.waits * 1000:.0f} ms"
        )
