# SPDX-License-Identifier: GPL-3.0-or-later
"""A call on film: both voices and both pictures come back, no clear byte lies on the disk, a full disk ends it in time."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av import VideoFrame

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.growing import Grown
from clinic.media.camera import frame_of
from clinic.media.clip import TalkingClip
from clinic.media.film import LEAST_FREE, SMALL, Film
from clinic.media.mark import Mark, read_mark
from clinic.media.microphone import BLOCK
from clinic.media.recognise import HEARD, hears
from clinic.media.voice import RATE, Sound
from clinic.media.watching import At, Watching
from tests.clinic.media.test_recorder import Hand

KEY = bytes(range(32))
OURS, THEIRS = TalkingClip("A"), TalkingClip("B")


def filmed(film: Film, clock: Hand, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
    for number in range(int(seconds * 50)):
        clock.at += 0.02
        at = number % 500 * BLOCK
        film.said(OURS.voice.sound[at : at + BLOCK])
        film.heard(THEIRS.voice.sound[at : at + BLOCK])
        if number % 5 == 0:
            film.own(frame_of(OURS.picture(number // 5)))
            film.saw(frame_of(THEIRS.picture(number // 5)))
        while film._queue.qsize() > 50 and film._thread.is_alive():
            film._thread.join(0.01)
        if done():
            return


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a call."""
    path, clock = tmp_path_factory.mktemp("films") / "recordings" / "one.sealed", Hand()
    film = Film(path, KEY, "consent", clock, lambda why: None)
    filmed(film, clock, 4.0)
    film.close()
    assert (film.seconds, film.pictures, len(film.id)) == (pytest.approx(4.0), 40, 64)
    return path


def plain(path: Path) -> bytes:
    with path.open("rb") as file:
        return Grown(file, KEY).read()


def tracks(path: Path) -> tuple[Sound, Sound, list[VideoFrame]]:
    """Our voice, theirs, and the pictures."""
    pictures, blocks = [], []
    with path.open("rb") as file, av.open(Grown(file, KEY), "r", format="matroska") as film:
        resampler = av.AudioResampler("s16", "stereo", RATE)
        for frame in film.decode():
            if isinstance(frame, VideoFrame):
                pictures.append(frame)
            else:
                blocks += [one.to_ndarray().reshape(-1, 2) for one in resampler.resample(frame)]
    both = np.concatenate(blocks)
    return both[:, 0].copy(), both[:, 1].copy(), pictures


def test_both_voices_and_both_pictures_come_back(made: Path) -> None:
    ours, theirs, pictures = tracks(made)
    assert hears(ours, "A") > HEARD > hears(ours, "B")
    assert hears(theirs, "B") > HEARD > hears(theirs, "A")
    marks = [read_mark(picture.reformat(format="bgra").to_ndarray()) for picture in pictures]
    assert marks == [Mark("B", number) for number in range(40)]
    small = pictures[20].to_ndarray(format="rgb24")[-SMALL[1] - 8 : -8, -SMALL[0] - 8 : -8]
    ground = frame_of(OURS.picture(20)).reformat(*SMALL, format="rgb24").to_ndarray()
    assert np.abs(small.astype(int) - ground).mean() < 12


def test_no_clear_byte_of_it_is_on_the_disk(made: Path) -> None:
    """The canary: whatever a clear film would show, its head and every stretch of its own bytes, is not in the file."""
    sealed, clear = made.read_bytes(), plain(made)
    assert clear.startswith(b"\x1a\x45\xdf\xa3")
    assert b"matroska" in clear
    for word in (b"\x1a\x45\xdf\xa3", b"matroska", b"A_OPUS", b"V_MPEG4", b"OpusHead"):
        assert word not in sealed
    assert not [at for at in range(0, len(clear) - 16, 512) if clear[at : at + 16] in sealed]
    assert made.stat().st_mode & 0o077 == 0
    assert [one.name for one in made.parent.iterdir()] == [made.name]


class Loud:
    """A loudspeaker that remembers, and does not wait."""

    name = "loud"

    def __init__(self) -> None:
        self.blocks: list[Sound] = []

    def play(self, block: Sound) -> None:
        self.blocks.append(block)

    def close(self) -> None:
        self.name = "closed"


