# SPDX-License-Identifier: GPL-3.0-or-later
"""How much each direction of a call can carry, judged from queueing delay by whoever receives and from loss by
whoever sends.

The division of work is that of Google congestion control (draft-ietf-rmcat-gcc-02): the receiver looks at how
packets drift against the times at which they were sent and says a rate (REMB); the sender corrects it by the loss
that reports tell. Two things differ. Besides the trend the standing queue itself is looked at, and what is said
is less than the link carries until that queue is gone: a queue of a second is worse than a second of
small pictures. And loss that does not go away at a lower rate is the link's own and is borne: radio links lose
packets that nobody could have kept. Times are seconds of any clock that only grows.
"""

import math
from collections import deque

FLOOR, CEILING = 16_000, 3_000_000
"""bit/s on the wire, IP headers included; nothing outside is ever said."""
START = 120_000
WIRE_BYTES = 38
"""What a packet weighs beyond RTP: IPv4, UDP and the SRTP tag."""

BASE_S = 30.0
"""How long the quickest passage counts as the empty link; clocks drift apart by less than 2 ms meanwhile."""
RATE_S, BRIEF_S = 0.6, 0.3
"""Over how long what comes in is counted: usually, and while the queue grows fast."""
GROWING_S, TREND = 0.06, 0.10
"""Seconds above a queue that is high, and seconds of delay gained per second, from which on a queue is growing."""
FIRST_GROWING_S, FIRST_TREND = 0.0, 0.06
"""The same over a narrow long way before its limit was ever met: what is told works a round trip later, and it rises."""
KEEP_UNDER = 0.93
"""What a full link is left at, of what came through it."""
DRAIN_S, DRAIN_MOST = 0.8, 0.65
"""A queue is to be gone in about that time; at most that share of the rate is given up for it."""
STUBBORN_S = 3.0
"""A queue that does not shrink for that long and a round trip, although far less is sent, is the way itself."""
GROWTH_START, GROWTH_LONG, GROWTH_FAR, GROWTH_FAR_LONG, GROWTH_NEAR, GROWTH_PAST = (
    2.0,
    1.3,
    1.18,
    1.08,
    1.03,
    1.01,
)
"""Growth a second: at first; at first over a long way, where an overshoot shows late; far below what was once
reached, over a short and a long way; near it; beyond it."""
LONG_WAY_S = 0.3
PROVEN, PROVEN_LONG, PROVEN_NEAR = (1.5, 20_000), (1.25, 10_000), (1.06, 4_000)
"""(times, bit/s) of what really arrived: no more is promised, however long less was sent than might have been. Least
near what was once reached, and over a long way, where the arrivals of a longer time are counted.
"""
NARROW, PROVEN_NARROW = 150_000, (1.12, 6_000)
"""Below that a long way is filled with care: what is too much for a round trip stands in its queue, before the sound."""
SOUND_ALONE, UNPROVEN = 65_000, 115_000
"""While no more than the first comes, the second is promised without proof, slowly: a call that has gone down to sound
proves no more, and must find back to pictures.
"""
FORGET_PROVEN = 0.03
"""What arrived in the best moments proves less by that each second."""
FALLEN = 0.7
"""A link that suddenly lets through less than that of before is judged by the last moment alone; a small dip there is
only a lost packet or a pause in what is said.
"""
REPORTS_ONLY_S = 4.0
"""A peer that says no rate is heard by its receiver reports alone, which come every second or two."""
QUIET_S = 6.0
"""So long after the last cut the link may have grown, and is tried faster and faster again."""


