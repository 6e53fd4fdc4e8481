# SPDX-License-Identifier: GPL-3.0-or-later
"""A call becomes a film that is sealed as it is written: Matroska in pieces of ciphertext, and never a clear byte on the disk.

Sound is one Opus stream of two channels, ours left and theirs right, so that the two never drift apart and it can be told
who spoke. The picture is theirs, with our own small in its corner: a picture in a call changes its size, its codec and its
attempt, and has holes, so it is coded anew at ten a second (H.264) instead of being copied as it came.
"""

import contextlib
import fractions
import os
import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av import AudioFrame, AudioStream, VideoFrame, VideoStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.growing import Growing
from clinic.keys.hashing import KEY_BYTES
from clinic.media.camera import dark_frame, frame_of
from clinic.media.clip import HEIGHT, WIDTH, Plane
from clinic.media.microphone import BLOCK
from clinic.media.voice import RATE, Sound

FPS = 10
SOUND_BPS = 40_000
PICTURE = {
    "preset": "ultrafast", "tune": "zerolatency", "crf": "27", "maxrate": "350k", "bufsize": "700k", "g": "20",
}  # fmt: skip
LIVE = {"live": "1", "cluster_time_limit": "1000", "flush_packets": "1"}
SMALL = (160, 120)
"""Our own picture in the corner, width and height."""
LEAST_FREE, LITTLE_FREE = 60_000_000, 400_000_000
"""Bytes of the disk: below the first nothing is recorded, so that notes are still saved; below the second it is said."""
BACKLOG = 200
BEHIND = 5
"""Blocks of 20 ms that our own sound may be behind or ahead of theirs."""
LOOK_S = 1.0
FLUSH_S = 5.0
CLOSE_S = 60.0
"""A machine that is too busy may need that long for what waits to be coded."""
_MS = fractions.Fraction(1, 1000)
_NO_DISK = "The disk is nearly full: nothing is recorded. Make room, then record again."