class Seen:
    """A film that is watched, until what is waited for has been told."""

    def __init__(self, path: Path, key: bytes = KEY) -> None:
        self.sink, self.told, self.pictures = Loud(), [At()], list[VideoFrame]()
        self._changed = threading.Condition()
        self.watching = Watching(path, key, self.sink, self._tell, self.pictures.append)

    def _tell(self, at: At) -> None:
        with self._changed:
            self.told.append(at)
            self._changed.notify_all()

    def until(self, what: Callable[[At], bool], seconds: float = 8.0) -> At:
        with self._changed:
            assert self._changed.wait_for(lambda: what(self.told[-1]), seconds), self.told[-3:]
            return self.told[-1]


@pytest.fixture
def seen(made: Path) -> Iterator[Seen]:
    one = Seen(made)
    yield one
    one.watching.stop()
    assert one.sink.name == "closed"


def test_it_plays_pauses_goes_to_a_place_and_ends(seen: Seen) -> None:
    assert seen.until(lambda at: at.playing).seconds == pytest.approx(4.0, abs=0.15)
    seen.watching.wish(playing=False)
    rests = seen.until(lambda at: not at.playing)
    heard = len(seen.sink.blocks)
    time.sleep(0.15)
    assert (len(seen.sink.blocks), rests.trouble, rests.cut_off) == (heard, "", False)
    seen.watching.wish(playing=True, at_s=3.0, speed=1.5, loud=2.0)
    begun = time.monotonic()
    end = seen.until(lambda at: at.over)
    assert 0.4 < time.monotonic() - begun < 3.0
    assert 0.4 < (len(seen.sink.blocks) - heard) * 0.02 < 0.95  # the last second, half as long again as fast
    assert end.at_s > 3.5
    shown = [read_mark(one.reformat(format="bgra").to_ndarray()) for one in seen.pictures[-5:]]
    assert shown == [Mark("B", number) for number in range(35, 40)]
    seen.watching.wish(playing=True)
    assert seen.until(lambda at: at.playing and not at.over).at_s < 1.0


def test_what_is_cut_off_plays_up_to_there_and_damage_is_said(made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    for name, data, key, expected in (
        ("cut", whole[: len(whole) * 6 // 10], KEY, (True, "")),
        ("changed", whole[:30_000] + b"x" + whole[30_001:], KEY, (False, "damaged")),
        ("another", whole, bytes(32), (False, "damaged")),
        ("nothing", b"", KEY, (False, "damaged")),
        ("noise", os.urandom(20_000), KEY, (False, "damaged")),
        ("missing", None, KEY, (False, "missing")),
    ):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        one = Seen(tmp_path / name, key)
        at = one.until(lambda at: at.playing or bool(at.trouble))
        assert (at.cut_off, at.trouble) == expected, name
        if not at.trouble:
            assert 1.0 < at.seconds < 3.5
            one.watching.wish(at_s=max(0.0, at.seconds - 0.4))
            one.until(lambda at: at.over)
            assert one.pictures
        one.watching.stop()


def test_nothing_is_filmed_without_consent_key_room_or_over_another_film(made: Path, tmp_path: Path) -> None:
    def film(
        path: Path = tmp_path / "new", key: bytes = KEY, consent: str = "c", least: int = LEAST_FREE
    ) -> Film:
        return Film(path, key, consent, Hand(), lambda why: None, least)

    with pytest.raises(Refusal, match="consent"):
        film(consent="  ")
    with pytest.raises(Refusal, match="key"):
        film(key=b"short")
    with pytest.raises(Unavailable, match="nearly full"):
        film(least=1 << 62)
    assert not (tmp_path / "new").exists()
    before = made.read_bytes()
    with pytest.raises(Unavailable, match="disk"):
        film(path=made)
    assert made.read_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    places: list[Path] = []

    def mounted(size: str) -> Path:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True
        )
        if done.returncode:
            pytest.skip("no room of its own can be mounted here")
        places.append(place)
        return place

    yield mounted
    for place in places:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    ("size", "least"), [("96k", 0), ("512k", 250_000)], ids=["no byte is left", "little is left"]
)
def test_a_full_disk_ends_it_and_what_is_there_plays(
    small_disk: Callable[[str], Path], size: str, least: int
) -> None:
    """What is kept free is more than the two seconds of a film that may be written between two looks at the disk."""
    clock, whys = Hand(), list[str]()
    path = small_disk(size) / "film.sealed"
    film = Film(path, KEY, "consent", clock, whys.append, least)
    filmed(film, clock, 60.0, lambda: bool(whys))
    film.close()
    assert whys == ["disk"]
    assert bool(film.id) is bool(least)
    ours, theirs, pictures = tracks(path)
    assert len(pictures) > 10
    assert hears(theirs, "B") > HEARD > hears(ours, "B")
