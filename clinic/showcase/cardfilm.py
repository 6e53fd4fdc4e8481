# SPDX-License-Identifier: GPL-3.0-or-later
"""A short film of a patient's card held before a camera: first the empty table, then the card."""

from pathlib import Path

import av
import numpy as np
import segno
from av import VideoFrame
from PIL import Image, ImageDraw

WIDTH, HEIGHT, RATE = 640, 480, 10
EMPTY_S, SHOWN_S = 4, 12
_SQUARE = 250
"""Pixels of the code: six a module, as a web camera sees a card held well."""


def film_card(text: str, path: Path) -> None:
    """Write the film; its code says `text`."""
    table = _table()
    card = _held(table, text)
    with av.open(str(path), "w", format="matroska") as film:
        stream = film.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 4_000_000
        for number in range((EMPTY_S + SHOWN_S) * RATE):
            picture = table if number < EMPTY_S * RATE else card
            film.mux(stream.encode(VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        film.mux(stream.encode(None))


def _table() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "#b9a48c")
    pen = ImageDraw.Draw(image)
    for y in range(0, HEIGHT, 48):
        pen.line([(0, y), (WIDTH, y + 9)], fill="#a8927a", width=3)
    return image


def _held(table: Image.Image, text: str) -> Image.Image:
    code = segno.make(text, error="m", boost_error=False)
    modules = np.array([[255 * (not cell) for cell in row] for row in code.matrix_iter(border=4)], np.uint8)
    square = Image.fromarray(modules).resize((_SQUARE, _SQUARE), Image.Resampling.NEAREST)
    card = Image.new("RGB", (470, 300), "#fdfdfb")
    pen = ImageDraw.Draw(card)
    pen.rectangle([0, 0, 470, 14], fill="#0b6b64")
    for y in (70, 100, 130):
        pen.line([(300, y), (440, y)], fill="#c9d3d6", width=8)
    card.paste(square, (22, 32))
    turned = card.convert("RGBA").rotate(4, Image.Resampling.BICUBIC, expand=True)
    image = table.copy()
    image.paste(turned, (78, 74), turned)
    return image
