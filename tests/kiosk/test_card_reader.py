# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards before a camera: straight, small, tilted, and none at all."""

from io import BytesIO

import numpy as np
import segno
import zxingcpp
from PIL import Image

from kiosk.card_reader import SWEEP, CardReader, Frame

TEXT = "POSTA1:" + "A" * 60


def frame_with(picture: Image.Image, turned: float = 0.0) -> Frame:
    """A 640×480 camera picture (blue, green, red, unused) with the card in its middle."""
    table = Image.new("L", (640, 480), 150)
    card = picture.convert("L").rotate(turned, expand=True, fillcolor=150)
    table.paste(card, ((640 - card.width) // 2, (480 - card.height) // 2))
    grey = np.asarray(table)
    return np.dstack([grey, grey, grey, grey])


def qr(scale: int) -> Image.Image:
    stream = BytesIO()
    segno.make(TEXT, micro=False).save(stream, kind="png", scale=scale, border=4)
    return Image.open(stream)


def pdf417() -> Image.Image:
    code = zxingcpp.create_barcode(
        "00@QUISPE@ROSA@F@14233456@A@05/03/1961@01/01/2020", zxingcpp.BarcodeFormat.PDF417
    )
    return Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=2)))


def test_a_card_held_straight_is_read() -> None:
    assert CardReader().read(frame_with(qr(5))) == TEXT


def test_a_card_held_askew_is_read() -> None:
    assert CardReader().read(frame_with(qr(5), turned=23)) == TEXT


def test_an_identity_card_a_little_askew_is_read_within_one_sweep() -> None:
    reader, frame = CardReader(), frame_with(pdf417(), turned=6)
    found = next((text for text in (reader.read(frame) for _angle in SWEEP) if text), None)
    assert found is not None
    assert found.split("@")[4] == "14233456"


def test_a_picture_without_a_card_gives_none_and_the_next_tilt_is_tried() -> None:
    reader, empty = CardReader(), np.full((480, 640, 3), 90, dtype=np.uint8)
    assert [reader.read(empty) for _angle in range(3)] == [None, None, None]


def test_a_grey_picture_is_taken_as_it_is() -> None:
    assert CardReader().read(frame_with(qr(5))[..., 0]) == TEXT
