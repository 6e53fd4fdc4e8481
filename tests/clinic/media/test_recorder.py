# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept can be played: marks are read, speech is recognised,
also from a file that was never finished.
"""

from pathlib import Path

import numpy as np
import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.media.camera import frame_of
from clinic.media.clip import TalkingClip
from clinic.media.microphone import BLOCK, read_sound
from clinic.media.recognise import HEARD, hears, marks_in
from clinic.media.recorder import Recorder, free_name
from clinic.media.voice import RATE


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def filmed(recorder: Recorder, clock: Hand, seconds: float) -> None:
    clip = TalkingClip("A")
    blocks = clip.voice.sound[: int(seconds * RATE) // BLOCK * BLOCK].reshape(-1, BLOCK)
    for number, block in enumerate(blocks):
        clock.at += 0.02
        recorder.sound(block)
        if number % 4 == 0:
            recorder.picture(frame_of(clip.picture(number // 4)))
        while recorder._queue.qsize() > 50:
            recorder._thread.join(0.01)


def test_a_call_is_kept_and_recognised(tmp_path: Path) -> None:
    clock = Hand()
    recorder = Recorder(tmp_path / "call.mkv", "consent1", clock)
    filmed(recorder, clock, 5.0)
    recorder.close()
    marks = marks_in(recorder.path)
    assert recorder.pictures == len(marks) == 63
    assert [mark.index for mark in marks] == list(range(63))
    assert recorder.seconds == pytest.approx(5.0)
    assert hears(recorder.path, "A") > HEARD > hears(recorder.path, "B")


def test_a_file_cut_off_in_the_middle_still_plays(tmp_path: Path) -> None:
    clock = Hand()
    recorder = Recorder(tmp_path / "call.mkv", "consent1", clock)
    filmed(recorder, clock, 5.0)
    recorder.close()
    broken = tmp_path / "broken.mkv"
    whole = recorder.path.read_bytes()
    broken.write_bytes(whole[: len(whole) * 6 // 10])
    assert len(marks_in(broken)) > 20
    assert hears(broken, "A") > HEARD


def test_gaps_in_the_sound_are_filled_so_that_it_stays_in_time(tmp_path: Path) -> None:
    clock = Hand()
    recorder = Recorder(tmp_path / "gap.mkv", "consent1", clock)
    recorder.sound(np.full(BLOCK, 9000, np.int16))
    clock.at += 2.0
    recorder.sound(np.full(BLOCK, 9000, np.int16))
    recorder.picture(frame_of(TalkingClip("A").picture(0)))
    recorder.picture(frame_of(TalkingClip("A").picture(0)))
    recorder.close()
    assert len(read_sound(str(recorder.path))) / RATE == pytest.approx(1.94, abs=0.05)
    assert recorder.pictures == 1


def test_nothing_is_kept_without_consent(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="consent"):
        Recorder(tmp_path / "call.mkv", "  ", Hand())
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="disk"):
        Recorder(tmp_path / "file" / "call.mkv", "consent1", Hand())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "call.mkv"
    assert free_name(path) == path
    path.touch()
    assert free_name(path) == tmp_path / "call-2.mkv"
    (tmp_path / "call-2.mkv").touch()
    assert free_name(tmp_path / "call") == tmp_path / "call-3.mkv"
