# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks survive what a call does to pictures, and nothing else is taken for one."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.media.camera import frame_of
from clinic.media.clip import TalkingClip
from clinic.media.mark import Mark, read_mark, stamp_mark
from clinic.media.sources import SIDES

MARKS = st.builds(Mark, st.sampled_from(SIDES), st.integers(0, 65535))


@given(MARKS, st.sampled_from([(480, 640), (240, 320), (120, 160), (360, 480), (200, 301)]))
def test_a_mark_is_read_as_it_was_stamped(mark: Mark, size: tuple[int, int]) -> None:
    luma = np.full(size, 128, np.uint8)
    stamp_mark(luma, mark)
    assert read_mark(luma) == mark
    assert read_mark(np.repeat(luma[..., None], 4, axis=2)) == mark


@given(MARKS, st.integers(0, 31))
def test_a_wrong_cell_is_never_another_mark(mark: Mark, cell: int) -> None:
    luma = np.full((480, 640), 128, np.uint8)
    stamp_mark(luma, mark)
    top, left = cell // 16 * 24, cell % 16 * 40
    luma[top : top + 24, left : left + 40] = 251 - luma[top : top + 24, left : left + 40]
    assert read_mark(luma) is None


@pytest.mark.parametrize("picture", [np.zeros((48, 64)), np.full((48, 64), 255), np.full((480, 640, 3), 90)])
def test_plain_pictures_have_no_mark(picture: np.ndarray) -> None:
    assert read_mark(picture.astype(np.uint8)) is None


@pytest.mark.parametrize(("codec", "rate"), [("libvpx", 80_000), ("libx264", 80_000)])
@pytest.mark.parametrize("size", [(640, 480), (320, 240), (160, 120)])
def test_marks_survive_codecs_at_low_rates_and_scaling(codec: str, rate: int, size: tuple[int, int]) -> None:
    clip, encoder = TalkingClip("B"), av.CodecContext.create(codec, "w")
    decoder = av.CodecContext.create("vp8" if codec == "libvpx" else "h264", "r")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = *size, "yuv420p", rate
    encoder.time_base, encoder.framerate = Fraction(1, 15), Fraction(15)
    encoder.options = (
        {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {"tune": "zerolatency"}
    )
    read = []
    for index in range(20):
        frame = frame_of(clip.picture(1000 + index)).reformat(width=size[0], height=size[1])
        frame.pts, frame.time_base = index, Fraction(1, 15)
        for packet in encoder.encode(frame):
            read += [read_mark(picture.to_ndarray(format="gray")) for picture in decoder.decode(packet)]
    assert len(read) >= 18
    assert {mark.side for mark in read if mark} == {"B"}
    assert sum(mark is not None for mark in read) >= 0.9 * len(read)
