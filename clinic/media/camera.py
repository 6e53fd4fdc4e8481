# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera port: a device through PyAV, a picture, a film or the talking clip.
`read()` blocks until the next picture.
"""

import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av import VideoFrame
from av.container import InputContainer
from av.video.reformatter import ColorRange

from clinic.media.clip import HEIGHT, WIDTH, Planes, TalkingClip
from clinic.media.ring import LARGEST
from clinic.media.sources import Missing, Spec

DEVICE_FPS = 30
"""Asked of a real camera; how many of its pictures are sent follows the link."""
MISSING = "No camera was found. Plug one in, or go on with sound only."
DENIED = "The camera does not start. Close other programs that use it, or go on with sound only."


class Camera(Protocol):
    """`name` is for the screen; `read` gives yuv420p pictures at the camera's own pace."""

    name: str

    def read(self) -> VideoFrame: ...

    def close(self) -> None: ...


class Pace:
    """Wakes its caller `fps` times a second; ticks that were missed are skipped."""

    def __init__(
        self,
        fps: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._period, self._now, self._sleep = 1 / fps, now, sleep
        self._start: float | None = None
        self._tick = -1

    def wait(self) -> int:
        """Number of the tick that is due now."""
        now = self._now()
        if self._start is None:
            self._start = now
        self._tick = max(self._tick + 1, int((now - self._start) / self._period))
        ahead = self._start + self._tick * self._period - now
        if ahead > 0:
            self._sleep(ahead)
        return self._tick


class ClipCamera:
    def __init__(self, side: str, fps: int, cache: Path | None) -> None:
        self.name = f"clip {side}"
        self._clip, self._pace = TalkingClip(side, fps, cache), Pace(fps)

    def read(self) -> VideoFrame:
        return frame_of(self._clip.picture(self._pace.wait()))

    def close(self) -> None:
        pass


class ImageCamera:
    """One picture, held before the camera; a small one is enlarged, a large one fitted."""

    def __init__(self, path: str, fps: int) -> None:
        self.name = Path(path).name
        self._pace = Pace(fps)
        with av.open(path) as picture:
            self._pixels = _fitted(next(picture.decode(video=0))).to_ndarray()

    def read(self) -> VideoFrame:
        self._pace.wait()
        return VideoFrame.from_ndarray(self._pixels, format="yuv420p")

    def close(self) -> None:
        pass


class FileCamera:
    """A film, over and over, at its own rate."""

    def __init__(self, path: str) -> None:
        self.name = Path(path).name
        self._path = path
        self._pictures = self._endless()
        with av.open(path) as film:
            self._pace = Pace(float(film.streams.video[0].average_rate or 15))

    def read(self) -> VideoFrame:
        self._pace.wait()
        return next(self._pictures)

    def close(self) -> None:
        self._pictures.close()

    def _endless(self) -> Generator[VideoFrame, None, None]:
        while True:
            with av.open(self._path) as film:
                for picture in film.decode(video=0):
                    yield picture.reformat(format="yuv420p")


class DeviceCamera:
    """A real camera."""

    def __init__(self, device: str, kind: str, fps: int) -> None:
        self.name = device
        options = {"framerate": str(max(fps, DEVICE_FPS)), "video_size": f"{WIDTH}x{HEIGHT}"}
        self._device = _device(device, kind, options)
        self._pictures: Iterator[VideoFrame] = self._device.decode(video=0)

    def read(self) -> VideoFrame:
        return next(self._pictures).reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)

    def close(self) -> None:
        self._device.close()


def open_camera(spec: Spec, fps: int, cache: Path | None) -> Camera:
    """Raises Missing when there is no such camera."""
    try:
        match spec.kind:
            case "clip":
                return ClipCamera(spec.value, fps, cache)
            case "image":
                return ImageCamera(spec.value, fps)
            case "file":
                return FileCamera(spec.value)
            case "auto":
                return _first_device(fps)
    except (OSError, av.FFmpegError, IndexError, StopIteration) as error:
        raise Missing("The camera source {name} cannot be read. Check the file.", name=str(spec)) from error
    raise Missing(MISSING)


def camera_devices() -> list[str]:
    """What may be a camera on this machine, without opening it."""
    if sys.platform.startswith("linux"):
        return sorted(str(path) for path in Path("/dev").glob("video[0-9]*"))
    return ["0"] if sys.platform == "darwin" else []


def frame_of(planes: Planes) -> VideoFrame:
    """A yuv420p frame of three planes."""
    height, width = planes[0].shape
    frame = VideoFrame(width, height, "yuv420p")
    for plane, data in zip(frame.planes, planes, strict=True):
        if plane.line_size == data.shape[1]:
            plane.update(data.tobytes())
        else:
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[:, : data.shape[1]] = data
            plane.update(padded.tobytes())
    return frame


def dark_frame(width: int = WIDTH, height: int = HEIGHT) -> VideoFrame:
    """What is sent while the camera is muted."""
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return frame_of((np.full((height, width), 24, np.uint8), grey, grey))


def _first_device(fps: int) -> Camera:
    kind = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "")
    for device in camera_devices():
        try:
            return DeviceCamera(device, kind, fps)
        except Missing:
            continue
    raise Missing(MISSING if not camera_devices() else DENIED)


def _device(device: str, kind: str, options: dict[str, str]) -> InputContainer:
    """Ask for the size we want, else take what it gives. Raises Missing."""
    for wish in (options, {}):
        try:
            return av.open(device, format=kind, options=wish, timeout=(5.0, 2.0))
        except (OSError, av.FFmpegError):
            continue
    raise Missing(DENIED)


def _fitted(picture: VideoFrame) -> VideoFrame:
    """At most 1280 x 720, even sides."""
    scale = min(1.0, LARGEST[0] / picture.width, LARGEST[1] / picture.height)
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (picture.width, picture.height))
    return picture.reformat(width=width, height=height, format="yuv420p", dst_color_range=ColorRange.MPEG)