class Incoming:
    """What the way to us carries. Fed with every packet that has come; `bps` is to be said to the sender."""

    def __init__(self, start: int = START) -> None:
        self.rtt_s: float | None = None
        """A round trip, once it is known."""
        self.queue_s = 0.0
        """Standing queue: the least of the last moments, above the quickest passage."""
        self._link = float(start)
        self._reached: float | None = None
        self._base: deque[tuple[float, float]] = deque()
        self._delays: deque[tuple[float, float]] = deque()
        self._bytes: deque[tuple[float, int]] = deque()
        self._jitter_s = 0.004
        self._began: float | None = None
        self._stepped = self._cut_at = self._said_at = self._fell_at = -math.inf
        self._burst_s = self._proven = 0.0
        self._grown = False
        self._stuck: tuple[float, float, float] | None = None
        self._news = False

    @property
    def bps(self) -> int:
        """What the sender may send: the link, less what lets a standing queue go."""
        excess = max(0.0, self.queue_s - self._high())
        slowly = DRAIN_S + min(
            0.8, self.rtt_s or 0.0
        )  # over a long way it would be overdone for a round trip
        return _held(self._link * (1 - min(DRAIN_MOST, excess / slowly)))

    @property
    def link_bps(self) -> int:
        """What the way is believed to carry."""
        return _held(self._link)

    def fell(self, now: float, within_s: float) -> bool:
        """Whether the way has narrowed by much so lately."""
        return now - self._fell_at < within_s

    def took(self, sent_s: float, came_s: float, size: int, sure: bool = True) -> None:
        """A packet of `size` bytes, RTP header included. Both clocks run on their own. `sure`: whether it really
        came then, or lay in this machine, which was busy with something else.
        """
        self._bytes.append((came_s, size + WIRE_BYTES))
        _forget(self._bytes, came_s - 2 * RATE_S, least=10)
        if not sure:
            return
        self._note(came_s, came_s - sent_s)
        if self._began is None:
            self._began = self._stepped = came_s
        if came_s - self._began < 0.4:
            return
        self._look(came_s)

    def due(self, now: float) -> bool:
        """True when the sender should be told, at once after a cut; telling is assumed."""
        if self._began is None:
            return False
        if not self._news and now - self._said_at < (0.2 if self._link > 250_000 else 0.35):
            return False
        self._news, self._said_at = False, now
        return True

    def arriving(self, now: float, over_s: float = RATE_S) -> float:
        """bit/s on the wire of late."""
        return sum(size for at, size in self._bytes if at > now - over_s) * 8 / over_s

    def _through(self, now: float, over_s: float) -> float:
        """bit/s that came through, over that time but over eight packets at least."""
        came = list(self._bytes)
        start = next((number for number, (at, _) in enumerate(came) if at > now - over_s), 0)
        start = max(0, min(start, len(came) - 9))
        seconds = now - came[start][0]
        return sum(size for _, size in came[start + 1 :]) * 8 / seconds if seconds > 0.05 else self._link

    # what is seen

    def _note(self, now: float, delay: float) -> None:
        if self._delays:
            step = abs(delay - self._delays[-1][1])
            self._jitter_s += (min(0.06, step) - self._jitter_s) / 32
        if self._base and now - self._base[-1][0] < 1:
            self._base[-1] = self._base[-1][0], min(self._base[-1][1], delay)
        else:
            self._base.append((now, delay))
        self._delays.append((now, delay))
        _forget(self._base, now - BASE_S)
        while len(self._delays) > 4 and self._delays[1][0] < now - self._window():
            self._delays.popleft()

    def _window(self) -> float:
        return 0.35 if self._link > 250_000 else 0.6

    def _look(self, now: float) -> None:
        base = min(delay for _, delay in self._base)
        waits = [delay - base for _, delay in self._delays]
        self.queue_s, recent = min(waits), min(waits[-self._lately(now) :])
        self._burst_s = recent
        rising = self._reached is None and self._link < NARROW and (self.rtt_s or 0.0) >= LONG_WAY_S
        more, trend = (FIRST_GROWING_S, FIRST_TREND) if rising else (GROWING_S, TREND)
        growing = recent > self._high() + more and _slope(self._delays) > trend
        if growing:
            self.queue_s = recent
        high = self._high()
        if (self.queue_s > high or growing) and now - self._cut_at > self._patience():
            self._cut(now, growing)
        elif now - self._stepped >= 0.2:
            if self.queue_s < high / 2 and now - self._cut_at > self._patience() + 0.3:
                self._grow(now)
            self._stepped = now
        self._watch_the_way(now)

    def _lately(self, now: float) -> int:
        """How many packets tell of this moment: back to one of 50 ms ago, so that a pause of the machine, after
        which several come at once, is none of the link's.
        """
        count = next((n for n, (at, _) in enumerate(reversed(self._delays), 1) if at <= now - 0.05), 0)
        return max(3, count or len(self._delays))

    def _high(self) -> float:
        """From which queue on the link is full: more than jitter and one packet before ours."""
        one_packet_s = min(0.16, 9_600 / max(FLOOR, self._link))
        return 0.025 + self._jitter_s + 0.6 * one_packet_s

    def _patience(self) -> float:
        """A cut shows one round trip later."""
        return max(0.25, min(self.rtt_s or 0.3, 1.2) + 0.15)

    # what follows

    def _cut(self, now: float, growing: bool) -> None:
        brief = growing and self._burst_s > 0.15
        through = self._through(now, RATE_S if self._link > 250_000 else 2 * RATE_S)
        if brief and (lately := self._through(now, BRIEF_S)) < FALLEN * through:
            through = lately
        self._reached = through if self._reached is None else through + 0.3 * (self._reached - through)
        lower = through * KEEP_UNDER
        if self._stuck is None:
            self._stuck = (now, self.queue_s, self._link)
        if lower < self._link:
            if lower < FALLEN * self._link:
                self._fell_at = now
            self._link = max(FLOOR, lower)
            self._news = True
        self._proven = min(self._proven, through)
        self._cut_at = self._stepped = now

    def _grow(self, now: float) -> None:
        self._stuck = None
        long = (self.rtt_s or 0.0) >= LONG_WAY_S
        proven = self._prove(now, long)
        rate = self._pace_of_growth(now)
        grown = self._link * rate ** (now - self._stepped)
        near = self._reached is not None and rate < GROWTH_FAR
        far = PROVEN_NARROW if self._link < NARROW else PROVEN_LONG
        times, more = PROVEN_NEAR if near else far if long else PROVEN
        least = UNPROVEN if proven < SOUND_ALONE else 0
        grown = min(grown, max(times * proven + more, least))
        self._link = min(float(CEILING), max(self._link, grown))

    def _prove(self, now: float, long: bool) -> float:
        """bit/s that came in the best of the last moments; speech pauses, and small pictures need little."""
        faded = self._proven * (1 - FORGET_PROVEN * min(1.0, now - self._stepped))
        self._proven = max(self.arriving(now, 2 * RATE_S if long else RATE_S), faded)
        return self._proven

    def _pace_of_growth(self, now: float) -> float:
        if self._reached is None:
            known = self.rtt_s is not None and self.rtt_s < LONG_WAY_S
            return GROWTH_START if known else GROWTH_LONG
        far, gain = (GROWTH_FAR, 0.01) if (self.rtt_s or 0.3) < LONG_WAY_S else (GROWTH_FAR_LONG, 0.003)
        if self._link < 0.8 * self._reached:
            return far
        quiet_s = max(0.0, now - self._cut_at - QUIET_S)
        return min(far, (GROWTH_NEAR if self._link < self._reached else GROWTH_PAST) + gain * quiet_s)

    def _watch_the_way(self, now: float) -> None:
        """A longer way (another mast, another route) looks like a queue that never goes: then it is the way."""
        if self._stuck is None:
            return
        since, queue, link = self._stuck
        if self.queue_s > queue:
            self._stuck = (now, self.queue_s, link)
        elif self.queue_s < 0.6 * queue and now - since > 1:
            self._stuck = (now, self.queue_s, link) if self.queue_s > self._high() else None
        elif now - since > STUBBORN_S + (self.rtt_s or 0.3) and self.bps < 0.75 * link:
            self._base.clear()
            self._base.append((now, min(delay for _, delay in self._delays)))
            self._stuck, self.queue_s = None, 0.0
            self._link, self._reached = max(self._link, 0.7 * link), link


