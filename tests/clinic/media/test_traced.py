# SPDX-License-Identifier: GPL-3.0-or-later
"""What was spoken and heard is kept with its moments, whole blocks only."""

from pathlib import Path

import numpy as np
import pytest

from clinic.media.microphone import LoopMicrophone
from clinic.media.sources import Missing
from clinic.media.speaker import open_sink
from clinic.media.traced import Trace, TracedMicrophone, read_trace


def test_blocks_come_back_with_their_moments(tmp_path: Path) -> None:
    moments = iter((1.25, 2.5))
    trace = Trace(tmp_path / "t", now=lambda: next(moments))
    trace.add(np.array([1, -2, 3], np.int16))
    trace.add(np.array([7], np.int16))
    trace.close()
    assert [(at, block.tolist()) for at, block in read_trace(tmp_path / "t")] == [
        (1.25, [1, -2, 3]),
        (2.5, [7]),
    ]


def test_the_end_of_a_broken_trace_is_left_out(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "t")
    for _ in range(2):
        trace.add(np.arange(100, dtype=np.int16))
    trace.close()
    data = (tmp_path / "t").read_bytes()
    for cut in (len(data) - 1, len(data) - 201, len(data) // 2 + 3):
        (tmp_path / "t").write_bytes(data[:cut])
        assert len(list(read_trace(tmp_path / "t"))) == 1


def test_a_microphone_gives_what_is_kept(tmp_path: Path) -> None:
    sound = np.arange(960 * 3, dtype=np.int16)
    microphone = TracedMicrophone(LoopMicrophone("three", sound), tmp_path / "spoken")
    given = [microphone.read() for _ in range(4)]
    microphone.close()
    kept = list(read_trace(tmp_path / "spoken"))
    assert all(np.array_equal(a, b) for a, (_, b) in zip(given, kept, strict=True))
    assert kept[3][0] - kept[0][0] == pytest.approx(0.06, abs=0.015)


def test_a_loudspeaker_may_be_a_file(tmp_path: Path) -> None:
    sink = open_sink(f"file:{tmp_path / 'heard'}")
    sink.play(np.ones(960, np.int16))
    sink.close()
    ((_, block),) = read_trace(tmp_path / "heard")
    assert block.sum() == 960
    with pytest.raises(Missing, match="folder that exists"):
        open_sink(f"file:{tmp_path / 'nowhere' / 'heard'}")
