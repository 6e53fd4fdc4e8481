# SPDX-License-Identifier: GPL-3.0-or-later
"""The film both peers show: the talking clip before a papered wall, with a camera's noise, every picture with its mark.

A YUV4MPEG2 file (raw pictures), which our engine reads as `file:PATH` and Chromium as its camera. The film is a loop.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinic.media.clip import HEIGHT, WIDTH, TalkingClip
from clinic.media.mark import Mark, stamp_mark, strip_height

FPS, SECONDS = 30, 10
SMALL, LARGE = (WIDTH, HEIGHT), (1280, 720)
_NOISE, _PAPER, _SHEETS, _SEED = 1.5, 9.0, 16, 20
"""Standard deviation of a camera's noise and of the wall's pattern, in steps of luma; different sheets of noise."""
_FRAME = b"FRAME\n"
Plane = NDArray[np.uint8]


def make_film(path: Path, side: str, size: tuple[int, int], cache: Path, count: int = FPS * SECONDS) -> Path:
    """Writes the pictures 0 to `count` - 1 of a side."""
    clip, dice = TalkingClip(side, FPS, cache), np.random.default_rng(_SEED)
    width, height = size
    wall = _paper(dice, size)
    noise = [np.rint(wall + dice.normal(0, _NOISE, (height, width))).astype(np.int16) for _ in range(_SHEETS)]
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for index in range(count):
            y, u, v = (_sized(plane, size) for plane in clip.picture(index))
            luma = np.clip(y.astype(np.int16) + noise[index * 5 % _SHEETS], 16, 235).astype(np.uint8)
            stamp_mark(luma, Mark(side, index))
            for chroma in (u, v):
                chroma[: strip_height(height) // 2 + 1] = 128
            film.write(b"".join((_FRAME, luma.tobytes(), u.tobytes(), v.tobytes())))
    return path


class Film:
    """The pictures of a film that was made, for comparing."""

    def __init__(self, path: Path) -> None:
        self._data = np.memmap(path, np.uint8, "r")
        head = bytes(self._data[:200]).partition(b"\n")[0]
        words = {word[:1]: word[1:] for word in head.decode().split()[1:]}
        self.width, self.height = int(words["W"]), int(words["H"])
        self._begin, self._step = len(head) + 1, len(_FRAME) + self.width * self.height * 3 // 2

    def __len__(self) -> int:
        return (len(self._data) - self._begin) // self._step

    def luma(self, index: int) -> Plane:
        at = self._begin + index % len(self) * self._step + len(_FRAME)
        return np.asarray(self._data[at : at + self.width * self.height]).reshape(self.height, self.width)


def _paper(dice: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float64]:
    """A pattern of leaves that does not move: what is fine costs bits."""
    width, height = size
    paper = np.zeros((height, width))
    for cells, weight in ((24, 1.0), (60, 0.8), (150, 0.5)):
        drawn = Image.fromarray(dice.normal(0, 1, (cells * 3 // 4, cells)).astype(np.float32))
        paper += weight * np.asarray(drawn.resize(size, Image.Resampling.BICUBIC))
    made: NDArray[np.float64] = paper * (_PAPER / paper.std())
    return made


def _sized(plane: Plane, size: tuple[int, int]) -> Plane:
    """A plane of the clip as large as it is in a film of that size."""
    if size == (WIDTH, HEIGHT):
        return plane.copy()
    wanted = (size[0] * plane.shape[1] // WIDTH, size[1] * plane.shape[0] // HEIGHT)
    return np.array(Image.fromarray(plane).resize(wanted, Image.Resampling.BICUBIC))
