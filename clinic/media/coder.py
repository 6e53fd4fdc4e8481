# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures into H.264 or VP8 for a talk: no picture waits for another, the rate follows the budget.

x264 changes its rate while it runs, if it began at a constant rate; libvpx through PyAV does not, so a VP8 coder
is made anew where the budget has moved far, which costs a whole picture. Size changes cost one in both.
"""

from __future__ import annotations

import fractions
from collections.abc import Callable
from typing import TypeAlias, cast

import av
from av import Packet, VideoCodecContext, VideoFrame, VideoStream
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from clinic.calls.estimate import CEILING
from clinic.calls.pictures import Shape

VIDEO_TIME = fractions.Fraction(1, 90_000)
KEPT_S = 0.5
"""Seconds of the budget that a coder may spend ahead: a whole picture is not larger."""
X264_FPS = 30
"""What an x264 coder is told; its rate is scaled to the pictures it really gets."""
VPX_DOWN, VPX_UP, VPX_UP_AFTER_S = 0.75, 1.5, 5.0
"""A VP8 coder is made anew below and above that share of its rate; upwards at most so often."""
WHOLE_EVERY = 3000
"""Pictures between two whole ones that nobody asked for."""
SLOWEST = 10_000
VideoPacket: TypeAlias = "Packet[VideoStream]"


class Coder:
    """One stream of one codec, `"H264"` or `"VP8"`. Used by one thread at a time."""

    def __init__(self, codec: str, now: Callable[[], float]) -> None:
        self.codec = codec
        self._now = now
        self._reformat = VideoReformatter()
        self._coder: VideoCodecContext | None = None
        self._shape: Shape | None = None
        self._rate, self._kept_bits, self._made_at = 0, 0, 0.0
        self._whole = True

    @property
    def rate(self) -> int:
        """bit/s the coder works with."""
        return self._rate

    def ask_whole(self) -> None:
        """The next picture is one that can be read without those before it."""
        self._whole = True

    def code(self, frame: VideoFrame, shape: Shape, bps: int) -> VideoPacket | None:
        """The picture in that size, its rate that of a stream of `shape.fps` pictures a second."""
        rate = max(SLOWEST, bps)
        coder = self._fitting(shape, rate)
        picture = self._fitted(frame, shape)
        picture.pts, picture.time_base = frame.pts, frame.time_base
        picture.pict_type = PictureType.I if self._whole else PictureType.NONE
        self._whole = False
        parts = coder.encode(picture)
        if not parts:
            return None
        packet = cast("VideoPacket", Packet(b"".join(bytes(part) for part in parts)))
        packet.pts, packet.time_base = frame.pts, frame.time_base or VIDEO_TIME
        packet.is_keyframe = any(part.is_keyframe for part in parts)
        return packet

    def _fitted(self, frame: VideoFrame, shape: Shape) -> VideoFrame:
        if (frame.width, frame.height, frame.format.name) == (shape.width, shape.height, "yuv420p"):
            return frame
        return self._reformat.reformat(
            frame, width=shape.width, height=shape.height, format="yuv420p", interpolation="AREA"
        )

    def _fitting(self, shape: Shape, rate: int) -> VideoCodecContext:
        if self._coder is None or self._outgrown(shape, rate):
            self._coder = self._x264(shape, rate) if self.codec == "H264" else self._vpx(shape, rate)
            self._rate, self._made_at, self._whole = rate, self._now(), True
        elif self.codec == "H264":
            self._rate = rate
        self._shape = shape
        if self.codec == "H264":
            self._coder.bit_rate = min(CEILING, self._rate * X264_FPS // shape.fps)
        return self._coder

    def _outgrown(self, shape: Shape, rate: int) -> bool:
        before = self._shape
        if before is None or (before.width, before.height) != (shape.width, shape.height):
            return True
        if self.codec == "H264":
            return not 0.3 < rate * KEPT_S / self._kept_bits < 3.5
        if shape.fps != before.fps or rate < VPX_DOWN * self._rate:
            return True
        return rate > VPX_UP * self._rate and self._now() - self._made_at > VPX_UP_AFTER_S

    def _x264(self, shape: Shape, rate: int) -> VideoCodecContext:
        """Begins at a constant rate that is the highest ever wanted: only so can it be changed later."""
        coder = _context("libx264", shape, CEILING, X264_FPS)
        self._kept_bits = round(rate * KEPT_S)
        coder.profile = "Baseline"
        coder.options = {
            "preset": "veryfast" if shape.height <= 480 else "superfast",
            "tune": "zerolatency",
            "level": "31",
            "maxrate": str(CEILING),
            "bufsize": str(self._kept_bits),
            "x264-params": "scenecut=0:sliced-threads=0",
        }
        coder.open()
        return coder

    def _vpx(self, shape: Shape, rate: int) -> VideoCodecContext:
        coder = _context("libvpx", shape, rate, shape.fps)
        coder.qmin, coder.qmax = 2, 60
        coder.options = {
            "deadline": "realtime",
            "cpu-used": "-6",
            "lag-in-frames": "0",
            "minrate": str(rate),
            "maxrate": str(rate),
            "bufsize": str(round(rate * KEPT_S)),
            "max-intra-rate": "400",
            "undershoot-pct": "100",
            "overshoot-pct": "15",
            "static-thresh": "1",
        }
        coder.open()
        return coder


def _context(name: str, shape: Shape, rate: int, fps: int) -> VideoCodecContext:
    coder = av.CodecContext.create(name, "w")
    assert isinstance(coder, VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt = shape.width, shape.height, "yuv420p"
    coder.bit_rate, coder.gop_size, coder.thread_count = rate, WHOLE_EVERY, 1
    coder.framerate, coder.time_base = fractions.Fraction(fps, 1), VIDEO_TIME
    return coder
