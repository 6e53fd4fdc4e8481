# SPDX-License-Identifier: GPL-3.0-or-later
"""What is received becomes a playable Matroska file, written cluster by cluster:
a killed engine loses at most a second.
"""

import fractions
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from av import AudioStream, VideoFrame, VideoStream
from av.container import OutputContainer

from clinic.domain.errors import Refusal, Unavailable
from clinic.media.clip import HEIGHT, WIDTH
from clinic.media.microphone import BLOCK
from clinic.media.speaker import audio_frame
from clinic.media.voice import RATE, Sound

LIVE = {"live": "1", "cluster_time_limit": "1000", "flush_packets": "1"}
BACKLOG = 200
"""Items that may wait for the encoder; beyond, the newest are left out rather than the call disturbed."""
GAP = 5
"""Blocks of 20 ms that sound may lag behind the clock before silence is filled in."""
_MS = fractions.Fraction(1, 1000)
_Item = tuple[float, VideoFrame | Sound]


class Recorder:
    """Takes pictures and sound from any thread, writes in its own. Raises Refusal without consent,
    Unavailable without disk.
    """

    def __init__(self, path: Path, consent_id: str, now: Callable[[], float]) -> None:
        if not consent_id.strip():
            raise Refusal("Nothing is recorded without a signed consent. Ask the patient to sign first.")
        self.path = free_name(path)
        self.pictures = 0
        self._now, self._start = now, now()
        self._film = _Film(self.path)
        self._queue: queue.Queue[_Item | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        return self._film.blocks * BLOCK / RATE

    def picture(self, frame: VideoFrame) -> None:
        self._put(frame)

    def sound(self, block: Sound) -> None:
        self._put(block)

    def close(self) -> None:
        """Finish the file."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def _put(self, item: VideoFrame | Sound) -> None:
        if self._queue.qsize() < BACKLOG:
            self._queue.put((self._now() - self._start, item))

    def _run(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                at, what = item
                if isinstance(what, VideoFrame):
                    self.pictures += self._film.picture(what, at)
                else:
                    self._film.sound(what, at)
        except (OSError, av.FFmpegError):
            pass  # disk full: what is written stays playable, `seconds` says how much
        finally:
            self._film.close()


class _Film:
    """The container and its two streams."""

    def __init__(self, path: Path) -> None:
        self.blocks = 0
        self._last_ms = -1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: OutputContainer = av.open(str(path), "w", format="matroska", options=LIVE)
        except (OSError, av.FFmpegError) as error:
            raise Unavailable("The recording cannot be written. Check the disk.") from error
        self._video: VideoStream = self._file.add_stream("libx264", rate=15)
        self._video.width, self._video.height, self._video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._video.codec_context.time_base = _MS
        self._video.codec_context.thread_count = 1
        self._video.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25", "g": "30"}
        self._audio: AudioStream = self._file.add_stream("libopus", rate=RATE, layout="mono")
        self._audio.bit_rate = 32_000

    def picture(self, frame: VideoFrame, at: float) -> bool:
        """True if it was written; a picture of the same millisecond as the one before is left out."""
        ms = round(at * 1000)
        if ms <= self._last_ms:
            return False
        self._last_ms = ms
        copy = frame.reformat(width=WIDTH, height=HEIGHT, format="yuv420p")
        if copy is frame:
            copy = VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
        copy.pts, copy.time_base = ms, _MS
        self._file.mux(self._video.encode(copy))
        return True

    def sound(self, block: Sound, at: float) -> None:
        while (self.blocks + GAP) * BLOCK / RATE < at:
            self._sound(np.zeros(BLOCK, np.int16))
        self._sound(block)

    def close(self) -> None:
        try:
            for stream in (self._video, self._audio):
                self._file.mux(stream.encode(None))
            self._file.close()
        except (OSError, av.FFmpegError):
            return

    def _sound(self, block: Sound) -> None:
        self._file.mux(self._audio.encode(audio_frame(block, self.blocks * BLOCK)))
        self.blocks += 1


def free_name(path: Path) -> Path:
    """`path`, or `NAME-2.mkv`, `NAME-3.mkv` … where it exists already: nothing is ever overwritten."""
    wanted = path if path.suffix else path.with_suffix(".mkv")
    number, free = 2, wanted
    while free.exists():
        free = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        number += 1
    return free
