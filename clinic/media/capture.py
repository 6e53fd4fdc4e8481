# SPDX-License-Identifier: GPL-3.0-or-later
"""One camera and one microphone, read in threads of their own,
shared by the preview and every running attempt.
"""

import asyncio
import fractions
import threading
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

import av
import numpy as np
from av import AudioStream, Packet, VideoFrame

from clinic.calls.speech import Speech
from clinic.media import spent
from clinic.media.camera import Camera, dark_frame
from clinic.media.microphone import Microphone
from clinic.media.opus import Coding, make_encoder
from clinic.media.redundancy import Frame
from clinic.media.ring import Ring
from clinic.media.speaking import Speaking
from clinic.media.voice import Sound

VIDEO_TIME = fractions.Fraction(1, 90_000)
AudioPacket: TypeAlias = "Packet[AudioStream]"
T = TypeVar("T")
Announce = Callable[[str, int, int, int, int], None]
"""(ring name, slot, seq, width, height)"""
ENDED = (OSError, av.FFmpegError, StopIteration, RuntimeError)


class Outlets(Generic[T]):
    """Hands each item to everybody who asked; whoever is slow misses the oldest."""

    def __init__(self, loop: asyncio.AbstractEventLoop, depth: int) -> None:
        self._loop, self._depth = loop, depth
        self._queues: set[asyncio.Queue[T]] = set()

    def open(self) -> asyncio.Queue[T]:
        queue: asyncio.Queue[T] = asyncio.Queue(self._depth)
        self._queues.add(queue)
        return queue

    def close(self, queue: asyncio.Queue[T]) -> None:
        self._queues.discard(queue)

    def publish(self, item: T) -> None:
        """From the capture thread."""
        self._loop.call_soon_threadsafe(self._hand_out, item)

    def _hand_out(self, item: T) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(item)


class CameraFeed:
    """Reads a camera until closed; shows it in the preview ring."""

    def __init__(self, camera: Camera, announce: Announce, lost: Callable[[], None]) -> None:
        self.camera = camera
        self.outlets: Outlets[VideoFrame] = Outlets(asyncio.get_running_loop(), depth=1)
        self.muted = False
        self._announce, self._lost = announce, lost
        self._loop = asyncio.get_running_loop()
        self._preview: Ring | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def show_in(self, ring: Ring | None) -> None:
        self._preview = ring

    def close(self) -> None:
        """Stop; returns when the device is free."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        start = self._loop.time()
        try:
            while not self._stop.is_set():
                frame = self.camera.read()
                if self.muted:
                    frame = dark_frame(frame.width, frame.height)
                frame.pts, frame.time_base = round((self._loop.time() - start) * 90_000), VIDEO_TIME
                self._show(frame)
                self.outlets.publish(frame)
        except MemoryError as problem:
            spent.end(problem)
        except ENDED:
            if not self._stop.is_set():
                self._loop.call_soon_threadsafe(self._lost)
        finally:
            self.camera.close()

    def _show(self, frame: VideoFrame) -> None:
        if (ring := self._preview) is not None:
            show(frame, ring, self._announce)


class MicrophoneFeed:
    """Reads a microphone and encodes it once for everybody, as `speech` says: the attempt that carries the
    call sets it.
    """

    def __init__(self, microphone: Microphone, lost: Callable[[], None]) -> None:
        self.microphone = microphone
        self.outlets: Outlets[Frame] = Outlets(asyncio.get_running_loop(), depth=10)
        self.muted = False
        self.speech = Speech()
        self.listen: Callable[[Sound], None] = lambda block: None
        """Told of each block that was read, muted or not."""
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        speaking = Speaking(make_encoder())
        try:
            while not self._stop.is_set():
                block = self.microphone.read()
                self.listen(block)
                if self.muted:
                    block = block * 0
                if (frame := speaking.put(block, _coding(self.speech))) is not None:
                    self.outlets.publish(frame)
        except MemoryError as problem:
            spent.end(problem)
        except ENDED:
            if not self._stop.is_set():
                self._loop.call_soon_threadsafe(self._lost)
        finally:
            self.microphone.close()


def show(frame: VideoFrame, ring: Ring, announce: Announce) -> None:
    """Write a frame into a ring and say so."""
    try:
        picture = frame.reformat(format="bgra")
    except spent.MEMORY as problem:
        spent.end(problem)
    plane = picture.planes[0]
    width, height = picture.width, picture.height
    pixels = plane if plane.line_size == width * 4 else np.ascontiguousarray(picture.to_ndarray())
    slot, seq = ring.write(pixels, width, height)
    announce(ring.name, slot, seq, width, height)


def _coding(speech: Speech) -> Coding:
    return Coding(speech.bitrate, speech.packet_ms, speech.fec, speech.loss, speech.dtx)
