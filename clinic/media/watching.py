# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a sealed film (`clinic.media.film`): pieces are opened in memory as they are needed, sound goes to the loudspeaker,
pictures to the screen. A thread of its own; pause, seek, speed and loudness are said to it at any time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.container import InputContainer
from av.filter import Graph

from clinic.keys.growing import Grown
from clinic.keys.refusals import Unreadable
from clinic.media.camera import Pace
from clinic.media.microphone import BLOCK
from clinic.media.speaker import Sink
from clinic.media.voice import RATE, Sound

SPEEDS = (1.0, 1.5)
LOUDEST = 4.0
TELL_S = 0.25
MOST_S = 12 * 3600.0
"""No visit is longer: a time beyond it is damage."""


@dataclass(frozen=True, slots=True)
class At:
    """Where it stands. `trouble`: 'missing', 'damaged', 'no loudspeaker', or ''; `cut_off`: the recording has no end of its own,
    as its program was killed."""

    at_s: float = 0.0
    seconds: float = 0.0
    playing: bool = False
    over: bool = False
    cut_off: bool = False
    trouble: str = ""


@dataclass(slots=True)
class _Wish:
    playing: bool = True
    seek: float | None = None
    speed: float = 1.0
    loud: float = 1.0


class Watching:
    """One film from its opening to `stop()`. `tell`, `show` are called from its thread."""

    def __init__(
        self, path: Path, key: bytes, sink: Sink, tell: Callable[[At], None], show: Callable[[VideoFrame], None],
    ) -> None:  # fmt: skip
        self._path, self._key, self._sink, self._tell, self._show = path, key, sink, tell, show
        self._wish, self._changed = _Wish(), threading.Condition()
        self._stop = False
        self._at = At()
        self._told = 0.0
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()

    def wish(
        self, playing: bool | None = None, at_s: float | None = None, speed: float | None = None,
        loud: float | None = None,
    ) -> None:  # fmt: skip
        """Whatever is not None is changed."""
        with self._changed:
            wish = self._wish
            wish.playing = wish.playing if playing is None else playing
            wish.seek = wish.seek if at_s is None else max(0.0, at_s)
            wish.speed = wish.speed if speed is None else min(max(speed, 0.5), 2.0)
            wish.loud = wish.loud if loud is None else min(max(loud, 0.0), LOUDEST)
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stop = True
            self._changed.notify()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        try:
            with self._path.open("rb") as file:
                grown = Grown(file, self._key)
                with av.open(grown, "r", format="matroska") as film:
                    seconds = _length(film)
                    self._become(seconds=seconds, cut_off=not grown.whole, playing=True)
                    self._play(film)
        except FileNotFoundError:
            self._become(trouble="missing", playing=False)
        except (Unreadable, OSError, av.FFmpegError, ValueError, IndexError):
            self._become(trouble="damaged", playing=False)
        finally:
            self._sink.close()

    def _play(self, film: InputContainer) -> None:
        seek: float | None = 0.0
        while not self._stop:
            if seek is not None:
                film.seek(round(seek * av.time_base), backward=True, any_frame=False)
                self._become(at_s=seek, over=False)
                seek = self._from(film, seek)
                continue
            self._become(playing=False, over=True)
            seek = self._waited()

    def _from(self, film: InputContainer, begin: float) -> float | None:
        """Plays on from there; where to go next, None at the end or when it is stopped."""
        tempo, pace, speed = _Tempo(1.0), Pace(RATE / BLOCK), 1.0
        for frame in film.decode():
            at = float((frame.pts or 0) * (frame.time_base or 0))
            if isinstance(frame, VideoFrame):
                if at >= begin - 0.25:
                    self._show(frame)
                continue
            if at < begin - 0.02:
                continue
            with self._changed:
                wish = self._wish
                rested = not wish.playing
            if rested and (seek := self._rested(at)) is not None:
                return seek
            pace = Pace(RATE / BLOCK) if rested else pace
            if self._stop:
                return None
            if (seek := self._take_seek()) is not None:
                return seek
            if wish.speed != speed:
                speed = wish.speed
                tempo = _Tempo(speed)
            for block in tempo.blocks(frame):
                pace.wait()
                self._sink.play(_louder(block, wish.loud))
            self._moved(at)
        return None

    def _rested(self, at: float) -> float | None:
        """Waits while it is paused; where to go, if somebody said so meanwhile: that place is shown, and rests too."""
        self._become(at_s=at, playing=False)
        with self._changed:
            while not self._wish.playing and self._wish.seek is None and not self._stop:
                self._changed.wait()
        if self._wish.playing:
            self._become(playing=True)
        return self._take_seek()

    def _waited(self) -> float | None:
        """At the end: until somebody goes back, or plays it again."""
        with self._changed:
            self._wish.playing = False
            while self._wish.seek is None and not self._wish.playing and not self._stop:
                self._changed.wait()
        seek = self._take_seek()
        if self._wish.playing:
            self._become(playing=True)
        return 0.0 if seek is None and self._wish.playing else seek

    def _take_seek(self) -> float | None:
        with self._changed:
            seek, self._wish.seek = self._wish.seek, None
        return None if seek is None else min(seek, max(0.0, self._at.seconds - 0.1))

    def _moved(self, at: float) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_S:
            self._told = now
            self._become(at_s=at)

    def _become(self, **changed: Any) -> None:
        known = {name: getattr(self._at, name) for name in At.__slots__}
        self._at = At(**{**known, **changed})
        self._tell(self._at)


class _Tempo:
    """Decoded sound as mono blocks of 20 ms at that speed, the pitch unchanged."""

    def __init__(self, speed: float) -> None:
        self._graph, self._left = Graph(), np.zeros(0, np.int16)
        source = self._graph.add_abuffer(format="fltp", sample_rate=RATE, layout="stereo")
        steps = [source]
        if speed != 1.0:
            steps.append(self._graph.add("atempo", f"{speed:g}"))
        steps.append(self._graph.add("aformat", f"sample_fmts=s16:channel_layouts=mono:sample_rates={RATE}"))
        steps.append(self._graph.add("abuffersink"))
        self._graph.link_nodes(*steps).configure()

    def blocks(self, frame: AudioFrame) -> Iterator[Sound]:
        self._graph.push(frame)
        while True:
            try:
                made = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            if isinstance(made, AudioFrame):
                self._left = np.concatenate((self._left, made.to_ndarray().reshape(-1)))
        whole = len(self._left) // BLOCK * BLOCK
        yield from self._left[:whole].reshape(-1, BLOCK)
        self._left = self._left[whole:]


def _length(film: InputContainer) -> float:
    """Seconds up to the last packet; reading through it is how a live film comes to an index at all. Raises ValueError for
    none, or nonsense."""
    last = 0.0
    for packet in film.demux():
        if packet.pts is not None and packet.time_base is not None:
            last = max(
                last, float(packet.pts * packet.time_base) + float((packet.duration or 0) * packet.time_base)
            )
    if not film.streams.audio or not 0.0 < last < MOST_S:
        raise ValueError("no film")
    return last


def _louder(block: Sound, by: float) -> Sound:
    if by == 1.0:
        return block
    louder: Sound = np.clip(block.astype(np.float32) * by, -32768, 32767).astype(np.int16)
    return louder
