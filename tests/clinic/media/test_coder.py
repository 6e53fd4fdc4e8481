# SPDX-License-Identifier: GPL-3.0-or-later
"""Real x264 and libvpx: the rate is kept and follows, whole pictures come when asked for, no picture waits."""

import fractions

import av
import pytest

from clinic.calls.pictures import Shape
from clinic.media.camera import frame_of
from clinic.media.clip import TalkingClip
from clinic.media.coder import Coder
from clinic.media.mark import read_mark

SMALL, FPS = Shape(320, 240, 10), 10


@pytest.fixture(scope="module")
def pictures() -> list[av.VideoFrame]:
    clip = TalkingClip("A", 15)
    return [frame_of(clip.picture(index)) for index in range(60)]


class Camera:
    """Codes the clip at so many pictures a second of its own time."""

    def __init__(self, codec: str, pictures: list[av.VideoFrame]) -> None:
        self.at, self.number, self.pictures = 0.0, 0, pictures
        self.coder = Coder(codec, lambda: self.at)
        self.decoder = av.CodecContext.create("h264" if codec == "H264" else "libvpx", "r")
        self.sides: list[tuple[int, int]] = []
        self.marks: list[int] = []

    def run(self, seconds: float, shape: Shape, bps: int) -> list[av.Packet]:
        made = []
        for _ in range(round(seconds * shape.fps)):
            frame = self.pictures[self.number % len(self.pictures)]
            frame.pts, frame.time_base = round(self.at * 90_000), fractions.Fraction(1, 90_000)
            packet = self.coder.code(frame, shape, bps)
            assert packet is not None
            assert packet.pts == frame.pts
            made.append(packet)
            for shown in self.decoder.decode(av.Packet(bytes(packet))):
                self.sides.append((shown.width, shown.height))
                mark = read_mark(shown.to_ndarray(format="gray"))
                self.marks.append(mark.index if mark else -1)
            self.number += 1
            self.at += 1 / shape.fps
        return made


def rate(packets: list[av.Packet], fps: int) -> float:
    return sum(packet.size for packet in packets) * 8 * fps / len(packets)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_every_picture_is_out_and_readable_at_once(codec: str, pictures: list[av.VideoFrame]) -> None:
    camera = Camera(codec, pictures)
    camera.run(2, SMALL, 80_000)
    assert camera.sides == [(320, 240)] * 20
    assert camera.marks == list(range(20))


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_the_rate_is_kept_and_follows_the_budget(codec: str, pictures: list[av.VideoFrame]) -> None:
    camera = Camera(codec, pictures)
    camera.run(2, SMALL, 60_000)
    assert 30_000 < rate(camera.run(5, SMALL, 60_000), FPS) < 75_000
    assert rate(camera.run(4, SMALL, 30_000)[10:], FPS) < 42_000


def test_x264_follows_without_a_new_whole_picture(pictures: list[av.VideoFrame]) -> None:
    camera = Camera("H264", pictures)
    assert camera.run(1, SMALL, 60_000)[0].is_keyframe
    for bps in (40_000, 70_000, 50_000):
        assert not any(packet.is_keyframe for packet in camera.run(1, SMALL, bps))
    faster = camera.run(2, Shape(320, 240, 15), 60_000)
    assert not any(packet.is_keyframe for packet in faster)
    assert camera.coder.rate == 60_000


def test_fewer_pictures_get_the_same_rate(pictures: list[av.VideoFrame]) -> None:
    camera = Camera("H264", pictures)
    camera.run(2, Shape(320, 240, 15), 60_000)
    slow = Shape(320, 240, 8)
    camera.run(2, slow, 60_000)
    assert 38_000 < rate(camera.run(4, slow, 60_000), 8) < 75_000


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_a_whole_picture_comes_when_asked_for_and_with_a_new_size(
    codec: str, pictures: list[av.VideoFrame]
) -> None:
    camera = Camera(codec, pictures)
    camera.run(1, SMALL, 80_000)
    camera.coder.ask_whole()
    assert [packet.is_keyframe for packet in camera.run(0.5, SMALL, 80_000)] == [True] + [False] * 4
    assert camera.run(0.2, Shape(160, 120, 10), 30_000)[0].is_keyframe
    assert camera.sides[-1] == (160, 120)


def test_a_whole_picture_is_not_larger_than_half_a_second_of_the_budget(
    pictures: list[av.VideoFrame],
) -> None:
    camera = Camera("H264", pictures)
    whole = camera.run(0.1, SMALL, 60_000)[0]
    assert whole.size * 8 <= 0.55 * 60_000


def test_vp8_is_made_anew_only_where_the_budget_moved_far(pictures: list[av.VideoFrame]) -> None:
    camera = Camera("VP8", pictures)
    camera.run(1, SMALL, 60_000)
    assert not any(packet.is_keyframe for packet in camera.run(1, SMALL, 70_000))
    assert camera.run(0.1, SMALL, 30_000)[0].is_keyframe
    assert not any(packet.is_keyframe for packet in camera.run(1, SMALL, 80_000))
    camera.at += 5
    assert camera.run(0.1, SMALL, 80_000)[0].is_keyframe
