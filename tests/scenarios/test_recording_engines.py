# SPDX-License-Identifier: GPL-3.0-or-later
"""A real call between two engine processes is recorded, its engine killed in the middle, and what is there is played by a
third one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.keys.attachments import attachment_id
from clinic.media.mark import read_mark
from clinic.media.recognise import HEARD, hears
from clinic.protocol import engine as wire
from tests.clinic.media.test_film import KEY, Seen, plain, tracks
from tests.scenarios.engines import EngineChild, joined
from tests.scenarios.test_call_engine import side_seen

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[EngineChild, EngineChild]]:
    children = EngineChild("A", cache=tmp_path), EngineChild("B", cache=tmp_path)
    yield children
    for child in children:
        child.close()


def record(path: Path, call: str = "c1", consent: str = "consent1", key: bytes = KEY) -> wire.RecordCall:
    return wire.RecordCall(call_id=call, path=str(path), key=key, consent_id=consent)


def ended(child: EngineChild, path: Path, since: float = 0.0) -> wire.RecordingEnded:
    _, event = child.wait(wire.RecordingEnded, since=since, path=str(path))
    assert isinstance(event, wire.RecordingEnded)
    return event


def recorded_s(child: EngineChild, path: Path, seconds: float) -> None:
    until = time.monotonic() + 15
    with child.changed:
        while not any(
            isinstance(event, wire.RecordingMoved) and event.path == str(path) and event.seconds >= seconds
            for _, event in child.events
        ):
            assert child.changed.wait(max(0.0, until - time.monotonic())), "it does not go on"


def test_a_call_is_recorded_killed_and_played(pair: tuple[EngineChild, EngineChild], tmp_path: Path) -> None:
    a, b = pair
    place = tmp_path / "recordings"
    whole, cut = place / "whole.sealed", place / "cut.sealed"
    a.send(record(whole))
    assert ended(a, whole).why == "refused"  # there is no call
    joined(a, b, "c1")(1)
    for child in pair:
        child.wait(wire.FirstFrame)
    for refused in (
        record(place / "1", consent=" "),
        record(place / "2", key=b"k"),
        record(place / "3", "c2"),
    ):
        a.send(refused)
        answer = ended(a, Path(refused.path))
        assert (answer.why, bool(answer.sentence)) == ("refused", True)
    assert not place.exists()

    a.send(record(whole))
    recorded_s(a, whole, 3.0)
    a.send(record(place / "4"))
    assert ended(a, place / "4").why == "refused"  # it is being recorded already
    a.send(wire.StopRecording(call_id="c1"))
    done = ended(a, whole, since=a.events[-1][0])
    assert (done.why, done.id) == ("", attachment_id([whole.read_bytes()]))
    ours, theirs, pictures = tracks(whole)
    assert hears(ours, "A", tmp_path) > HEARD > hears(ours, "B", tmp_path)
    assert hears(theirs, "B", tmp_path) > HEARD > hears(theirs, "A", tmp_path)
    marks = [mark for one in pictures if (mark := read_mark(one.reformat(format="bgra").to_ndarray()))]
    assert len(marks) >= 3  # so few only where the machine has much else to do
    assert [mark.index for mark in marks] == sorted(mark.index for mark in marks)
    assert {mark.side for mark in marks} == {"B"}
    assert plain(whole)[:512] not in whole.read_bytes()

    a.send(record(cut))
    recorded_s(a, cut, 2.5)
    a.kill()
    left = Seen(cut)
    at = left.until(lambda at: at.playing)
    left.watching.stop()
    assert (at.cut_off, at.trouble) == (True, "")
    assert at.seconds > 1.0

    a.spawn()
    a.wait(wire.Ready, since=a.spawned)
    a.send(wire.PlayRecording(path=str(whole), key=KEY, ring=a.remote.name))
    a.wait(wire.PlayMoved, since=a.spawned, playing=True)
    a.send(wire.PlayOn(playing=True, at_s=max(0.0, done.seconds - 1.0), speed=1.5))
    _, over = a.wait(wire.PlayMoved, since=a.spawned, over=True)
    assert isinstance(over, wire.PlayMoved)
    assert over.at_s > done.seconds - 1.0
    assert side_seen(a.remote) == "B"
    a.send(wire.PlayRecording(path=str(place / "none"), key=KEY))
    a.wait(wire.PlayMoved, since=a.spawned, trouble="missing")
