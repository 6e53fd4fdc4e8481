# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt's packets in both directions: measured as they come, paced as they leave.

The deciding is `clinic.calls.estimate`, `allot`, `pictures` and `clinic.media.pacing`; this is the edge that feeds
them and does what they say.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from clinic.calls import estimate
from clinic.calls.allot import Shares, allot
from clinic.calls.estimate import Incoming, Outgoing
from clinic.calls.pictures import Pictures, Shape, began, stepped
from clinic.media import parity, rtp
from clinic.media.pacing import Pacer
from clinic.media.parity import Giving, Taking

TICK_S = 0.02
LATE_S = 0.02
"""When the loop wakes so much too late, the machine was busy: what came meanwhile lay about for an unknown time."""
KEPT_REPORTS = 30
COUNTED = 20
"""Packets that a share of loss is taken from at least, or those of two reports."""
SOUND_TOLD = 0.05
"""Sound is told its budget when it has moved by more than that."""
STARTS = ((0.25, 150_000), (0.7, 100_000), (float("inf"), 60_000))
"""(seconds the keys took to be agreed on, bit/s to begin with): a handshake is two round trips."""
Send = Callable[[bytes], Awaitable[None]]
Told = Callable[[int], int]
"""bit/s that sound may take on the wire; gives what it takes of that"""
FELL_S, UNHEARD_S, CAREFUL_S = 2.0, 0.3, 0.8
"""A link that has narrowed from there to us so lately, and no word of the peer for that long: it has narrowed both ways,
and what the peer says of it stands in its queue. So long no more is sent than comes.
"""


