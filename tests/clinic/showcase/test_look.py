# SPDX-License-Identifier: GPL-3.0-or-later
"""A mark is read from a screenshot of a video widget of any shape."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinic.media.mark import Mark, stamp_mark
from clinic.showcase.look import lit, mark_on


def shot_of(path: Path, size: tuple[int, int]) -> Path:
    luma = np.full((480, 640), 120, np.uint8)
    stamp_mark(luma, Mark("B", 4711))
    scale = min(size[0] / 640, size[1] / 480)
    shown = Image.fromarray(luma).resize((int(640 * scale), int(480 * scale)))
    widget = Image.new("RGB", size, "#0B1113")
    widget.paste(shown, ((size[0] - shown.width) // 2, (size[1] - shown.height) // 2))
    widget.save(path)
    return path


@pytest.mark.parametrize("size", [(640, 480), (900, 500), (320, 700), (333, 251)])
def test_the_picture_is_fitted_in_the_middle(tmp_path: Path, size: tuple[int, int]) -> None:
    shot = shot_of(tmp_path / "shot.png", size)
    assert mark_on(shot) == Mark("B", 4711)
    assert lit(shot)


def test_a_dark_widget_shows_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "#0B1113").save(tmp_path / "dark.png")
    assert mark_on(tmp_path / "dark.png") is None
    assert not lit(tmp_path / "dark.png")
