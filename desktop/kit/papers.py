# SPDX-License-Identifier: GPL-3.0-or-later
"""A document that can be shown to somebody: a PDF or a picture, page by page as WebP that fits its bytes.

A page leaves as a picture of itself, made here: what a file carries besides (place, camera, names, scripts, other pages) stays,
and the other side reads no format but one. Everything here runs on a worker; nothing touches a disk.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtPdf import QPdfDocument

from clinic.calls.sharing import MOST_PAGES
from clinic.domain.errors import Refusal

MOST_FILE = 30_000_000
"""Bytes of a document."""
MOST_PIXELS = 60_000_000
SIDES = (1800, 1400, 1100, 900, 720, 560)
"""Pixels of the longer side, from sharpest to what can still be read in large letters."""
FINE, MIDDLE, ROUGH = 82, 60, 40
SHADES = 16
"""Of grey, on a page without colour: text stays sharp in a third of the bytes."""
MOST_SHOWN = 4096
"""Pixels of a side of what is shown of somebody else's."""


@dataclass(frozen=True, slots=True)
class Paper:
    """`content_type`: application/pdf, or image/… . `title` is for this side alone."""

    data: bytes = field(repr=False)
    content_type: str
    title: str
    pages: int


def read_paper(data: bytes, title: str) -> Paper:
    """What is in these bytes. Raises Refusal for what cannot be shown."""
    if len(data) > MOST_FILE:
        raise Refusal("This file is too large to be shown in a call. Choose one of at most 30 MB.")
    if data.startswith(b"%PDF-"):
        with_pages = _opened(data)
        pages = with_pages.pageCount()
        with_pages.close()
        if not 0 < pages <= MOST_PAGES:
            raise Refusal("This document has too many pages to be shown in a call. Choose a shorter one.")
        return Paper(data, "application/pdf", title, pages)
    picture = _picture(data)
    return Paper(data, f"image/{(picture.format or 'png').lower()}", title, 1)


def page_of(paper: Paper, page: int, most: int) -> bytes:
    """That page as WebP of at most `most` bytes, or the smallest that can be read. Raises Refusal."""
    if paper.content_type == "application/pdf":
        return squeezed(_drawn(paper.data, page), most)
    return squeezed(_picture(paper.data), most)


def squeezed(picture: Image.Image, most: int) -> bytes:
    """As sharp as fits: size before quality, and grey where there is no colour; else the smallest."""
    left, found = picture.convert("RGB"), b""
    grey = _is_grey(left)
    for side in (one for one in SIDES if one <= max(left.size) or one == SIDES[-1]):
        left.thumbnail((side, side), Image.Resampling.LANCZOS)
        if grey and len(found := _webp(_shaded(left), lossless=True, quality=60)) <= most:
            return found
        found = _webp(left, quality=MIDDLE)
        if len(found) <= most:
            finer = _webp(left, quality=FINE)
            return finer if len(finer) <= most else found
        if len(found) < 2 * most and len(found := _webp(left, quality=ROUGH)) <= most:
            return found
    return found


def shown_image(data: bytes) -> QImage:
    """A page that came from somebody else, not larger than a page is; null for what is none."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"webp")
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > MOST_SHOWN:
        return QImage()
    return reader.read()


def _webp(picture: Image.Image, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", method=2, **how)
    return out.getvalue()


def _shaded(picture: Image.Image) -> Image.Image:
    step = 255 / (SHADES - 1)
    return picture.convert("L").point([round(round(v / step) * step) for v in range(256)]).convert("RGB")


def _is_grey(picture: Image.Image) -> bool:
    """Whether this is a page without colour, mostly of one ground: text, not a photograph."""
    small = picture.copy()
    small.thumbnail((160, 160))
    _hue, saturation, _value = small.convert("HSV").split()
    coloured = sum(n for value, n in enumerate(saturation.histogram()) if value > 40)
    most_common = max(small.convert("L").histogram())
    dots = small.width * small.height
    return coloured < dots * 0.002 and most_common > dots * 0.3


def _picture(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MOST_PIXELS:
            raise Refusal("This picture is too large to be shown in a call. Make it smaller first.")
        return ImageOps.exif_transpose(picture) if picture.format == "JPEG" else _whole(picture)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Refusal(
            "This file cannot be shown: it is neither a picture nor a PDF. Choose another one."
        ) from error


def _whole(picture: Image.Image) -> Image.Image:
    """On white where one could look through it."""
    picture.load()
    if picture.mode not in ("RGBA", "LA", "P"):
        return picture
    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    ground.alpha_composite(clear)
    ground.format = picture.format
    return ground


def _opened(data: bytes) -> QPdfDocument:
    document = QPdfDocument()
    buffer = QBuffer(document)
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    if document.error() == QPdfDocument.Error.IncorrectPassword:
        raise Refusal("This document is locked with a password. Save it without one, then share it.")
    if document.status() != QPdfDocument.Status.Ready:
        raise Refusal("This document is damaged and cannot be shown. Choose another one.")
    return document


def _drawn(data: bytes, page: int) -> Image.Image:
    """The page of a PDF on white."""
    document = _opened(data)
    try:
        points = document.pagePointSize(page)
        longer = max(1.0, points.width(), points.height())
        scale = SIDES[0] / longer
        size = QSize(max(1, round(points.width() * scale)), max(1, round(points.height() * scale)))
        ink = document.render(page, size).convertToFormat(QImage.Format.Format_RGBA8888)
    finally:
        document.close()
    if ink.isNull():
        raise Refusal("This document is damaged and cannot be shown. Choose another one.")
    drawn = Image.frombuffer(
        "RGBA", (ink.width(), ink.height()), bytes(ink.constBits()), "raw", "RGBA", ink.bytesPerLine(), 1
    )
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    return paper
