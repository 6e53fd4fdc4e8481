# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine-readable strip on generated pictures: which side drew it and which picture it is.

Two rows of 16 cells over the top tenth of the picture, black or white, 32 bits, most significant first:
side (4), index (16), check (12). Large plain cells survive VP8 and H.264 at low rates and scaling down to
160 x 120.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.media.sources import SIDES

COLUMNS, ROWS = 16, 2
INDEXES = 1 << 16
BLACK, WHITE = 16, 235
CONTRAST = 60
"""Smallest luma distance between the darkest and the lightest cell that is taken for a strip."""
Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """`index` counts the pictures of a side, modulo 65,536."""

    side: str
    index: int


def strip_height(height: int) -> int:
    """Rows of the picture that the strip covers: a tenth, even."""
    return height // 10 // 2 * 2


def stamp_mark(luma: Luma, mark: Mark) -> None:
    """Draw the strip into a luma plane (height x width)."""
    height, width = luma.shape
    row_height = strip_height(height) // ROWS
    cells = np.array(_bits(_word(mark)), np.uint8).reshape(ROWS, COLUMNS) * (WHITE - BLACK) + BLACK
    edges = np.linspace(0, width, COLUMNS + 1).round().astype(int)
    line = np.repeat(cells, np.diff(edges), axis=1)
    luma[: row_height * ROWS] = np.repeat(line, row_height, axis=0)


def read_mark(picture: NDArray[Any]) -> Mark | None:
    """The mark of a whole picture, luma (h x w) or RGB/BGR (h x w x 3 or 4), of any size;
    None if there is none.
    """
    means = _cell_means(picture)
    low, high = float(means.min()), float(means.max())
    if high - low < CONTRAST:
        return None
    return _parsed("".join("1" if cell else "0" for cell in (means > (low + high) / 2).ravel()))


def _cell_means(picture: NDArray[Any]) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    row, column = height / 10 / ROWS, width / COLUMNS
    means = np.empty((ROWS, COLUMNS))
    for y in range(ROWS):
        top, bottom = int((y + 0.3) * row), max(int((y + 0.7) * row), int((y + 0.3) * row) + 1)
        for x in range(COLUMNS):
            left = int((x + 0.3) * column)
            right = max(int((x + 0.7) * column), left + 1)
            means[y, x] = picture[top:bottom, left:right, ...].mean()
    return means


def _word(mark: Mark) -> int:
    body = SIDES.index(mark.side) << 16 | mark.index % INDEXES
    return body << 12 | _check(body)


def _bits(word: int) -> list[int]:
    return [int(bit) for bit in f"{word:032b}"]


def _parsed(bits: str) -> Mark | None:
    word = int(bits, 2)
    body, check = word >> 12, word & 0xFFF
    return Mark(SIDES[body >> 16], body & 0xFFFF) if check == _check(body) else None


def _check(body: int) -> int:
    """CRC-12 (x^12+x^11+x^3+x^2+x+1) of 20 bits,
    started so that neither all black nor all white is a mark.
    """
    register = 0xABC
    for place in range(19, -1, -1):
        top = (register >> 11 & 1) ^ (body >> place & 1)
        register = (register << 1 & 0xFFF) ^ (0x80F if top else 0)
    return register
