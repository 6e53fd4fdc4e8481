# SPDX-License-Identifier: GPL-3.0-or-later
"""The data channel of a call: short words between the two engines, and stills of a camera, sized for what the link bears.

A still is asked for by the other side, taken from the newest picture of the camera, and sent in parts no faster than what
the voice leaves over: at most ten seconds at 64 kbit/s. Nothing of it touches a disk.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiortc import RTCDataChannel, RTCPeerConnection
from av import VideoFrame
from PIL import Image

from clinic.calls.allot import CONTROL
from clinic.calls.spate import Spate
from clinic.calls.speech import share_of
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.calling import HoldSaid, RecordingSaid, RecordingShown, RungSaid, StillAsked, StillPart
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.sharing import ShareWord

CHANNEL, CHANNEL_ID = "posta", 4
"""Both sides open it under the same number, before the offer (RFC 8832, 4): no round trip for it."""
THIN_KBPS, LEAST_KBPS, MOST_KBPS = 64.0, 12.0, 400.0
"""kbit/s: taken for the link where nothing is known, and the bounds of what a still may use of it."""
SECONDS = 10.0
SPARE = 0.8
"""What of a still's share is its own: the rest is headers, and parts that are sent again."""
LEAST_BYTES, MOST_BYTES = 6_000, 120_000
PART, HEADS = 1000, 130
"""Bytes of a part: with its heads one packet. What SCTP, DTLS, UDP and IP and the names of a part add to it."""
MOST_PARTS = MOST_BYTES // PART + 1
BACKLOG = 16_000
"""Bytes that may wait in the channel: beyond, the link is slower than was thought, and we wait too."""
GIVE_UP_S = 40.0
LOOK_S = 0.1
SIDES = (640, 480, 320, 240, 160)
QUALITIES = (80, 65, 50, 35, 20, 8)
WORDS = (RungSaid, StillAsked, RecordingSaid, RecordingShown, HoldSaid, ShareWord)
"""What may be said over the channel from the screen; anything else that comes is dropped."""
Tell = Callable[[Record], None]
Newest = Callable[[], Awaitable[VideoFrame | None]]
"""The newest picture of the camera, None where there is none or it is off."""


def share_kbps(link_kbps: float | None) -> float:
    """What a still may use of a link that carries so much, voice first; None where nobody knows."""
    link_bps = 1000 * (link_kbps or THIN_KBPS)
    return max(LEAST_KBPS, min(MOST_KBPS, (link_bps - share_of(link_bps) - CONTROL) / 1000))


def most_bytes(share: float) -> int:
    """How large a still may be that comes within SECONDS over a share of so many kbit/s.

    >>> most_bytes(share_kbps(64))
    14000
    """
    return max(LEAST_BYTES, min(MOST_BYTES, round(share * 1000 / 8 * SECONDS * SPARE)))


def squeezed(picture: Image.Image, most: int) -> bytes:
    """The picture as WebP of at most `most` bytes: the largest side and quality that fit, size before sharpness of edges."""
    smallest = b""
    for side in SIDES:
        for quality in QUALITIES:
            copy, out = picture.copy(), io.BytesIO()
            copy.thumbnail((side, side))
            copy.save(out, "WEBP", quality=quality, method=4)
            smallest = out.getvalue()
            if len(smallest) <= most:
                return smallest
    return smallest


