# SPDX-License-Identifier: GPL-3.0-or-later
"""Two sides of a call over a simulated link, in virtual time: no sockets, no clock, the same run for the same seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from clinic.calls.allot import allot
from clinic.calls.estimate import Incoming, Outgoing
from clinic.calls.pictures import Pictures, began, stepped
from clinic.calls.speech import Speech, chosen, share_of
from clinic.media.pacing import Pacer

WIRE = 38


class Time:
    """What happens next, and when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._next: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: float, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._next, (when, self._count, do))

    def run(self, until: float) -> None:
        while self._next and self._next[0][0] <= until:
            self.now, _, do = heapq.heappop(self._next)
            do()
        self.now = until


@dataclass
class Way:
    """One direction: bit/s, seconds, share lost, a queue that drops what does not fit (bytes)."""

    bps: float
    delay: float = 0.05
    loss: float = 0.0
    jitter: float = 0.003
    queue: float = 0.0
    free_at: float = 0.0
    last: float = 0.0
    carried: int = 0
    queued: list[tuple[float, float]] = field(default_factory=list)

    def pass_through(self, size: int, now: float, random: Random) -> float | None:
        """When it comes out; None if it is lost."""
        room = self.queue or max(14_000.0, self.bps * 0.4 / 8)
        backlog = max(0.0, self.free_at - now)
        if backlog * self.bps / 8 + size > room:
            return None
        self.free_at = max(self.free_at, now) + size * 8 / self.bps
        self.queued.append((now, self.free_at - now))
        if random.random() < self.loss:
            return None
        self.carried += size
        self.last = max(self.last, self.free_at + self.delay + random.random() * self.jitter)
        return self.last

    def slow_down(self, bps: float, now: float) -> None:
        """What is in the queue leaves at the new rate."""
        if self.free_at > now:
            self.free_at = now + (self.free_at - now) * self.bps / bps
        self.bps = bps

    def queue_at(self, start: float, end: float) -> float:
        """The longest wait of a packet that came in between."""
        return max((wait for at, wait in self.queued if start <= at < end), default=0.0)


class Side:
    """Sends sound and pictures as the estimate allows, and says what comes in."""

    def __init__(
        self,
        time: Time,
        way: Way,
        random: Random,
        *,
        wants: float = 3e6,
        skew: float = 0.0,
        start: int = 120_000,
    ) -> None:
        self.time, self.way, self.random, self.wants, self.skew = time, way, random, wants, skew
        self.incoming, self.outgoing = Incoming(start), Outgoing(start)
        self.pacer = Pacer(self.outgoing.bps(0))
        self.pictures: Pictures = began(40_000)
        self.spoken = Speech()
        self.peer: Side
        self.sequence = self.got = self.expected = 0
        self.highest = -1
        self.whole = True
        self.pumping = False
        self.rates: list[tuple[float, int]] = []
        self.heights: list[tuple[float, int]] = []
        for beat in (self._sound, self._picture, self._tick, self._report):
            time.at(random.random() * 0.05, beat)

    def share(self):
        return allot(self.outgoing.bps(self.time.now), self.speech().wire_bps)

    def speech(self) -> Speech:
        bps, loss = self.outgoing.bps(self.time.now), self.outgoing.loss
        self.spoken = chosen(share_of(bps), loss, self.outgoing.rtt_s, now=self.spoken)
        return self.spoken

    def mean_rate(self, start: float, end: float) -> float:
        inside = [rate for at, rate in self.rates if start <= at < end]
        return sum(inside) / len(inside)

    # what leaves

    def _sound(self) -> None:
        speech = self.speech()
        every_s = speech.packet_ms / 1000
        size = round(speech.wire_bps * every_s / 8) - WIRE
        self.pacer.spent(size, self.time.now)
        self._send(size)
        self.time.at(self.time.now + every_s, self._sound)

    def _picture(self) -> None:
        now, share = self.time.now, self.share()
        before = self.pictures
        self.pictures = stepped(before, share.coded, now)
        self.heights.append((now, self.pictures.rung))
        self.whole |= before.rung != self.pictures.rung
        if self.pacer.overflowed():
            self.whole = True
        if share.picture and not self.pacer.full and not self.outgoing.silent(now):
            coded = min(share.coded, self.wants)
            size = (
                coded / self.pictures.fps / 8 * self.random.uniform(0.7, 1.2) * (3.5 if self.whole else 0.95)
            )
            self.whole = False
            while size > 0:
                self.sequence += 1
                self.pacer.picture(bytes(int(min(size, share.payload)) + 28), self.sequence, now)
                size -= share.payload
            self._pump()
        self.time.at(now + 1 / self.pictures.fps, self._picture)

    def _pump(self) -> None:
        if not self.pumping:
            self.pumping = True
            self._next()

    def _next(self) -> None:
        while (data := self.pacer.take(self.time.now)) is not None:
            self._send(len(data))
        wait = self.pacer.wait_s(self.time.now)
        self.pumping = wait is not None
        if wait is not None:
            self.time.at(self.time.now + max(wait, 1e-4), self._next)

    def _send(self, size: int) -> None:
        sent, number = self.time.now, self.expected
        self.expected += 1
        came = self.way.pass_through(size + WIRE, sent, self.random)
        if came is not None:
            stamp = round((sent + self.skew) * 2**18) / 2**18
            self.time.at(came, lambda: self.peer._take(stamp, size, number))

    # what comes

    def _take(self, sent: float, size: int, number: int) -> None:
        self.incoming.took(sent, self.time.now, size)
        self.got += 1
        self.highest = max(self.highest, number)
        self._say()

    def _tick(self) -> None:
        now = self.time.now
        self.pacer.bps = self.outgoing.bps(now)
        self.rates.append((now, self.pacer.bps))
        if self.outgoing.least_rtt_s is not None:
            self.incoming.rtt_s = self.outgoing.rtt_s
        self._say()
        self.time.at(now + 0.05, self._tick)

    def _say(self) -> None:
        if self.incoming.due(self.time.now):
            bps = self.incoming.bps
            self._control(lambda: self.peer.outgoing.told(bps, self.peer.time.now))

    def _report(self) -> None:
        came, through = self.got, self.highest
        self.time.at(self.time.now + self.random.uniform(0.5, 1.5), self._report)
        expected = through - getattr(self, "_before", (-1, 0))[0]
        lost = 1 - (came - getattr(self, "_before", (-1, 0))[1]) / expected if expected > 0 else 0.0
        self._before = (through, came)
        at = self.time.now

        def arrive() -> None:
            self.peer.outgoing.reported(min(1, max(0.0, lost)), self.time.now)
            self.peer.outgoing.measured(2 * (self.time.now - at))

        if expected > 0:
            self._control(arrive)

    def _control(self, arrive: Callable[[], None]) -> None:
        came = self.way.pass_through(94, self.time.now, self.random)
        if came is not None:
            self.time.at(came, arrive)


class Call:
    """Two sides, `there` from A to B and `back` from B to A."""

    def __init__(
        self, there: Way, back: Way, seed: int = 1, *, wants: float = 3e6, skew: float = 0.0
    ) -> None:
        self.time, random = Time(), Random(seed)
        start = 60_000 if there.delay + back.delay > 0.4 else 100_000
        self.a = Side(self.time, there, random, wants=wants, start=start)
        self.b = Side(self.time, back, random, wants=wants, skew=skew, start=start)
        self.a.peer, self.b.peer = self.b, self.a
