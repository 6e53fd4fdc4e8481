# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice notes: recorded from the call's microphone or one opened for it, played from memory. Opus in Ogg; no file, ever.

A note is at most half a minute and 12 kbit/s: 45 kB, which a letter carries and 64 kbit/s bring in six seconds.
"""

import io
import threading
from collections.abc import Callable

import av
import numpy as np
from av import AudioStream

from clinic.domain.errors import Refusal
from clinic.media.camera import Pace
from clinic.media.microphone import BLOCK, Microphone
from clinic.media.speaker import Sink, audio_frame
from clinic.media.voice import RATE, Sound

NOTE_BITRATE = 12_000
MOST_S = 30
MOST_BYTES = 200_000
"""Of a note that is played: nobody's clinic writes longer ones."""
LEAST_S = 0.3
"""A touch by mistake is no note."""
Take = Callable[[Sound], None]


class Tapped:
    """A microphone that hands each block to a note as well, while one is being recorded."""

    def __init__(self, microphone: Microphone) -> None:
        self.name = microphone.name
        self._microphone = microphone
        self.take: Take | None = None

    def read(self) -> Sound:
        block = self._microphone.read()
        if (take := self.take) is not None:
            take(block)
        return block

    def close(self) -> None:
        self._microphone.close()


class Note:
    """Blocks of 20 ms until `sound()`; after MOST_S what comes is not taken any more."""

    def __init__(self) -> None:
        self._blocks: list[Sound] = []

    @property
    def seconds(self) -> float:
        return len(self._blocks) * BLOCK / RATE

    @property
    def full(self) -> bool:
        return self.seconds >= MOST_S

    def take(self, block: Sound) -> None:
        if not self.full:
            self._blocks.append(block.copy())

    def go_on_from(self, before: "Note") -> None:
        """The call ended while somebody spoke: what was said until then stands before what comes."""
        self._blocks[:0] = before._blocks

    def sound(self) -> bytes:
        """Opus in Ogg; b"" for what is too short to be meant."""
        return encoded(np.concatenate(self._blocks)) if self.seconds >= LEAST_S else b""


class Pump:
    """Reads a microphone that no call holds open, for one note; closing frees it."""

    def __init__(self, microphone: Microphone, take: Take) -> None:
        self._microphone, self._take = microphone, take
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="note", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._take(self._microphone.read())
        except (OSError, av.FFmpegError, StopIteration, RuntimeError):
            pass  # the microphone was pulled out: what was said until then is the note
        finally:
            self._microphone.close()


class Playing:
    """Plays a note in a thread of its own; `ended(whole)` is called from it."""

    def __init__(self, sound: Sound, sink: Sink, ended: Callable[[bool], None]) -> None:
        self._sound, self._sink, self._ended = sound, sink, ended
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        pace = Pace(50)
        padded = np.pad(self._sound, (0, -len(self._sound) % BLOCK)).reshape(-1, BLOCK)
        for block in padded:
            if self._stop.is_set():
                break
            pace.wait()
            self._sink.play(block)
        self._sink.close()
        self._ended(not self._stop.is_set())


def encoded(sound: Sound) -> bytes:
    """48 kHz mono as Opus in Ogg (RFC 7845)."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as file:
        stream: AudioStream = file.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = NOTE_BITRATE
        stream.options = {"application": "voip", "vbr": "constrained"}
        whole = sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)
        for number, block in enumerate(whole):
            file.mux(stream.encode(audio_frame(block, number * BLOCK)))
        file.mux(stream.encode(None))
    return out.getvalue()


def decoded(data: bytes) -> Sound:
    """The sound of a note, at most twice as long as one may be. Raises Refusal for what is none."""
    damaged = "This voice note cannot be played. Ask for it to be said again."
    if not 0 < len(data) <= MOST_BYTES:
        raise Refusal(damaged)
    resampler, blocks, held = av.AudioResampler("s16", "mono", RATE), [], 0
    try:
        with av.open(io.BytesIO(data), "r", format="ogg") as file:
            for frame in file.decode(audio=0):
                for block in resampler.resample(frame):
                    blocks.append(block.to_ndarray().reshape(-1))
                    held += len(blocks[-1])
                if held > 2 * MOST_S * RATE:
                    break
    except (OSError, av.FFmpegError, IndexError, ValueError) as error:
        raise Refusal(damaged) from error
    if not held:
        raise Refusal(damaged)
    return np.concatenate(blocks).astype(np.int16)
