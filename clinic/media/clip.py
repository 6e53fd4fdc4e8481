# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated talking clip: a drawn person who moves, blinks and speaks, every picture with its mark.

It stands in for a camera and a microphone where there are none, and it proves a call: what arrives can be
read (`read_mark`) and recognised (`clinic.media.recognise`).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.media.mark import Mark, read_mark, stamp_mark, strip_height
from clinic.media.sources import SIDES
from clinic.media.voice import RATE, Voice, voice

__all__ = ["HEIGHT", "WIDTH", "Mark", "TalkingClip", "read_mark"]

WIDTH, HEIGHT = 640, 480
Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y (480 x 640), U and V (240 x 320), BT.601 limited range."""
_HEAD = (180, 96, 280, 304)  # left, top, width, height of what moves
_MOUTHS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a drawn person (RGB)."""

    wall: tuple[int, int, int]
    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    cloth: tuple[int, int, int]
    collar: tuple[int, int, int]
    long_hair: bool


_LOOKS = (
    Look((206, 222, 226), (224, 178, 148), (62, 44, 36), (244, 247, 248), (15, 118, 110), True),
    Look((226, 214, 196), (196, 144, 110), (150, 146, 142), (126, 58, 70), (90, 40, 52), False),
    Look((210, 216, 200), (170, 116, 84), (30, 26, 26), (58, 92, 140), (240, 240, 236), False),
    Look((222, 208, 220), (236, 196, 170), (120, 70, 40), (84, 120, 84), (60, 90, 60), True),
)


