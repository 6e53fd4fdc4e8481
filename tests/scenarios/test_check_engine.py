# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying the devices in a real engine: a meter that follows the source, a phrase back, a sound, and what is missing."""

import errno
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from clinic.domain.record import Record
from clinic.media.microphone import DeviceMicrophone
from clinic.media.notes import decoded, encoded
from clinic.media.sources import Missing
from clinic.media.speaker import DeviceSink
from clinic.media.trying import NOTES_HZ, chime, meter
from clinic.media.voice import RATE
from clinic.protocol import engine as wire
from tests.scenarios.engines import EngineChild


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("check")


def levels(child: EngineChild, since: float) -> list[float]:
    return [e.level for t, e in child.events if t > since and isinstance(e, wire.MicrophoneLevel)]


def missing(child: EngineChild) -> list[Record]:
    return [e for _, e in child.events if isinstance(e, wire.DeviceMissing)]


def test_the_meter_follows_what_is_said_and_a_phrase_comes_back(cache: Path, tmp_path: Path) -> None:
    """Two seconds of a loud tone, two of a soft one, over and over."""
    seconds = np.arange(4 * RATE) / RATE
    tone = np.where(seconds < 2, 0.5, 0.01) * np.sin(2 * np.pi * 440 * seconds)
    sound = tmp_path / "source.ogg"
    sound.write_bytes(encoded((tone * 32767).astype(np.int16)))
    heard = tmp_path / "heard.trace"
    options = ("--camera=clip:A", f"--microphone=file:{sound}", f"--speaker=file:{heard}")
    child = EngineChild("A", options=options, cache=cache)
    child.wait(wire.Ready)
    child.send(wire.ListenIn(on=True))
    _, seen = child.wait(wire.DevicesSeen)
    assert isinstance(seen, wire.DevicesSeen)
    assert {str(one.medium) for one in seen.devices} == {"camera", "microphone", "speaker"}
    child.wait(wire.MicrophoneLevel)
    began = time.monotonic()
    child.send(wire.RecordNote(on=True))
    time.sleep(4.2)
    told = levels(child, began)
    assert 30 < len(told) < 60, "ten times a second"
    assert max(told) > 0.7
    assert min(told) < 0.35
    child.send(wire.RecordNote(on=False))
    _, note = child.wait(wire.NoteRecorded, since=began)
    assert isinstance(note, wire.NoteRecorded)
    assert 3 < note.seconds < 5 and np.abs(decoded(note.sound)).max() > 8000
    at = time.monotonic()
    child.send(wire.PlayChime())
    child.wait(wire.NotePlayed, since=at, whole=True)
    child.send(wire.ListenIn(on=False))
    time.sleep(0.3)
    quiet = time.monotonic()
    time.sleep(0.4)
    assert levels(child, quiet) == [], "the microphone is free again"
    assert missing(child) == []
    child.close()
    assert heard.stat().st_size > RATE


def test_what_is_missing_is_said_with_what_to_do_and_silence_is_told(cache: Path, tmp_path: Path) -> None:
    none = EngineChild("B", options=("--camera=none", "--microphone=none", "--speaker=auto"), cache=cache)
    none.wait(wire.Ready)
    none.send(wire.OpenCamera(purpose=wire.Purpose.PHOTO, preview=none.local.name))
    none.send(wire.ListenIn(on=True))
    none.wait(wire.DeviceMissing, medium=wire.Medium.CAMERA)
    _, said = none.wait(wire.DeviceMissing, medium=wire.Medium.MICROPHONE)
    assert isinstance(said, wire.DeviceMissing) and "Plug one in" in said.sentence
    none.close()
    mute = tmp_path / "mute.wav"
    with wave.open(str(mute), "wb") as file:
        file.setparams((1, 2, RATE, RATE, "NONE", ""))
        file.writeframes(bytes(2 * RATE))
    muted = EngineChild(
        "C", options=("--camera=none", f"--microphone=file:{mute}", "--speaker=null"), cache=cache
    )
    muted.wait(wire.Ready)
    muted.send(wire.ListenIn(on=True))
    muted.wait(wire.MicrophoneLevel, silent=True)
    assert max(levels(muted, 0.0)) == 0.0
    muted.close()


def test_a_device_that_another_program_holds_is_told_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALSA and V4L2 say EBUSY."""
    wrong = [errno.EBUSY, errno.ENOENT]

    def held(*_args: object, **_how: object) -> object:
        raise OSError(wrong[0], "no")

    monkeypatch.setattr("av.open", held)
    for said in ("Another program uses the", "was found. Plug one in"):
        for opened in (lambda: DeviceMicrophone("default", "alsa"), lambda: DeviceSink("default", "alsa")):
            with pytest.raises(Missing, match=said):
                opened()
        wrong.pop(0)


def test_the_meter_is_in_decibels_and_the_chime_is_three_notes() -> None:
    assert [meter(x) for x in (0.0, 0.001, 0.1, 1.0, 5.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    sound = chime().astype(float)
    third = round(0.28 * RATE)
    for number, hertz in enumerate(NOTES_HZ):
        part = sound[number * third : (number + 1) * third]
        peak = np.argmax(np.abs(np.fft.rfft(part))) * RATE / len(part)
        assert peak == pytest.approx(hertz, abs=4)
    assert np.abs(sound).max() < 0.4 * 32768
