# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where we reach behind the public face of aiortc and aioice, in one module (aiortc 1.16).

`check()` says which door has moved; a test calls it, so that an update of the library cannot pass silently.
"""

import inspect
import logging
import time
from collections.abc import Callable

import aioice.ice
import aiortc.codecs.vpx
import aiortc.rtcrtpreceiver
from aiortc import RTCRtpSender
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RTP_HISTORY_SIZE, RtpPacket
from aiortc.utils import uint16_add

VIDEO_START, VIDEO_FLOOR, VIDEO_CEILING = 600_000, 60_000, 1_200_000
"""bit/s of the VP8 encoder; the library itself never goes below 250 kbit/s, where rural links live."""
_VPX = ("DEFAULT_BITRATE", "MIN_BITRATE", "MAX_BITRATE")
_LOOPBACK = "127.0.0.1"
Hosts = Callable[[bool, bool], list[str]]


HEAD_WAIT_S = 1.0
"""How long a picture waits for a lost packet; a retransmission takes one round trip."""


_BEHIND = 1 << 15
"""A sequence number that far ahead is one behind (RFC 3550, appendix A.1)."""


class DoorMoved(RuntimeError):
    """The library has changed where we depend on its inside."""


def check() -> None:
    """Raises DoorMoved with the name of the door."""
    for name in _VPX:
        if not isinstance(getattr(aiortc.codecs.vpx, name, None), int):
            raise DoorMoved(f"aiortc.codecs.vpx.{name}")
    setter = inspect.getsource(vars(aiortc.codecs.vpx.Vp8Encoder)["target_bitrate"].fset)
    if "MIN_BITRATE" not in setter or "MAX_BITRATE" not in setter:
        raise DoorMoved("aiortc.codecs.vpx.Vp8Encoder.target_bitrate")
    _check_receiver()
    if not hasattr(RTCRtpSender, "_send_keyframe"):
        raise DoorMoved("aiortc.RTCRtpSender._send_keyframe")
    hosts = inspect.signature(aioice.ice.get_host_addresses)
    if list(hosts.parameters) != ["use_ipv4", "use_ipv6"]:
        raise DoorMoved("aioice.ice.get_host_addresses")
    if "get_host_addresses(" not in inspect.getsource(aioice.ice.Connection.gather_candidates):
        raise DoorMoved("aioice.ice.Connection.gather_candidates")


def _check_receiver() -> None:
    receiver = inspect.getsource(aiortc.rtcrtpreceiver.RTCRtpReceiver.__init__)
    if "JitterBuffer(capacity=512, is_video=True)" not in receiver:
        raise DoorMoved("aiortc.rtcrtpreceiver.RTCRtpReceiver.__init__")
    if not {"_origin", "_packets", "_is_video"} <= set(vars(JitterBuffer(capacity=16))):
        raise DoorMoved("aiortc.jitterbuffer.JitterBuffer")


def open_doors() -> None:
    """Set what cannot be set from the front; once, before the first call."""
    vpx = aiortc.codecs.vpx
    vpx.DEFAULT_BITRATE, vpx.MIN_BITRATE, vpx.MAX_BITRATE = VIDEO_START, VIDEO_FLOOR, VIDEO_CEILING
    hosts = aioice.ice.get_host_addresses
    if not hasattr(hosts, "alone"):
        setattr(aioice.ice, "get_host_addresses", _reachable(hosts))  # noqa: B010
    setattr(aiortc.rtcrtpreceiver, "JitterBuffer", ImpatientBuffer)  # noqa: B010
    for library in ("aiortc", "aioice", "libav"):
        logging.getLogger(library).setLevel(logging.WARNING)  # below it they write addresses and descriptions


def send_whole_picture(sender: RTCRtpSender) -> None:
    """Make the next picture one that can be read without those before it."""
    sender._send_keyframe()


class ImpatientBuffer(JitterBuffer):
    """A video buffer that goes on after a hole.

    The library's own waits for 512 further packets, some ten seconds of frozen picture after a network cut.
    Here a hole larger than what the sender can repeat, or one that nothing fills in time, is skipped and a
    whole picture is asked for; what was repeated too late is dropped and cannot turn the buffer back.
    """

    def __init__(
        self,
        capacity: int,
        prefetch: int = 0,
        is_video: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(capacity, prefetch, is_video)
        self._now, self._moved_at = now, now()

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """True with the frame: ask the sender for a whole picture."""
        ahead = 0 if self._origin is None else uint16_add(packet.sequence_number, -self._origin)
        stuck = self._now() - self._moved_at > HEAD_WAIT_S
        if ahead >= _BEHIND and not stuck:
            return False, None
        before, skip = self._origin, self._is_video and self._hopeless(ahead, stuck)
        if skip:
            self.remove(self.capacity)
            self._origin = packet.sequence_number
        ask, frame = super().add(packet)
        if self._origin != before:
            self._moved_at = self._now()
        return ask or skip, frame

    def _hopeless(self, ahead: int, stuck: bool) -> bool:
        return RTP_HISTORY_SIZE < ahead < _BEHIND or (stuck and 0 < ahead < _BEHIND)


def _reachable(hosts: Hosts) -> Hosts:
    """A machine with no network at all can still call itself, for a demonstration."""

    def reachable(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return hosts(use_ipv4, use_ipv6) or ([_LOOPBACK] if use_ipv4 else [])

    reachable.alone = True  # type: ignore[attr-defined]
    return reachable
