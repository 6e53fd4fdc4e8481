# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera pointed at the screen would see: the mark of the picture that a video widget shows."""

from pathlib import Path

import numpy as np
from PIL import Image

from clinic.media.mark import Luma, Mark, read_mark

ASPECT = 4 / 3


LIT = 40
"""Mean brightness (0-255) above which a video widget shows a picture and not its dark background."""


def mark_on(shot: Path) -> Mark | None:
    """The mark in a screenshot of a video widget, whose picture is fitted in the middle."""
    return read_mark(_fitted(_grey(shot)))


def lit(shot: Path) -> bool:
    """True if a screenshot of a video widget shows a picture at all."""
    return float(_fitted(_grey(shot)).mean()) > LIT


def _grey(shot: Path) -> Luma:
    with Image.open(shot) as picture:
        return np.asarray(picture.convert("L"))


def _fitted(grey: Luma) -> Luma:
    height, width = grey.shape
    shown = min(width, int(height * ASPECT)), min(height, int(width / ASPECT))
    left, top = (width - shown[0]) // 2, (height - shown[1]) // 2
    return grey[top : top + shown[1], left : left + shown[0]]