class Outgoing:
    """What may be sent: what the peer says arrives well, corrected by loss and by the peer's silence."""

    LOSS_HIGH, LOSS_LOW = 0.10, 0.02
    """Above the first the rate falls, below the second it rises (draft-ietf-rmcat-gcc-02, section 6)."""

    def __init__(self, start: int = START) -> None:
        self.loss = 0.0
        """Share of our packets that did not arrive, smoothed."""
        self.borne = 0.0
        """Loss that is the link's own, whatever the rate."""
        self.rtt_s = 0.2
        self.least_rtt_s: float | None = None
        self._start = start
        self._told: float | None = None
        self._by_loss = float(CEILING)
        self._heard_at: float | None = None
        self._gap_s = 0.35
        self._trial: tuple[float, float, float] | None = None
        self._back_at: float | None = None
        self._reported_at: float | None = None
        self._fell_at = -math.inf

    def told(self, bps: float, now: float) -> None:
        """The peer has said what may be sent to it (REMB)."""
        self._hear(now)
        if self._told is not None and bps < 0.85 * self._told:
            self._fell_at = now
        self._told = float(bps)

    def reported(self, lost: float, now: float) -> None:
        """Share 0..1 of our packets that were lost since the last report (RTCP receiver report)."""
        self._hear(now, told=False)
        if self._back_at is not None:
            self._reported_at = now
            return  # of the time when nothing came through at all
        self.loss += 0.2 * (lost - self.loss)
        self._weigh(now)

    def measured(self, rtt_s: float) -> None:
        """A round trip time from a report."""
        self.rtt_s += 0.3 * (rtt_s - self.rtt_s) if self.least_rtt_s is not None else rtt_s - self.rtt_s
        self.least_rtt_s = rtt_s if self.least_rtt_s is None else min(self.least_rtt_s, rtt_s)

    def bps(self, now: float) -> int:
        """bit/s on the wire that may be sent now."""
        rate = min(self._told if self._told is not None else self._start, self._by_loss)
        if self._back_at is not None:
            rate = min(rate, max(self._start, 0.3 * rate) * 2 ** (now - self._back_at))
        if (late := self._overdue(now)) > 0:
            rate *= 0.5 if late < 0.6 else 0.25
        return _held(rate)

    @property
    def believed(self) -> int:
        """bit/s that were good while the peer was last heard; for an attempt after this one."""
        return _held(min(self._told if self._told is not None else self._start, self._by_loss))

    def unheard_s(self, now: float) -> float:
        """Seconds since the peer was last heard; 0 before it ever was."""
        return now - self._heard_at if self._heard_at is not None else 0.0

    def silent(self, now: float) -> bool:
        """True while nothing has been heard for so long that pictures would only fill a queue."""
        return self._heard_at is not None and self._overdue(now) > 0.9

    def _overdue(self, now: float) -> float:
        """Seconds by which the next word of the peer is late: the way back is full, or cut."""
        if self._heard_at is None:
            return 0.0
        usual = max(0.55, 2.5 * self._gap_s) if self._told is not None else REPORTS_ONLY_S
        return now - self._heard_at - usual

    def _hear(self, now: float, *, told: bool = True) -> None:
        if self._heard_at is not None:
            gap = now - self._heard_at
            if gap > 3.0:
                self._back_at = now
            elif told:
                self._gap_s += (0.5 if gap > self._gap_s else 0.05) * (gap - self._gap_s)
        if self._back_at is not None and now - self._back_at > 4:
            self._back_at = None
        self._heard_at = now

    def _weigh(self, now: float) -> None:
        """Less after much loss; if that does not help, the loss is borne instead."""
        told = self._told if self._told is not None else float(self._start)
        held = min(told, self._by_loss)
        own = self.loss - self.borne
        seconds = min(2.0, now - self._reported_at) if self._reported_at is not None else 1.0
        self._reported_at = now
        if self._trial is not None:
            since, before, rate = self._trial
            if now - since > 2.5 + 2 * self.rtt_s:
                self._trial = None
                if self.loss > 0.7 * before:
                    self.borne, self._by_loss = self.loss, max(rate, self._by_loss)
                    return
        if own > self.LOSS_HIGH:
            if now - self._fell_at < 3 + 2 * self.rtt_s:
                return  # a full queue dropped them, and the peer has said so already
            if self._trial is None:
                self._trial = (now, self.loss, held)
            self._by_loss = max(float(FLOOR), held * (1 - 0.5 * own * seconds))
        elif own < self.LOSS_LOW:
            self._by_loss = min(float(CEILING), max(self._by_loss, held) * 1.08**seconds)
            if self.loss < self.borne:
                self.borne = max(self.loss, self.borne - 0.01 * seconds)
        else:
            self._by_loss = min(float(CEILING), max(self._by_loss, held) * 1.03**seconds)


def _held(rate: float) -> int:
    return int(min(CEILING, max(FLOOR, rate)))


def _forget(
    line: "deque[tuple[float, float]] | deque[tuple[float, int]]", before: float, least: int = 0
) -> None:
    while len(line) > least and line and line[0][0] < before:
        line.popleft()


def _slope(points: "deque[tuple[float, float]]") -> float:
    """Least squares: by how much the delay grows in a second."""
    count = len(points)
    if count < 4:
        return 0.0
    middle_t = sum(at for at, _ in points) / count
    middle_d = sum(delay for _, delay in points) / count
    spread = sum((at - middle_t) ** 2 for at, _ in points)
    if spread <= 0:
        return 0.0
    return sum((at - middle_t) * (delay - middle_d) for at, delay in points) / spread
