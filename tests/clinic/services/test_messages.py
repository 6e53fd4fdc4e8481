# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos are made small enough for a thin link, whatever they show."""

import io

import pytest
from PIL import Image

from clinic.domain.errors import Refusal
from clinic.services.messages import MAX_PHOTO, MAX_THUMBNAIL, shrink


@pytest.mark.parametrize("size", [(4000, 3000), (640, 480), (90, 1400), (1, 1)])
@pytest.mark.parametrize("kind", ["noise", "plain"])
def test_photo_and_thumbnail_keep_their_limits(size: tuple[int, int], kind: str) -> None:
    picture = Image.effect_noise(size, 120) if kind == "noise" else Image.new("RGBA", size, "teal")
    out = io.BytesIO()
    picture.save(out, "PNG")
    photo, thumbnail = shrink(out.getvalue())
    assert len(photo) <= MAX_PHOTO and len(thumbnail) <= MAX_THUMBNAIL
    for data in (photo, thumbnail):
        with Image.open(io.BytesIO(data)) as made:
            assert made.format == "JPEG" and max(made.size) <= 1280


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"%PDF-1.7", bytes(1000)])
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Refusal, match="Take the photo again"):
        shrink(data)
