# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech over a link that is only reckoned: encoder, packets, a queue with delay, jitter and loss, playout. No
socket and no waiting, so a minute of talk takes about two seconds and the same seed gives the same minute.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from clinic.calls.speech import Speech
from clinic.media.opus import Coding, make_decoder, make_encoder
from clinic.media.playout import BLOCK, Arrived, Playout, Tally
from clinic.media.redundancy import unpacked
from clinic.media.speaking import Packing, Speaking
from clinic.media.voice import RATE, Sound

HEADERS = 64
"""Bytes around each payload: IP, UDP, RTP with extensions, SRTP."""
OPUS = 111
TICK = BLOCK / RATE
FLOOR = 26.0
"""Loudness of the room's noise, of 32768: a quiet room at -62 dBFS."""


@dataclass(frozen=True, slots=True)
class Link:
    """One direction. `rate_bps` 0: no limit; `beside_bps`: pictures that share the queue, in packets of
    `beside_bytes`.
    """

    name: str
    rate_bps: int
    delay_s: float
    jitter_s: float
    loss: float
    burst: float = 1.0
    beside_bps: int = 0
    beside_bytes: int = 0
    drift: float = 0.0
    """How much faster the listener's clock runs than the speaker's, e.g. 100e-6."""


@dataclass(slots=True)
class Talk:
    """What was said, what was heard (same length of time), and how it came about."""

    said: Sound
    heard: Sound
    tally: Tally
    sent_bps: float
    waits: list[float] = field(default_factory=list)


Choose = Callable[[float, float], Speech]
"""(loss so far, second) -> how to speak."""


def spoken(sound: Sound, seconds: float, seed: int) -> Sound:
    """A loop of speech in a quiet room, begun at another place for each seed."""
    draw = np.random.default_rng(seed)
    wanted = int(seconds * RATE) // BLOCK * BLOCK
    start = int(draw.integers(len(sound)))
    looped = np.resize(np.roll(sound, -start), wanted).astype(np.float64)
    mixed: Sound = np.clip(looped + FLOOR * draw.standard_normal(wanted), -32768, 32767).astype(np.int16)
    return mixed


def talk(sound: Sound, link: Link, choose: Choose, seed: int, redundant: bool = True) -> Talk:
    """Say all of it over that link."""
    playout = Playout(make_decoder())
    coming = _Coming(link, seed)
    sent = _said(sound, link, choose, redundant, lambda: playout.loss)
    heard, waits, size, due = [], [], 0, next(sent, None)
    for tick in range(len(sound) // BLOCK + round((link.delay_s + 1.0) / TICK)):
        now = tick * TICK / (1 + link.drift)
        while due is not None and due[0] <= now:
            size += len(due[1]) + HEADERS
            coming.send(due[0], due[1], due[2])
            due = next(sent, None)
        for at, packet in coming.by(now):
            playout.put(packet, at * (1 + link.drift))
        heard.append(playout.take(tick * TICK))
        waits.append(playout.delay_s)
    bps = size * 8 * RATE / len(sound)
    return Talk(sound, np.concatenate(heard), playout.tally, bps, waits)


def _said(
    sound: Sound, link: Link, choose: Choose, redundant: bool, loss: Callable[[], float]
) -> Iterator[tuple[float, bytes, int]]:
    """(time of sending, payload, timestamp)"""
    speaking, packing = Speaking(make_encoder()), Packing()
    for number in range(len(sound) // BLOCK):
        at = (number + 1) * TICK
        speech = choose(loss(), at)
        coding = Coding(speech.bitrate, speech.packet_ms, speech.fec, speech.loss, speech.dtx)
        frame = speaking.put(sound[number * BLOCK : (number + 1) * BLOCK], coding)
        if frame is not None:
            yield at, packing.payload(frame, speech.copies, redundant, OPUS), frame.at


class _Coming:
    """The link: a queue that is served at its rate, then delay, jitter without overtaking, and loss."""

    def __init__(self, link: Link, seed: int) -> None:
        self._link, self._draw = link, np.random.default_rng(seed)
        self._free_at = self._last_due = 0.0
        self._beside_at = 0.0
        self._number = 65_000
        self._bad = False
        self._flying: list[tuple[float, int, Arrived]] = []

    def send(self, at: float, payload: bytes, timestamp: int) -> None:
        self._pictures(at)
        self._number += 1
        leaves = self._served(at, len(payload) + HEADERS)
        lost = self._lost()
        jitter = self._draw.random() * self._link.jitter_s
        if lost:
            return
        self._last_due = max(self._last_due, leaves + self._link.delay_s + jitter)
        stamp = (timestamp + (1 << 32) - 96_000) & 0xFFFFFFFF  # wraps after two seconds
        frames = unpacked(payload, stamp, OPUS)
        packet = Arrived(self._number & 0xFFFF, stamp, frames)
        heapq.heappush(self._flying, (self._last_due, self._number, packet))

    def by(self, now: float) -> Iterator[tuple[float, Arrived]]:
        while self._flying and self._flying[0][0] <= now:
            due, _, packet = heapq.heappop(self._flying)
            yield due, packet

    def _served(self, at: float, size: int) -> float:
        if not self._link.rate_bps:
            return at
        self._free_at = max(at, self._free_at) + size * 8 / self._link.rate_bps
        return self._free_at

    def _pictures(self, at: float) -> None:
        """Packets of pictures, evenly sent with a little unrest, that came before."""
        if not self._link.beside_bps:
            return
        every = self._link.beside_bytes * 8 / self._link.beside_bps
        while self._beside_at < at:
            self._served(self._beside_at, self._link.beside_bytes)
            self._beside_at += every * (0.5 + self._draw.random())

    def _lost(self) -> bool:
        link, drawn = self._link, self._draw.random()
        if link.burst <= 1:
            return bool(drawn < link.loss)
        leave = 1 / link.burst
        self._bad = drawn >= leave if self._bad else drawn < link.loss * leave / (1 - link.loss)
        return self._bad