def parts_of(call_id: str, number: int, data: bytes) -> tuple[StillPart, ...]:
    """The still in parts, in order."""
    count = -(-len(data) // PART)
    return tuple(
        StillPart(call_id=call_id, number=number, index=at, count=count, size=len(data),
                  data=data[at * PART : (at + 1) * PART])
        for at in range(count)
    )  # fmt: skip


@dataclass(slots=True)
class Coming:
    """A still on its way in: takes its parts in order and nothing else."""

    number: int
    size: int
    count: int
    data: bytearray = field(default_factory=bytearray)
    at: int = 0

    @classmethod
    def begun_by(cls, part: StillPart) -> "Coming | None":
        """None where the first part is none, or claims more than a still may be."""
        sound = 0 < part.count <= MOST_PARTS and 0 < part.size <= MOST_BYTES and part.index == 0
        return cls(part.number, part.size, part.count) if sound else None

    def take(self, part: StillPart) -> bool:
        """False if this part does not belong here."""
        if (part.number, part.size, part.count, part.index) != (self.number, self.size, self.count, self.at):
            return False
        if len(self.data) + len(part.data) > self.size:
            return False
        self.data += part.data
        self.at += 1
        return True

    @property
    def whole(self) -> bool:
        return self.at == self.count and len(self.data) == self.size


class Channel:
    """One attempt's data channel. `link()`: kbit/s of the link where they are known."""

    def __init__(
        self,
        peer: RTCPeerConnection,
        call_id: str,
        tell: Tell,
        newest: Newest,
        link: Callable[[], float | None],
        leaves: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`leaves` is told when a still begins to leave and when it has left."""
        self._call_id, self._tell, self._newest, self._link = call_id, tell, newest, link
        self._leaves = leaves
        self._channel: RTCDataChannel = peer.createDataChannel(CHANNEL, negotiated=True, id=CHANNEL_ID)
        self._channel.on("message", self._came)
        self._asked: set[int] = set()
        self._coming: Coming | None = None
        self._sending: asyncio.Task[None] | None = None
        self._leaving: int | None = None
        self._next: int | None = None
        self._spoken, self._spate = False, Spate()

    @property
    def lives(self) -> bool:
        """Whether it is open, and the peer is one that knows it."""
        return self._spoken and self._channel.readyState == "open"

    def say(self, content: Record) -> None:
        """Hand a word to the peer; dropped while the channel is not open."""
        if self._channel.readyState != "open":
            return
        if isinstance(content, StillAsked):
            self._asked.add(content.number)
        self._channel.send(encode(content))

    def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()

    # what comes

    def _came(self, message: object) -> None:
        """Bytes of the peer: what is no record of this call, or of no use, is dropped."""
        if not isinstance(message, bytes) or len(message) > 4 * PART:
            return
        if not self._spate.lets(asyncio.get_running_loop().time()):
            return
        try:
            content: Record = decode(message)
        except Malformed:
            return
        if not isinstance(content, (*WORDS, StillPart)) or content.call_id != self._call_id:
            return
        self._spoken = True
        if isinstance(content, StillPart):
            self._take(content)
            return
        self._tell(wire.PeerSaid(call_id=self._call_id, content=content))
        if isinstance(content, StillAsked):
            self._answer(content.number)

    def _take(self, part: StillPart) -> None:
        if part.number not in self._asked:
            return
        if part.trouble:
            self._moved(part.number, 0, 0, trouble=part.trouble[:40])
            return
        if self._coming is None or self._coming.number != part.number:
            self._coming = Coming.begun_by(part)
        coming = self._coming
        if coming is None or not coming.take(part):
            self._coming = None
            self._asked.discard(part.number)
            self._moved(part.number, 0, 0, trouble="damaged")
            return
        self._moved(part.number, len(coming.data), coming.size)
        if coming.whole:
            self._coming = None
            self._asked.discard(part.number)
            whole = bytes(coming.data)
            self._tell(wire.StillCame(call_id=self._call_id, number=part.number, picture=whole))

    # what goes

    def _answer(self, number: int) -> None:
        """One at a time; what is asked for while one goes comes after it, the last of several."""
        if number == self._leaving:
            return
        self._next = number
        if self._sending is None or self._sending.done():
            self._sending = asyncio.ensure_future(self._send_stills())

    async def _send_stills(self) -> None:
        try:
            while self._next is not None:
                self._leaving, self._next = self._next, None
                await self._send_still(self._leaving)
        finally:
            self._leaving = None

    async def _send_still(self, number: int) -> None:
        picture = await self._newest()
        if picture is None:
            self.say(StillPart(call_id=self._call_id, number=number, trouble="no camera"))
            self._moved(number, 0, 0, outgoing=True, trouble="no camera")
            return
        share = share_kbps(self._link())
        loop = asyncio.get_running_loop()
        image: Image.Image = picture.to_image()  # type: ignore[no-untyped-call]  # PyAV has no types here
        data = await loop.run_in_executor(None, squeezed, image, most_bytes(share))
        self._leaves(True)
        try:
            trouble = await self._send_parts(parts_of(self._call_id, number, data))
        finally:
            self._leaves(False)
        if trouble:
            self.say(StillPart(call_id=self._call_id, number=number, trouble=trouble))
            self._moved(number, 0, 0, outgoing=True, trouble=trouble)

    async def _send_parts(self, parts: tuple[StillPart, ...]) -> str:
        """At the pace of its share as it is now, and never with more than a little waiting in the channel."""
        loop = asyncio.get_running_loop()
        until, done = loop.time() + GIVE_UP_S, 0
        for part in parts:
            while self._channel.bufferedAmount > BACKLOG and loop.time() < until:  # noqa: ASYNC110  # a dead path tells nothing
                await asyncio.sleep(LOOK_S)
            if loop.time() >= until or self._channel.readyState != "open":
                return "too slow"
            self.say(part)
            done += len(part.data)
            self._moved(part.number, done, part.size, outgoing=True)
            await asyncio.sleep((len(part.data) + HEADS) * 8 / (share_kbps(self._link()) * 1000))
        return ""

    def _moved(self, number: int, done: int, total: int, outgoing: bool = False, trouble: str = "") -> None:
        self._tell(
            wire.StillMoved(
                call_id=self._call_id,
                number=number,
                done=done,
                total=total,
                outgoing=outgoing,
                trouble=trouble,
            )
        )
