# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras, microphones and loudspeakers: what they give, at which pace,
and what is said when they are not there.
"""

from pathlib import Path

import av
import numpy as np
import pytest

from clinic.domain.errors import Refusal
from clinic.media import camera, microphone, speaker
from clinic.media.clip import TalkingClip
from clinic.media.mark import Mark, read_mark
from clinic.media.microphone import BLOCK, Beat, LoopMicrophone, open_microphone, read_sound, silence
from clinic.media.sources import CAMERA_KINDS, MICROPHONE_KINDS, Missing, Spec, parse_spec
from clinic.media.speaker import (
    TICK_S,
    NullSink,
    Speaker,
    audio_frame,
    loudness,
    mono,
    open_sink,
)
from clinic.media.voice import write_wave


@pytest.mark.parametrize(
    ("text", "spec"),
    [("auto", Spec("auto")), ("clip:B", Spec("clip", "B")), ("image:/a:b.png", Spec("image", "/a:b.png"))],
)
def test_a_source_is_parsed_and_written_back(text: str, spec: Spec) -> None:
    assert parse_spec(text, CAMERA_KINDS) == spec
    assert str(spec) == text


@pytest.mark.parametrize("text", ["clip", "clip:a", "clip:AB", "image", "file:", "webcam", ""])
def test_a_wrong_source_is_refused_with_what_is_right(text: str) -> None:
    with pytest.raises(Refusal):
        parse_spec(text, CAMERA_KINDS)
    with pytest.raises(Refusal):
        parse_spec("image:x.png", MICROPHONE_KINDS)


def test_a_pace_skips_what_was_missed() -> None:
    now, slept = [0.0], []
    pace = camera.Pace(10, now=lambda: now[0], sleep=slept.append)
    assert pace.wait() == 0
    now[0] = 0.02
    assert pace.wait() == 1
    assert slept == [pytest.approx(0.08)]
    now[0] = 0.55
    assert pace.wait() == 5
    assert len(slept) == 1


def luma(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="gray")


def test_the_clip_is_a_camera_whose_pictures_are_marked() -> None:
    made = camera.open_camera(Spec("clip", "C"), 15, None)
    first, second = read_mark(luma(made.read())), read_mark(luma(made.read()))
    made.close()
    assert first == Mark("C", 0)
    assert second is not None
    assert second.index >= 1
    assert made.name == "clip C"


def test_the_clip_moves_its_mouth_and_blinks() -> None:
    clip = TalkingClip("A")
    pictures = [clip.picture(index)[0] for index in range(0, 60, 7)]
    assert len({picture[60:].tobytes() for picture in pictures}) > len(pictures) // 2
    with pytest.raises(ValueError, match="one letter"):
        TalkingClip("AB")


def test_a_picture_is_held_before_the_camera_and_fitted(tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    frame = av.VideoFrame.from_ndarray(np.full((1001, 1999, 3), 200, np.uint8), format="rgb24")
    frame.to_image().save(path)
    made = camera.open_camera(Spec("image", str(path)), 15, None)
    got = made.read()
    assert made.read() is not got
    assert (got.width, got.height, got.format.name) == (1280, 640, "yuv420p")
    assert abs(float(luma(got).mean()) - 200) < 3
    made.close()


def test_a_film_is_shown_over_and_over(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for value in (30, 200):
            film.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.full((72, 64), value, np.uint8), format="yuv420p")
                )
            )
        film.mux(stream.encode(None))
    made = camera.open_camera(Spec("file", str(path)), 15, None)
    means = [float(luma(made.read()).mean()) for _ in range(4)]
    made.close()
    assert means[0] < 100 < means[1]
    assert means[2] < 100 < means[3]


@pytest.mark.parametrize("spec", [Spec("image", "/no/such.png"), Spec("file", "/no/such.mkv"), Spec("none")])
def test_what_is_not_there_is_missing(spec: Spec) -> None:
    with pytest.raises(Missing):
        camera.open_camera(spec, 15, None)


def test_no_device_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((camera, "camera_devices"), (microphone, "microphone_devices")):
        monkeypatch.setattr(module, name, list)
    with pytest.raises(Missing, match="Plug one in"):
        camera.open_camera(Spec("auto"), 15, None)
    with pytest.raises(Missing, match="Plug one in"):
        open_microphone(Spec("auto"), None)


def test_a_device_that_does_not_open_is_said_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module, name in ((camera, "camera_devices"), (microphone, "microphone_devices")):
        monkeypatch.setattr(module, name, lambda: [str(tmp_path / "gone")])
    with pytest.raises(Missing, match="other programs"):
        camera.open_camera(Spec("auto"), 15, None)
    with pytest.raises(Missing):
        open_microphone(Spec("auto"), None)
    with pytest.raises(Missing):
        speaker.DeviceSink(str(tmp_path / "gone"), "alsa")


def test_dark_pictures_have_the_size_that_was_asked_for() -> None:
    frame = camera.dark_frame(100, 60)
    assert (frame.width, frame.height) == (100, 60)
    assert float(luma(frame).mean()) < 40


def test_a_loop_gives_its_blocks_in_turn() -> None:
    made = LoopMicrophone("x", np.arange(2 * BLOCK, dtype=np.int16))
    assert made.read()[0] == 0
    assert len(made.read()) == BLOCK
    assert not silence().read().any()
    made.close()


def test_a_beat_keeps_what_was_not_fetched_in_time_for_a_while() -> None:
    now, slept = [7.0], []
    beat = Beat(0.5, lambda: now[0], slept.append)
    assert beat.wait() == 0
    now[0] = 7.1
    assert [beat.wait() for _ in range(5)] == [1, 2, 3, 4, 5]
    assert slept == []
    beat.wait()
    assert slept == [pytest.approx(0.02)]
    now[0] = 8.0
    assert beat.wait() == 50
    assert beat.start == 7.0


def test_a_sound_file_is_a_microphone(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(write_wave(np.full(3 * BLOCK, 1000, np.int16)))
    made = open_microphone(Spec("file", str(path)), None)
    assert abs(int(made.read()[100]) - 1000) < 10
    with pytest.raises(Missing):
        read_sound(str(tmp_path / "none.wav"))
    with pytest.raises(Missing):
        open_microphone(Spec("none"), None)


def test_a_speaker_hands_on_what_is_heard() -> None:
    import threading

    heard, asked, enough = [], [], threading.Event()

    def listen(block: np.ndarray) -> None:
        heard.append(block)
        if any(b.any() for b in heard) and len(asked) > 5:
            enough.set()

    def source(at: float) -> np.ndarray:
        asked.append(at)
        return np.full(BLOCK, 8000, np.int16)

    made = Speaker(NullSink(), listen)
    made.hear(source)
    assert enough.wait(5)
    made.close()
    assert made.level > 0
    assert {len(block) for block in heard} == {BLOCK}
    steps = np.diff(asked) / TICK_S
    assert np.allclose(steps, np.round(steps))


def test_stereo_is_mixed_and_mono_is_kept() -> None:
    block = np.arange(BLOCK, dtype=np.int16)
    assert np.array_equal(mono(audio_frame(block, 0)), block)
    stereo = av.AudioFrame.from_ndarray(np.stack([block, block * 0]).T.reshape(1, -1), "s16", "stereo")
    assert np.array_equal(mono(stereo), block // 2)
    assert loudness(np.zeros(0, np.int16)) == 0.0


def test_the_null_sink_is_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = open_sink("null")
    sink.play(np.zeros(BLOCK, np.int16))
    sink.close()
    monkeypatch.setattr(speaker.sys, "platform", "somewhere")
    with pytest.raises(Missing, match="loudspeaker"):
        open_sink("auto")