class TalkingClip:
    """Picture and sound of one side; picture `i` is shown at `i / fps` seconds, the sound loops."""

    def __init__(self, side: str, fps: int = 15, cache: Path | None = None) -> None:
        if side not in SIDES or len(side) != 1:
            raise ValueError(f"a side is one letter of {SIDES}")
        self.side, self.fps = side, fps
        self.voice: Voice = voice(side, cache)
        self._openness = _openness(self.voice.sound, fps)
        self._scene = _scene(_LOOKS[SIDES.index(side) % len(_LOOKS)])

    def picture(self, index: int) -> Planes:
        """The planes of picture `index`; they belong to the caller."""
        at = index / self.fps
        mouth = self._openness[index % len(self._openness)]
        blink = index % (4 * self.fps) < max(2, self.fps // 8)
        dx = round(3 * np.sin(at * 0.9) + 1.5 * np.sin(at * 2.3)) * 2
        dy = round(2 * np.sin(at * 1.3 + 1)) * 2
        planes = self._scene.drawn(int(mouth), blink, dx, dy)
        stamp_mark(planes[0], Mark(self.side, index % 65536))
        for chroma in planes[1:]:
            chroma[: strip_height(HEIGHT) // 2] = 128
        return planes


class _Scene:
    """The still room, and the head in every expression with its soft edge."""

    def __init__(self, look: Look) -> None:
        self._look, self._room = look, _planes(_room(look))
        self._heads: dict[tuple[int, bool], tuple[Planes, Planes]] = {}

    def drawn(self, mouth: int, blink: bool, dx: int, dy: int) -> Planes:
        heads, covers = self._head(mouth, blink)
        y, u, v = (plane.copy() for plane in self._room)
        for plane, head, cover, half in (
            (y, heads[0], covers[0], 1),
            (u, heads[1], covers[1], 2),
            (v, heads[2], covers[2], 2),
        ):
            left, top, width, height = (side // half for side in _HEAD)
            _blend(plane[top + dy // half :, left + dx // half :][:height, :width], head, cover)
        return y, u, v

    def _head(self, mouth: int, blink: bool) -> tuple[Planes, Planes]:
        """Drawn when it is first needed (some 30 ms), then kept."""
        if (mouth, blink) not in self._heads:
            left, top, width, height = _HEAD
            y, x = np.mgrid[top : top + height, left : left + width].astype(np.float32)
            rgb, cover = _head(self._look, x, y, mouth / (_MOUTHS - 1), blink)
            self._heads[mouth, blink] = (_planes(rgb), _covers(cover))
        return self._heads[mouth, blink]


@cache
def _scene(look: Look) -> _Scene:
    """One per look: what has been drawn is kept."""
    return _Scene(look)


def _blend(into: Plane, head: Plane, cover: Plane) -> None:
    """Lay the head over the room, `cover` 0..255."""
    below = into.astype(np.int32)
    into[:] = (below + ((head.astype(np.int32) - below) * cover) // 255).astype(np.uint8)


def _openness(sound: NDArray[np.int16], fps: int) -> NDArray[np.int64]:
    """How open the mouth is in each picture of the loop, 0..4."""
    step = RATE // fps
    blocks = sound[: len(sound) // step * step].reshape(-1, step).astype(np.float64)
    loud = np.sqrt((blocks**2).mean(axis=1))
    top = float(np.percentile(loud, 95)) or 1.0
    open_: NDArray[np.int64] = np.clip(np.round(loud / top * (_MOUTHS - 1)), 0, _MOUTHS - 1).astype(np.int64)
    return open_


def _room(look: Look) -> NDArray[np.float32]:
    """The wall, a shelf, and the shoulders."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    rgb = np.empty((HEIGHT, WIDTH, 3), np.float32)
    shade = (1.04 - 0.16 * (y / HEIGHT) - 0.06 * np.abs(x / WIDTH - 0.5))[..., None]
    rgb[:] = np.array(look.wall, np.float32) * shade
    for left, tall, colour in (
        (36, 60, (120, 150, 160)),
        (62, 74, (170, 120, 90)),
        (84, 52, (90, 120, 110)),
        (110, 66, (190, 170, 120)),
    ):
        _box(rgb, left, 190 - tall, 20, tall, colour)
    _box(rgb, 24, 190, 130, 8, (150, 120, 92))
    _box(rgb, 500, 90, 96, 120, (250, 250, 248))
    _box(rgb, 540, 108, 16, 84, (15, 118, 110))
    _box(rgb, 514, 142, 68, 16, (15, 118, 110))
    _lay(rgb, _oval(x, y, 320, 540, 236, 190), look.cloth)
    _lay(rgb, _oval(x, y, 320, 396, 74, 60), look.collar)
    _lay(rgb, _oval(x, y, 320, 372, 50, 62), tuple(c * 0.9 for c in look.skin))
    return rgb


def _head(look: Look, x: NDArray[np.float32], y: NDArray[np.float32], open_: float, blink: bool) -> Any:
    """RGB and cover of the head with that expression."""
    rgb = np.empty((*x.shape, 3), np.float32)
    rgb[:] = np.array(look.skin, np.float32)
    hair_low = 130 if look.long_hair else 96
    hair = _oval(x, y, 320, 222 + (24 if look.long_hair else -12), 108, hair_low + 16)
    face = _oval(x, y, 320, 252, 84, 112)
    neck = _oval(x, y, 320, 360, 44, 40)
    cover = np.maximum(np.maximum(hair, face), neck)
    _lay(rgb, hair, look.hair)
    _lay(rgb, neck, tuple(c * 0.9 for c in look.skin))
    _lay(rgb, face, look.skin)
    fringe = np.minimum(_oval(x, y, 320, 150, 96, 46), _oval(x, y, 320, 252, 87, 115))
    _lay(rgb, fringe, look.hair)
    for side in (-1, 1):
        _lay(rgb, _oval(x, y, 320 + side * 34, 300, 18, 12) * 0.25, (214, 96, 84))
        _lay(
            rgb,
            _oval(x, y, 320 + side * 34, 240, 15, 2.2 if blink else 8.5),
            (250, 250, 250) if not blink else (110, 74, 60),
        )
        if not blink:
            _lay(rgb, _oval(x, y, 320 + side * 34, 240, 6.5, 6.5), (52, 36, 28))
        _lay(rgb, _oval(x, y, 320 + side * 34, 218 - 3 * open_, 20, 3.6), look.hair)
    _lay(rgb, _oval(x, y, 320, 272, 9, 14) * 0.35, tuple(c * 0.75 for c in look.skin))
    _lay(rgb, _oval(x, y, 320, 314, 27 - 4 * open_, 4 + 15 * open_), (128, 44, 48))
    _lay(rgb, _oval(x, y, 320, 309 - 6 * open_, 17, 0.6 + 4.5 * open_), (246, 244, 240))
    return rgb, cover


def _oval(
    x: NDArray[np.float32], y: NDArray[np.float32], cx: float, cy: float, rx: float, ry: float
) -> NDArray[np.float32]:
    """Coverage 0..1 of an ellipse with an edge of about two pixels."""
    inside = (1 - np.hypot((x - cx) / rx, (y - cy) / ry)) * min(rx, ry)
    cover: NDArray[np.float32] = np.clip(inside / 2 + 0.5, 0, 1)
    return cover


def _lay(rgb: NDArray[np.float32], cover: NDArray[np.float32], colour: tuple[float, ...]) -> None:
    rgb += (np.array(colour, np.float32) - rgb) * cover[..., None]


def _box(
    rgb: NDArray[np.float32], left: int, top: int, width: int, height: int, colour: tuple[int, int, int]
) -> None:
    rgb[top : top + height, left : left + width] = colour


def _planes(rgb: NDArray[np.float32]) -> Planes:
    """RGB to planar YUV 4:2:0 (ITU-R BT.601, limited range)."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256
    u = _halved(128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256)
    v = _halved(128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256)
    return _bytes(y), _bytes(u), _bytes(v)


def _covers(cover: NDArray[np.float32]) -> Planes:
    half = _bytes(_halved(cover) * 255)
    return _bytes(cover * 255), half, half


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape
    half: NDArray[np.float32] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return half


def _bytes(plane: NDArray[np.float32]) -> Plane:
    return np.clip(np.round(plane), 0, 255).astype(np.uint8)
