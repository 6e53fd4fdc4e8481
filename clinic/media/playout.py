# SPDX-License-Identifier: GPL-3.0-or-later
"""From the packets as they arrive to the blocks a loudspeaker plays: waiting, repairing, following the clock.

`put` takes packets of any order, `take` gives 20 ms at every tick of the listener's clock. Sound waits for as
long as `Arrivals` aims at; where a packet is missing, a copy in a later one replaces it, else the later one
repairs it, else it is guessed. Where the wait is too long or too short the sound is made shorter or longer,
in pauses first. Nothing here reads a clock, so a whole call can be played in virtual time.
"""

import math
import threading
from dataclasses import dataclass

import numpy as np

from clinic.media.arrivals import Arrivals
from clinic.media.opus import LOOKAHEAD, RESTING, STEP, BadPacket, Decoder, carries_repair, duration
from clinic.media.redundancy import MAX_COPIES, Frame
from clinic.media.stretch import longer, shorter
from clinic.media.voice import RATE, Sound

BLOCK = RATE // 50
MOST_FRAMES = 150
"""Packets that are kept; beyond, the oldest is dropped."""
JUMP_S = 5.0
"""A timestamp that far from where it should be is another stream."""
GIVE_UP_S = 0.16
"""Seconds that are guessed while nothing comes; then the stream rests until something does."""
REPAIRABLE = RATE * 60 // 1000
"""Samples that the following packet can bring back."""
TOO_LATE_S = 0.5
"""Sound that lags that much behind its aim is left out."""
SLACK_S, SLACK_QUIET_S = 0.02, 0.01
"""How far from its aim speech, and a pause, may be played."""
QUIET = 0.08
"""Loudness, of that of recent speech, below which it is a pause."""
SPEECH_DECAY = 0.999


@dataclass(frozen=True, slots=True)
class Arrived:
    """An RTP packet: its number (16 bits), its timestamp (32 bits) and what it carries, its own frame last."""

    number: int
    at: int
    frames: tuple[Frame, ...]


@dataclass(slots=True)
class Tally:
    """What has been heard so far; samples where not said otherwise."""

    packets: int = 0
    decoded: int = 0
    copied: int = 0
    repaired: int = 0
    concealed: int = 0
    rested: int = 0
    shortened: int = 0
    lengthened: int = 0
    late_frames: int = 0
    bad_packets: int = 0


@dataclass(frozen=True, slots=True)
class _Held:
    payload: bytes
    samples: int
    number: int | None
    """None for a copy."""


