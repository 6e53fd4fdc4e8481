# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera pointed at the screen would see: the mark of the picture that a video widget shows."""

from pathlib import Path

import numpy as np
from PIL import Image

from clinic.media.mark import Mark, read_mark

ASPECT = 4 / 3


def mark_on(shot: Path) -> Mark | None:
    """The mark in a screenshot of a video widget, whose picture is fitted in the middle."""
    with Image.open(shot) as picture:
        grey = np.asarray(picture.convert("L"))
    height, width = grey.shape
    shown = min(width, int(height * ASPECT)), min(height, int(width / ASPECT))
    left, top = (width - shown[0]) // 2, (height - shown[1]) // 2
    return read_mark(grey[top : top + shown[1], left : left + shown[0]])
