# SPDX-License-Identifier: GPL-3.0-or-later
"""A still is as large as the link bears in ten seconds, whole or not at all, and only one that was asked for."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clinic.calls.allot import CONTROL
from clinic.calls.speech import share_of
from clinic.media.stills import (
    HEADS,
    LEAST_KBPS,
    MOST_BYTES,
    MOST_KBPS,
    PART,
    SECONDS,
    Coming,
    most_bytes,
    parts_of,
    share_kbps,
    squeezed,
)
from clinic.protocol.calling import StillPart


def noise(width: int = 640, height: int = 480) -> Image.Image:
    """The hardest picture there is: nothing of it can be foretold."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8))


def test_at_64_kbit_a_still_is_14_kilobytes_and_the_voice_keeps_its_own() -> None:
    assert share_kbps(64) == share_kbps(None) == 14
    assert most_bytes(14) == 14_000
    assert share_kbps(20) == LEAST_KBPS
    assert share_kbps(5000) == MOST_KBPS


@given(st.floats(62, 5000))
def test_never_more_than_ten_seconds_beside_the_voice(link: float) -> None:
    size = most_bytes(share_kbps(link))
    wire = (size + -(-size // PART) * HEADS) * 8 / 1000
    assert wire / (link - (share_of(1000 * link) + CONTROL) / 1000) <= SECONDS


@pytest.mark.parametrize("most", [6_000, 24_000, 120_000])
def test_even_noise_is_squeezed_into_its_bytes(most: int) -> None:
    data = squeezed(noise(), most)
    assert len(data) <= most
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP"
        assert picture.width <= 640


def test_a_plain_picture_keeps_its_size() -> None:
    with Image.open(io.BytesIO(squeezed(Image.new("RGB", (640, 480), "teal"), 24_000))) as picture:
        assert picture.size == (640, 480)


@given(st.binary(min_size=1, max_size=5 * PART))
def test_parts_make_the_whole_again(data: bytes) -> None:
    parts = parts_of("c1", 7, data)
    coming = Coming.begun_by(parts[0])
    assert coming is not None
    assert all(not coming.whole and coming.take(part) for part in parts)
    assert coming.whole
    assert bytes(coming.data) == data


def part(**values: object) -> StillPart:
    return StillPart(**{"call_id": "c1", "number": 7, "index": 0, "count": 2, "size": 1500,
                        "data": bytes(PART), **values})  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    "first", [part(count=0), part(count=10_000), part(size=0), part(size=MOST_BYTES + 1), part(index=1)]
)
def test_what_cannot_be_a_still_is_not_begun(first: StillPart) -> None:
    assert Coming.begun_by(first) is None


REST = bytes(500)


@pytest.mark.parametrize(
    "second",
    [
        part(data=REST), part(index=2, data=REST), part(index=1, number=8, data=REST),
        part(index=1, size=1400, data=REST), part(index=1, count=3, data=REST), part(index=1, data=bytes(900)),
    ],
)  # fmt: skip
def test_a_part_out_of_its_place_is_not_taken(second: StillPart) -> None:
    coming = Coming.begun_by(part())
    assert coming is not None and coming.take(part())
    assert not coming.take(second)
    assert not coming.whole
    assert coming.take(part(index=1, data=REST))
    assert coming.whole
