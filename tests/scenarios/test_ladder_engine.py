# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real engines down the ladder: pictures rest and come back, words and a still over the data channel, voice notes."""

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinic.calls.allot import CONTROL
from clinic.calls.speech import MOST_SHARE_BPS
from clinic.media.mark import read_mark
from clinic.media.notes import decoded
from clinic.media.recognise import HEARD, hears
from clinic.media.stills import MOST_BYTES
from clinic.protocol import engine as wire
from clinic.protocol.calling import RungSaid, StillAsked
from tests.scenarios.engines import EngineChild, joined

CALL = "c1"
MOST_KBPS = (MOST_SHARE_BPS + CONTROL) / 1000
"""What a voice may take of a link that carries more, with what is reported of it; the least picture takes 11 more."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EngineChild, EngineChild]]:
    cache = tmp_path_factory.mktemp("engines")
    children = EngineChild("A", cache=cache), EngineChild("B", cache=cache)
    for child in children:
        child.wait(wire.Ready)
    joined(*children, CALL)(1)
    for child in children:
        child.wait(wire.FirstFrame)
        child.wait(wire.CallStats)
    until_words_go(*children)
    yield children
    for child in children:
        child.close()


def until_words_go(*children: EngineChild) -> None:
    """Until each has heard the other: before the channel is open a word is dropped, and its desk says it again."""
    said = RungSaid(call_id=CALL, rung="video", why="by hand")
    until = time.monotonic() + 15
    while True:
        for child in children:
            child.send(wire.SayToPeer(call_id=CALL, content=said))
        if all(stats(child, time.monotonic()).channel for child in children):
            return
        assert time.monotonic() < until


def stats(child: EngineChild, since: float) -> wire.CallStats:
    _, event = child.wait(wire.CallStats, since=since)
    assert isinstance(event, wire.CallStats)
    return event


def test_pictures_rest_while_the_voice_goes_on_and_come_back(pair: tuple[EngineChild, EngineChild]) -> None:
    a, b = pair
    a.send(wire.Carry(call_id=CALL, video=False))
    time.sleep(1.2)
    resting = stats(b, time.monotonic() + 1)
    assert resting.video_fps == 0.0
    assert resting.silent_s < 1.0
    assert resting.received_kbps < MOST_KBPS, "the voice, and nothing of a picture"
    assert stats(a, time.monotonic()).video_fps > 0, "the other way nobody asked to rest"
    a.send(wire.Carry(call_id=CALL, video=True))
    again = time.monotonic()
    while stats(b, time.monotonic()).video_fps == 0:
        assert time.monotonic() < again + 15


def test_words_and_a_still_go_over_the_data_channel(pair: tuple[EngineChild, EngineChild]) -> None:
    a, b = pair
    began = time.monotonic()
    said = RungSaid(call_id=CALL, rung="audio", why="by hand")
    b.send(wire.SayToPeer(call_id=CALL, content=said))
    a.wait(wire.PeerSaid, since=began, content=said)
    a.wait(wire.CallStats, since=began, channel=True)
    a.send(wire.SayToPeer(call_id=CALL, content=replace(said, call_id="other")))
    a.send(wire.SayToPeer(call_id=CALL, content=StillAsked(call_id=CALL, number=1)))
    asked = StillAsked(call_id=CALL, number=1)
    b.wait(wire.PeerSaid, since=began, content=asked)
    at, came = a.wait(wire.StillCame, since=began, number=1)
    assert isinstance(came, wire.StillCame)
    assert at - began < 12
    assert len(came.picture) <= MOST_BYTES
    with Image.open(io.BytesIO(came.picture)) as picture:
        assert picture.format == "WEBP"
        mark = read_mark(np.asarray(picture.convert("RGBA").resize((640, 480)))[:, :, [2, 1, 0, 3]].copy())
    assert mark is not None and mark.side == "B"
    moves = [e for _, e in a.events if isinstance(e, wire.StillMoved)]
    assert [m.done for m in moves] == sorted(m.done for m in moves)
    assert moves[-1].done == moves[-1].total == len(came.picture)
    assert not [e for t, e in b.events if t > began and isinstance(e, wire.PeerSaid) and e.content != asked]


def test_a_covered_camera_gives_no_still(pair: tuple[EngineChild, EngineChild]) -> None:
    a, b = pair
    b.send(wire.Mute(video=True))
    began = time.monotonic()
    a.send(wire.SayToPeer(call_id=CALL, content=StillAsked(call_id=CALL, number=2)))
    a.wait(wire.StillMoved, since=began, seconds=45, number=2, trouble="no camera")
    b.send(wire.Mute())


def test_a_voice_note_is_recorded_beside_the_call_and_heard(
    pair: tuple[EngineChild, EngineChild], tmp_path: Path
) -> None:
    a, b = pair
    began = time.monotonic()
    b.send(wire.RecordNote(on=True))
    time.sleep(4)
    b.send(wire.RecordNote(on=False))
    _, note = b.wait(wire.NoteRecorded, since=began)
    assert isinstance(note, wire.NoteRecorded)
    assert 3.0 < note.seconds < 6.0
    assert len(note.sound) < 1.3 * 1500 * note.seconds + 600, "12 kbit/s"
    assert hears(decoded(note.sound), "B", tmp_path) > HEARD
    assert hears(decoded(note.sound), "A", tmp_path) < HEARD
    a.send(wire.PlayNote(sound=note.sound))
    at, _ = a.wait(wire.NotePlayed, since=began, whole=True)
    assert at - began > 6, "in the time it takes to say it"
    a.send(wire.PlayNote(sound=b"no sound at all"))
    a.wait(wire.NotePlayed, since=at, whole=False, trouble="damaged")
    b.send(wire.RecordNote(on=True))
    b.send(wire.RecordNote(on=False))
    b.wait(wire.NoteRecorded, since=at, trouble="empty")
    assert stats(a, time.monotonic()).silent_s < 1.0


def test_a_note_needs_no_call(tmp_path: Path) -> None:
    child = EngineChild("C", cache=tmp_path)
    child.wait(wire.Ready)
    for seconds in (0.0, 2.5):  # the first one waits for the libraries
        since = time.monotonic()
        child.send(wire.RecordNote(on=True))
        time.sleep(seconds)
        child.send(wire.RecordNote(on=False))
        _, note = child.wait(wire.NoteRecorded, since=since, seconds=60)
    child.close()
    assert isinstance(note, wire.NoteRecorded)
    assert note.seconds > 0.5
    mute = EngineChild("D", options=("--camera=none", "--microphone=none", "--speaker=null"), cache=tmp_path)
    mute.wait(wire.Ready)
    mute.send(wire.RecordNote(on=True))
    mute.wait(wire.NoteRecorded, trouble="no microphone")
    mute.close()