class Film:
    """Takes sound and pictures from any thread, writes in its own. `ended(why)` is called from that thread when it stops by
    itself: 'disk', or 'trouble' where the disk or a coder failed.

    Raises Refusal without consent and without a key, Unavailable where the disk has no room or cannot be written.
    """

    def __init__(
        self, path: Path, key: bytes, consent_id: str, now: Callable[[], float], ended: Callable[[str], None],
        least_free: int = LEAST_FREE,
    ) -> None:  # fmt: skip
        if not consent_id.strip():
            raise Refusal("Nothing is recorded without a signed consent. Ask the patient to sign first.")
        if len(key) != KEY_BYTES:
            raise Refusal("A recording needs a key of its own.")
        self.path, self._now, self._ended, self._least = path, now, ended, least_free
        self.free, self.id, self.pictures = _free(path), "", 0
        if self.free < least_free:
            raise Unavailable(_NO_DISK)
        self._file = _opened(path)
        try:
            self._sealed = Growing(key, self._file.write)
            self._reel = _Reel(self._sealed)
        except (OSError, av.FFmpegError) as error:
            self._file.close()
            raise Unavailable("The recording cannot be written. Check the disk.") from error
        self._start, self._looked, self._flushed, self._shown = now(), now(), now(), -1.0
        self._mine: deque[Sound] = deque(maxlen=2 * BEHIND)
        self._small: VideoFrame | None = None
        self._queue: queue.Queue[tuple[float, VideoFrame | tuple[Sound, Sound]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="film", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        return self._reel.blocks * BLOCK / RATE

    @property
    def size(self) -> int:
        """Bytes of plaintext."""
        return self._sealed.size

    def said(self, block: Sound) -> None:
        """20 ms of our own sound, silence where it is muted."""
        self._mine.append(block)

    def heard(self, block: Sound) -> None:
        """20 ms of theirs: the clock of the film."""
        mine = self._mine.popleft() if self._mine else np.zeros(BLOCK, np.int16)
        while len(self._mine) > BEHIND:
            mine = self._mine.popleft()
        self._put((mine, block))

    def own(self, frame: VideoFrame) -> None:
        """Our camera's newest picture."""
        self._small = frame

    def saw(self, frame: VideoFrame) -> None:
        """Their newest picture; those above ten a second are left out."""
        at = self._now() - self._start
        if at - self._shown >= 1 / FPS - 0.01:
            self._shown = at
            self._put(frame)

    def close(self) -> None:
        """Finish the film and the file; returns when it is done."""
        self._queue.put(None)
        self._thread.join(timeout=CLOSE_S)

    def _put(self, what: VideoFrame | tuple[Sound, Sound]) -> None:
        if self._queue.qsize() < BACKLOG:  # else the film is left behind rather than the call disturbed
            self._queue.put((self._now() - self._start, what))

    def _run(self) -> None:
        why = ""
        try:
            while not why and (item := self._queue.get()) is not None:
                at, what = item
                if isinstance(what, VideoFrame):
                    self.pictures += self._reel.picture(what, self._small, at)
                else:
                    self._reel.sound(*what, at)
                why = self._look()
            self._reel.close()
            self.id = self._sealed.finish().id
        except (OSError, av.FFmpegError):
            why = "disk" if _free(self.path) < max(self._least, 1_000_000) else "trouble"
        finally:
            self._let_go()
        if why:
            self._ended(why)

    def _look(self) -> str:
        """Each second what is written goes to the disk and the room is looked at; 'disk' where it ends."""
        now = self._now()
        if now - self._looked < LOOK_S:
            return ""
        self._looked = now
        self._file.flush()
        if now - self._flushed >= FLUSH_S:
            self._flushed = now
            os.fsync(self._file.fileno())
        self.free = _free(self.path)
        return "disk" if self.free < self._least else ""

    def _let_go(self) -> None:
        with contextlib.suppress(OSError):
            os.fsync(self._file.fileno())
            self._file.close()


class _Reel:
    """The container and its two streams; what it writes goes to `sealed` and nowhere else."""

    def __init__(self, sealed: Growing) -> None:
        self.blocks, self._last_ms = 0, -1
        self._film: OutputContainer = av.open(_Sink(sealed), "w", format="matroska", options=LIVE)
        self._video: VideoStream = self._film.add_stream("libx264", rate=FPS)
        self._video.width, self._video.height, self._video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._video.codec_context.time_base = _MS
        self._video.codec_context.thread_count = 1
        self._video.options = dict(PICTURE)
        self._audio: AudioStream = self._film.add_stream("libopus", rate=RATE, layout="stereo")
        self._audio.bit_rate = SOUND_BPS
        self._audio.options = {"application": "voip"}

    def picture(self, theirs: VideoFrame, mine: VideoFrame | None, at: float) -> bool:
        """False for one of the same millisecond as the one before."""
        ms = round(at * 1000)
        if ms <= self._last_ms:
            return False
        self._last_ms = ms
        picture = _joined(theirs, mine)
        picture.pts, picture.time_base = ms, _MS
        self._film.mux(self._video.encode(picture))
        return True

    def sound(self, mine: Sound, theirs: Sound, at: float) -> None:
        while (self.blocks + BEHIND) * BLOCK / RATE < at:
            self._sound(np.zeros(2 * BLOCK, np.int16))
        self._sound(np.column_stack((mine, theirs)).ravel())

    def _sound(self, both: Sound) -> None:
        frame = AudioFrame(format="s16", layout="stereo", samples=BLOCK)
        frame.planes[0].update(np.ascontiguousarray(both, np.int16).tobytes())
        frame.sample_rate, frame.pts = RATE, self.blocks * BLOCK
        frame.time_base = fractions.Fraction(1, RATE)
        self._film.mux(self._audio.encode(frame))
        self.blocks += 1

    def close(self) -> None:
        for stream in (self._video, self._audio):
            self._film.mux(stream.encode(None))
        self._film.close()


class _Sink:
    """What PyAV writes a stream to: it cannot go back, so that nothing written is ever changed."""

    def __init__(self, sealed: Growing) -> None:
        self._sealed = sealed

    def write(self, data: bytes) -> int:
        self._sealed.add(bytes(data))
        return len(data)


def _joined(theirs: VideoFrame, mine: VideoFrame | None) -> VideoFrame:
    """Their picture whole on a dark ground, ours in its lower right corner."""
    scale = min(WIDTH / theirs.width, HEIGHT / theirs.height)
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (theirs.width, theirs.height))
    ground = [_plane(dark_frame(), n).copy() for n in range(3)]
    _lay(ground, _fitted(theirs, width, height), (WIDTH - width) // 4 * 2, (HEIGHT - height) // 4 * 2)
    if mine is not None:
        _lay(ground, _fitted(mine, *SMALL), WIDTH - SMALL[0] - 8, HEIGHT - SMALL[1] - 8)
    return frame_of((ground[0], ground[1], ground[2]))


def _fitted(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    return frame.reformat(width=width, height=height, format="yuv420p", dst_color_range=ColorRange.MPEG)


def _lay(ground: list[Plane], picture: VideoFrame, left: int, top: int) -> None:
    for number, under in enumerate(ground):
        half = 2 if number else 1
        over = _plane(picture, number)
        rows, columns = over.shape
        under[top // half :, left // half :][:rows, :columns] = over


def _plane(frame: VideoFrame, number: int) -> Plane:
    plane = frame.planes[number]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
        : plane.height, : plane.width
    ]
    return rows


def _free(path: Path) -> int:
    """Bytes the disk has left there; none where it cannot be asked."""
    try:
        return shutil.disk_usage(path.parent if path.parent.exists() else path.parent.parent).free
    except OSError:
        return 0


def _opened(path: Path) -> BinaryIO:
    """A new file that nobody else may read; a recording never writes over another."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as error:
        raise Unavailable("The recording cannot be written. Check the disk.") from error
    return os.fdopen(handle, "wb", buffering=0)
