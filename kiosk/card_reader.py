# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of the camera becomes the text of a card. Frames are H×W×3 or H×W×4 uint8 arrays, or H×W grey.

Codes read straight are found at once; a tilted PDF417 is found by a sweep of ±14° in 2° steps
(standards.md, "Id scan"),
one more angle per frame, so that the live picture never waits.
"""

from __future__ import annotations

import math

import numpy as np
import zxingcpp
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
_FORMATS = zxingcpp.barcode_formats_from_str("QRCode,PDF417")
SWEEP = tuple(sign * angle for angle in range(2, 15, 2) for sign in (1, -1))
"""Degrees, the likeliest first."""
LONGEST = 4096
"""Characters; more is not a card."""


class CardReader:
    """Remembers only which tilt to try next."""

    def __init__(self) -> None:
        self._turn = 0

    def read(self, frame: Frame) -> str | None:
        """The text of the first code in the picture, or None."""
        grey = _grey(frame)
        return _decoded(grey) or _decoded(_tilted(grey, self._next_angle()))

    def _next_angle(self) -> float:
        angle = SWEEP[self._turn % len(SWEEP)]
        self._turn += 1
        return float(angle)


def _decoded(grey: Frame) -> str | None:
    for found in zxingcpp.read_barcodes(np.ascontiguousarray(grey), formats=_FORMATS):
        if found.valid and 0 < len(found.text) <= LONGEST:
            return str(found.text)
    return None


def _grey(frame: Frame) -> Frame:
    if frame.ndim == 2:
        return frame
    weights = np.array([29, 150, 77], dtype=np.uint16)
    mixed = (frame[..., :3].astype(np.uint16) * weights).sum(axis=2) >> 8
    return np.asarray(mixed, dtype=np.uint8)


def _tilted(grey: Frame, degrees: float) -> Frame:
    """The picture turned around its middle, nearest pixel; corners are white."""
    height, width = grey.shape
    turn = math.radians(degrees)
    y, x = np.indices((height, width), dtype=np.float32)
    y -= height / 2
    x -= width / 2
    source_x = np.rint(math.cos(turn) * x + math.sin(turn) * y + width / 2).astype(np.intp)
    source_y = np.rint(-math.sin(turn) * x + math.cos(turn) * y + height / 2).astype(np.intp)
    inside = (source_x >= 0) & (source_x < width) & (source_y >= 0) & (source_y < height)
    turned = np.full_like(grey, 255)
    turned[inside] = grey[source_y[inside], source_x[inside]]
    return turned