class Playout:
    """One stream; pure but for its lock, which lets the network and the loudspeaker be two threads."""

    def __init__(self, decoder: Decoder) -> None:
        self.tally = Tally()
        self._decoder = decoder
        self._lock = threading.Lock()
        self._frames: dict[int, _Held] = {}
        self._ready: Sound = np.zeros(0, np.int16)
        self._delay = 0.0
        self._speech = 0.0
        self._newest: tuple[int, int] | None = None
        self._forget()

    @property
    def delay_s(self) -> float:
        """How long after the fastest packet could have come its sound is heard; for the picture to follow,
        with the packet's own length and the codec's lag.
        """
        return self._delay + (self._packet + LOOKAHEAD) / RATE

    @property
    def loss(self) -> float:
        """0..1 of the packets of the last seconds, before any repair."""
        with self._lock:
            return self._arrivals.loss

    def put(self, packet: Arrived, at: float) -> None:
        """A packet that came at `at` (seconds). What is damaged or too late is counted and dropped."""
        with self._lock:
            try:
                lengths = [duration(frame.payload) for frame in packet.frames]
            except BadPacket:
                lengths = []
            if not lengths or packet.frames[-1].at != packet.at:
                self.tally.bad_packets += 1
                return
            self._take_in(packet, lengths, at)

    def take(self, at: float) -> Sound:
        """The 960 samples that are heard from `at` on."""
        with self._lock:
            while len(self._ready) < BLOCK:
                self._ready = np.concatenate([self._ready, self._more(at + len(self._ready) / RATE)])
            block, self._ready = self._ready[:BLOCK], self._ready[BLOCK:]
            return block

    # arriving

    def _take_in(self, packet: Arrived, lengths: list[int], at: float) -> None:
        number, sample = self._unwrapped(packet, at)
        self.tally.packets += 1
        self._packet = lengths[-1]
        firsts = [sample + _ahead(frame.at - packet.at, 32) for frame in packet.frames]
        self._arrivals.came(number, sample, at, self._reach_s(packet, sample - min(firsts)))
        for first, frame, length in zip(firsts, packet.frames, lengths, strict=True):
            self._keep(first, _Held(frame.payload, length, number if first == sample else None))

    def _unwrapped(self, packet: Arrived, at: float) -> tuple[int, int]:
        """Number and first sample counted on without end."""
        if self._newest is None:
            self._newest = packet.number, packet.at
        number = self._newest[0] + _ahead(packet.number - self._newest[0], 16)
        sample = self._newest[1] + _ahead(packet.at - self._newest[1], 32)
        if self._arrivals.known and abs(at - sample / RATE - self._arrivals.base) > JUMP_S:
            self._forget()
        self._newest = max(self._newest, (number, sample))
        return number, sample

    def _reach_s(self, packet: Arrived, oldest: int) -> float:
        """How much older than the packet what it can bring back is."""
        if oldest == 0 and carries_repair(packet.frames[-1].payload):
            oldest = self._packet
        return min(oldest, MAX_COPIES * self._packet) / RATE

    def _keep(self, first: int, held: _Held) -> None:
        if self._next is not None and first < self._next:
            self.tally.late_frames += held.number is not None and first not in self._copied
            return
        if first not in self._frames:
            self._frames[first] = held
        while len(self._frames) > MOST_FRAMES:
            del self._frames[min(self._frames)]

    def _forget(self) -> None:
        """Another stream begins."""
        self._arrivals = Arrivals()
        self._frames.clear()
        self._next: int | None = None
        self._idle, self._resting = True, False
        self._last_number: int | None = None
        self._guessed = 0
        self._packet = BLOCK
        self._copied: set[int] = set()

    # playing

    def _more(self, at: float) -> Sound:
        """The next few milliseconds, of which the first sample is heard at `at`."""
        if not self._arrivals.known:
            return np.zeros(BLOCK, np.int16)
        if self._next is not None:
            for late in [first for first in self._frames if first < self._next]:
                del self._frames[late]
        if self._idle:
            return self._rest(at)
        assert self._next is not None
        if self._next in self._frames:
            return self._play(at)
        return self._bridge(at, self._next)

    def _wait(self, sample: int, at: float) -> float:
        """How long that sample would have waited if it were heard at `at`."""
        return at - sample / RATE - self._arrivals.base

    def _rest(self, at: float) -> Sound:
        """Nothing is playing: comfort noise until the next frame is due."""
        aim = self._arrivals.target()
        due = BLOCK
        if self._frames:
            self._leave_out(at, aim)
            first = min(self._frames)
            due = math.ceil((aim - self._wait(first, at)) * RATE)
            if due < STEP:
                self._next, self._idle, self._guessed = first, False, 0
                return self._play(at)
        count = max(STEP, min(BLOCK, due) // STEP * STEP)
        self.tally.rested += count
        return self._guess(count)

    def _leave_out(self, at: float, aim: float) -> None:
        """After a break a queue of old sound may come at once."""
        while len(self._frames) > 1 and self._wait(min(self._frames), at) > aim + TOO_LATE_S:
            del self._frames[min(self._frames)]

    def _play(self, at: float) -> Sound:
        assert self._next is not None
        first, held = self._next, self._frames.pop(self._next)
        try:
            sound = self._decoder.decode(held.payload)
        except BadPacket:
            self.tally.bad_packets += 1
            sound = self._guess(held.samples)
        self._delay = self._wait(first, at)
        self._next, self._guessed = first + held.samples, 0
        self._resting = len(held.payload) <= RESTING
        self._last_number = held.number if held.number is not None else self._counted()
        self.tally.decoded += held.samples
        if held.number is None:
            self.tally.copied += held.samples
            self._copied = {*(old for old in self._copied if old > first - RATE), first}
        if self._delay > self._arrivals.target() + TOO_LATE_S:
            self._idle = True
        return self._fitted(sound)

    def _counted(self) -> int | None:
        """The number of a packet that only came as a copy."""
        return None if self._last_number is None else self._last_number + 1

    def _bridge(self, at: float, wanted: int) -> Sound:
        """The wanted frame is not there."""
        later = min(self._frames, default=None)
        if later is None:
            return self._hold_out()
        gap = later - wanted
        if self._resting or self._frames[later].number == self._counted():
            self._idle = True
            return self._rest(at)
        excess = round((self._wait(wanted, at) - self._arrivals.target()) * RATE)
        skip = min(gap, self._guessed, excess)
        if skip > 0:  # what was guessed while waiting has stood for it already
            self._next, self._guessed = wanted + skip, 0
            return self._more(at)
        return self._mended(wanted, later, gap)

    def _mended(self, wanted: int, later: int, gap: int) -> Sound:
        if gap < STEP:
            self._next = later
            return np.zeros(0, np.int16)
        self._last_number = None
        if gap <= REPAIRABLE and self._frames[later].number is not None:
            try:
                sound = self._decoder.repair(self._frames[later].payload, gap)
            except BadPacket:
                sound = self._guess(gap)
            self.tally.repaired += len(sound)
            self._next = later
        else:
            sound = self._guess(min(gap, BLOCK))
            self.tally.concealed += len(sound)
            self._next = wanted + len(sound)
        return sound

    def _hold_out(self) -> Sound:
        """Nothing there at all: guess, without going on in the stream."""
        if self._resting or self._guessed >= GIVE_UP_S * RATE:
            self._idle = True
            self.tally.rested += BLOCK
        else:
            self._guessed += BLOCK // 2
            self.tally.concealed += BLOCK // 2
            return self._guess(BLOCK // 2)
        return self._guess(BLOCK)

    def _guess(self, samples: int) -> Sound:
        return self._decoder.conceal(samples)

    # keeping to the aim

    def _fitted(self, sound: Sound) -> Sound:
        """Shorter or longer by a period where the wait is off its aim."""
        loud = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) if len(sound) else 0.0
        self._speech = max(loud, self._speech * SPEECH_DECAY)
        quiet = loud < QUIET * self._speech
        slack = SLACK_QUIET_S if quiet else SLACK_S
        excess = self._delay - self._arrivals.target()
        if excess > slack:
            fitted = shorter(sound, quiet)
            self.tally.shortened += len(sound) - len(fitted)
        elif excess < -slack:
            fitted = longer(sound, quiet)
            self.tally.lengthened += len(fitted) - len(sound)
        else:
            fitted = sound
        return fitted


def _ahead(difference: int, bits: int) -> int:
    """How far ahead one wrapped count is of another, negative where it is behind."""
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