class Path:
    """Lives as long as its attempt; everything runs in the loop's thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, start: int | None, ask_whole: Callable[[], None]
    ) -> None:
        self._loop, self._ask_whole = loop, ask_whole
        first = start or estimate.START
        self._known_start = start is not None
        self.incoming, self.outgoing = Incoming(first), Outgoing(first)
        self.pictures_wanted = True
        """False while the call has gone down to sound only."""
        self.sends_pictures = False
        self.sends_still = False
        """True while a still leaves, for which sound keeps to its share as it does for pictures."""
        self.on_sound: Told = lambda bps: bps
        self.shares: Shares = allot(first)
        self.pictures: Pictures = began(self.shares.coded)
        self.parity_understood = False
        """Whether the peer makes use of parity."""
        self.taking = Taking()
        self._giving: Giving | None = None
        self.skipped = 0
        """Camera pictures that were not coded because those before had not left."""
        self.pacer = Pacer(first)
        self._picture_ssrc = self._repair_ssrc = self._sound_ssrc = 0
        self._send_time_id = 3
        self._send: Send | None = None
        self._times = rtp.SendTimes()
        self._heard: dict[int, None] = {}
        self._reports: dict[int, float] = {}
        self._lost: dict[int, tuple[int, int]] = {}
        self._counted = self._missed = 0
        self._whole_left_at = -1e9
        self._next_s: float | None = None
        self._told_sound = 0.0
        self._spoken: int | None = None
        self._careful_until = 0.0
        self._due, self._unsure_until = float("inf"), 0.0
        self._sending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._remb: Callable[[int, int, list[int]], bytes] | None = None

    # life

    def open(
        self,
        send: Send,
        *,
        picture: tuple[int, int],
        sound: int,
        send_time_id: int,
        remb: Callable[[int, int, list[int]], bytes],
    ) -> None:
        """`send` puts a packet on the wire; `picture`: the SSRCs of pictures and of their repetitions."""
        self._send, self._remb = send, remb
        self._picture_ssrc, self._repair_ssrc = picture
        self._sound_ssrc, self._send_time_id = sound, send_time_id
        self._giving = Giving(picture[0], send_time_id)
        self._tasks = [self._loop.create_task(each()) for each in (self._pump, self._watch)]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def agreed(self, seconds: float) -> None:
        """Keys were agreed on in that time: the first guess of the link, unless an attempt before knew it."""
        if not self._known_start:
            start = next(bps for most, bps in STARTS if seconds <= most)
            self.incoming, self.outgoing = Incoming(start), Outgoing(start)
            self._divide()
            self.pictures = began(self.shares.coded)
        self.outgoing.rtt_s = self.incoming.rtt_s = min(1.0, seconds / 2)

    # pictures

    def show(self, wanted: bool) -> None:
        """Whether pictures go out at all; those that wait are dropped, and a whole one begins again."""
        again = wanted and not self.pictures_wanted
        self.pictures_wanted = wanted
        if not wanted:
            self.pacer.drop_pictures()
        if self._send is not None:
            self._divide()
        if again:
            self.pictures = began(self.shares.coded)

    def wish(self, width: int, height: int, taken_s: float) -> tuple[Shape, int] | None:
        """What a camera picture of that size, taken at `taken_s`, shall become, and at which rate;
        None if it is not to be sent.
        """
        now = self._loop.time()
        if not self.shares.picture or not self.pictures_wanted or self.outgoing.silent(now):
            self._next_s = None
            return None
        if self._next_s is not None and taken_s < self._next_s - 0.008:
            return None
        if self.pacer.full:
            self.skipped += 1
            return None
        every_s = 1 / self.pictures.fps
        due = taken_s if self._next_s is None else self._next_s
        self._next_s = max(due, taken_s - 1 / 31) + every_s
        return self.pictures.shape(width, height), self.shares.coded

    def coded_whole(self) -> None:
        """The next picture that leaves needs none before it: what is older is not worth repeating."""
        self._whole_left_at = self._loop.time()
        self.pacer.whole_next()

    # what leaves

    async def leave(self, data: bytes) -> None:
        """In place of the transport's own sending. Raises ConnectionError as that does."""
        assert self._send is not None
        now = self._loop.time()
        if rtp.is_control(data):
            self._remember_report(data, now)
            await self._send(data)
            return
        found = rtp.head(data, self._send_time_id)
        if found is not None and found.ssrc == self._picture_ssrc and not self.pacer.left(found.sequence):
            self.pacer.picture(data, found.sequence, now)
        elif found is not None and found.ssrc in (self._picture_ssrc, self._repair_ssrc):
            at, again = found.payload_at, found.ssrc == self._repair_ssrc
            original = int.from_bytes(data[at : at + 2], "big") if again else found.sequence  # RFC 4588
            self.pacer.repair(data, original, now, useful_s=2.6 * self.outgoing.rtt_s + 0.4)
        else:
            self.pacer.spent(len(data), now)
            await self._send(data if found is None else rtp.stamped(data, found, now))
            return
        self._sending.set()

    async def _pump(self) -> None:
        assert self._send is not None
        while True:
            wait = self.pacer.wait_s(self._loop.time())
            if wait is None:
                self._sending.clear()
                await self._sending.wait()
                continue
            if wait > 0:
                await asyncio.sleep(wait)
            now = self._loop.time()
            data = self.pacer.take(now)
            found = rtp.head(data, self._send_time_id) if data is not None else None
            if data is not None and found is not None:
                data = rtp.stamped(data, found, now)
                self._protect(data, found, now)
                with contextlib.suppress(OSError):
                    await self._send(data)

    def _protect(self, data: bytes, found: rtp.Head, now: float) -> None:
        if self._giving is not None and found.ssrc == self._picture_ssrc:
            more = self._giving.left(data, now)
            if more is not None:
                self.pacer.parity(more, now)

    def _remember_report(self, data: bytes, now: float) -> None:
        """When a sender report left: the reports that answer it give the round trip (RFC 3550, 6.4.1)."""
        if len(data) >= 16 and data[1] == 200:
            key = int.from_bytes(data[10:14], "big")
            if key in self._reports:
                now = float("nan")  # the same moment was told twice: an answer says nothing
            self._reports[key] = now
            while len(self._reports) > KEPT_REPORTS:
                del self._reports[next(iter(self._reports))]

    # what comes

    def came(self, data: bytes) -> list[bytes]:
        """Any RTP packet, before it is handled; gives what is to be handled, with what parity tells."""
        found = rtp.head(data, self._send_time_id)
        if found is None:
            return [data]
        self._judge(data, found)
        if data[1] & 127 == parity.PAYLOAD_TYPE:
            self.taking.parity(data[found.payload_at :], found.ssrc, self._loop.time())
            return self.taking.worked_out(self._loop.time())
        self._heard[found.ssrc] = None
        self.taking.came(data, found.ssrc)
        return [data, *self.taking.worked_out(self._loop.time())]

    def _judge(self, data: bytes, found: rtp.Head) -> None:
        sent_s, now = self._times.seconds(data, found), self._loop.time()
        if sent_s is not None:
            sure = now > self._unsure_until and now < self._due + LATE_S
            self.incoming.took(sent_s, now, len(data), sure)

    def words_left(self, size: int) -> None:
        """That much of the data channel has left: pictures wait for it."""
        self.pacer.spent(size, self._loop.time())

    def words_came(self, size: int) -> None:
        """That much of the data channel has come: the link carried it beside what is counted by its time of sending."""
        self.incoming.took(0.0, self._loop.time(), size, sure=False)

    def told(self, bps: int) -> None:
        """The peer's REMB."""
        self.outgoing.told(bps, self._loop.time())
        self._divide()

    def reported(self, ssrc: int, highest: int, lost: int, answers: int, held_s: float) -> None:
        """A receiver report about one of our streams: highest number, packets lost in all, which sender report it
        answers, and how long the peer held that.
        """
        now = self._loop.time()
        left = self._reports.get(answers)
        if answers and left is not None and left == left:
            self.outgoing.measured(max(0.001, now - left - held_s))
            self.incoming.rtt_s = self.outgoing.rtt_s
        before = self._lost.get(ssrc)
        self._lost[ssrc] = highest, lost
        if before is None or highest < before[0]:
            return
        if ssrc != self._sound_ssrc and self.shares.repair:
            return  # what parity worked out is told as if it had come
        self._counted += highest - before[0]
        self._missed += max(0, lost - before[1])
        if self._counted >= COUNTED:
            self.outgoing.reported(min(1.0, self._missed / self._counted), now)
            self._counted = self._missed = 0
            self._divide()

    def whole_asked(self) -> None:
        """The peer cannot read on; one that is under way answers that."""
        if self._loop.time() - self._whole_left_at > 0.9 * self.outgoing.rtt_s:
            self._ask_whole()

    # watch

    async def _watch(self) -> None:
        while True:
            self._due = self._loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            now = self._loop.time()
            if (late := now - self._due) > LATE_S:
                self._unsure_until = now + LATE_S + 0.25 * late
            self._divide()
            if self.incoming.due(now) and self._heard and self._send is not None and self._remb is not None:
                ours = self._picture_ssrc or self._sound_ssrc
                with contextlib.suppress(OSError):
                    await self._send(self._remb(ours, self.incoming.bps, list(self._heard)[:8]))

    def _group_size(self) -> int:
        """Packets of pictures for one of parity, if the peer understands it and it pays."""
        near_s = self.outgoing.least_rtt_s
        size = parity.group_size(self.outgoing.loss, near_s) if near_s and self.parity_understood else 0
        if self._giving is not None:
            self._giving.size = size
        return size

    def _total(self, now: float) -> int:
        """bit/s that may be sent."""
        total = self.outgoing.bps(now)
        if self.incoming.fell(now, FELL_S) and self.outgoing.unheard_s(now) > UNHEARD_S:
            self._careful_until = now + CAREFUL_S
        return min(total, self.incoming.link_bps) if now < self._careful_until else total

    def _divide(self) -> None:
        now = self._loop.time()
        total, size = self._total(now), self._group_size()
        wanted = self.sends_pictures and self.pictures_wanted
        shared = wanted or self.sends_still
        self.shares = allot(total, self._spoken, parity.share(size), picture=shared)
        if abs(self.shares.sound - self._told_sound) > SOUND_TOLD * self._told_sound:
            self._told_sound = self.shares.sound
            self.speaks(self.on_sound(self.shares.sound))
            self.shares = allot(total, self._spoken, parity.share(size), picture=shared)
        self.pacer.bps = total
        if wanted:
            self.pictures = stepped(self.pictures, self.shares.coded, now)
        if self.pacer.overflowed():
            self._ask_whole()

    def speaks(self, bps: int) -> None:
        """What speech takes of the link from now on, while somebody speaks."""
        self._spoken = bps
