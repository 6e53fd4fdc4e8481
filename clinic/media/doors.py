# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where we reach behind the public face of aiortc and aioice, in one module (aiortc 1.16).

`check()` says which door has moved; a test calls it, so that an update of the library cannot pass silently.
"""

import copy
import inspect
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import aioice.ice
import aiortc.codecs
import aiortc.codecs.vpx
import aiortc.rtcrtpreceiver
from aiortc import (
    RTCPeerConnection,
    RTCRtpCodecParameters,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
)
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RTP_HISTORY_SIZE, RtpPacket
from aiortc.utils import uint16_add
from av.packet import Packet

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
    _check_speech()
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
    aiortc.codecs.CODECS["audio"][:] = [_red(OPUS_KIND), _opus()]
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


# Speech

RED_KIND, OPUS_KIND = 63, 96
"""Payload types that we offer; 63 is what Chromium uses for redundancy."""
_SPEECH = (
    (RTCRtpReceiver, "__init__", "self.__jitter_buffer = JitterBuffer(capacity=16, prefetch=4)"),
    (RTCRtpReceiver, "_handle_rtp_packet", "self.__jitter_buffer.add(packet)"),
    (RTCRtpSender, "_next_encoded_frame", "if self.__encoder is None:"),
    (RTCRtpSender, "_next_encoded_frame", "payloads, timestamp = self.__encoder.pack(data)"),
    (RTCRtpSender, "_run_rtp", "payload_type=codec.payloadType"),
    (RTCRtpSender, "send", "self._run_rtp(parameters.codecs[0])"),
    (RTCPeerConnection, "setRemoteDescription", "find_common_codecs(CODECS[media.kind], media.rtp.codecs)"),
    (RTCPeerConnection, "setRemoteDescription", "transceiver._codecs = common"),
)
TakePacket = Callable[[RtpPacket], None]


def _check_speech() -> None:
    for owner, name, line in _SPEECH:
        if line not in inspect.getsource(getattr(owner, name)):
            raise DoorMoved(f"aiortc.{owner.__name__}.{name}")
    if not isinstance(aiortc.codecs.CODECS.get("audio"), list):
        raise DoorMoved("aiortc.codecs.CODECS")


def _opus() -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters("audio/opus", clockRate=48_000, channels=2, payloadType=OPUS_KIND)


def _red(opus: int) -> RTCRtpCodecParameters:
    """Redundancy of Opus (RFC 2198); its parameters name the payload types it may carry."""
    return RTCRtpCodecParameters(
        "audio/red",
        clockRate=48_000,
        channels=2,
        payloadType=RED_KIND,
        parameters={f"{opus}/{opus}": None},
    )


def settle_speech(peer: RTCPeerConnection, remote_sdp: str) -> tuple[int, int | None]:
    """After the peer's description: the payload types of Opus and of redundancy, None where the peer has none.
    What is agreed stands first, for the library sends by the first codec. Raises ValueError without Opus.
    """
    for transceiver in peer.getTransceivers():
        if transceiver.kind == "audio" and transceiver._codecs:
            return _settled(transceiver, remote_sdp)
    raise ValueError("no sound in this description")


def _settled(transceiver: RTCRtpTransceiver, remote_sdp: str) -> tuple[int, int | None]:
    codecs = {codec.name.lower(): codec for codec in reversed(transceiver._codecs)}
    opus, red = codecs.get("opus"), codecs.get("red")
    if opus is None or opus.payloadType is None:
        raise ValueError("no Opus in this description")
    if red is None or red.payloadType is None or not _agreed(remote_sdp, red.payloadType, opus.payloadType):
        transceiver._codecs = [opus]
        return opus.payloadType, None
    red = copy.deepcopy(red)
    red.parameters = _red(opus.payloadType).parameters
    transceiver._codecs = [red, opus]
    return opus.payloadType, red.payloadType


def _agreed(sdp: str, red: int, opus: int) -> bool:
    """Whether the peer's redundancy has that number and carries that Opus, as often as it likes."""
    return bool(
        re.search(rf"^a=rtpmap:{red} red/48000", sdp, re.MULTILINE | re.IGNORECASE)
        and re.search(rf"^a=fmtp:{red} {opus}(/{opus})+\s*$", sdp, re.MULTILINE)
    )


def tap_speech(receiver: RTCRtpReceiver, take: TakePacket) -> None:
    """Packets of that receiver go to `take`, counted by the library and not decoded by it."""
    setattr(receiver, "_RTCRtpReceiver__jitter_buffer", _Tap(take))  # noqa: B010


def carry_payloads(sender: RTCRtpSender) -> None:
    """The packets of that sender's track are payloads already; no encoder of the library is made."""
    setattr(sender, "_RTCRtpSender__encoder", _Carrier())  # noqa: B010


class _Tap:
    """Stands where the library's buffer of sound stood."""

    def __init__(self, take: TakePacket) -> None:
        self._take = take

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self._take(packet)
        return False, None


class _Carrier:
    """Stands where the library's encoder stood."""

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        assert packet.pts is not None
        return [bytes(packet)], packet.pts
