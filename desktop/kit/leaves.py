# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a document for the screen and for paper: a PDF, or a picture of any format Qt reads. It all runs on a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader, QPageSize, QPainter, QPdfWriter, QTransform
from PySide6.QtPdf import QPdfDocument

from clinic.domain.errors import Refusal, Unavailable

POINTS, PIXELS = 72, 96
"""An inch, of a PDF and of a screen at 100 %."""
MOST_PIXELS = 120_000_000
"""Of a picture that is opened."""
DOTS = 200
"""An inch, of a page for the printer."""
PAPER = DOTS / PIXELS
MOST_ON_PAPER = 12_000_000
DAMAGED = "This document is damaged and cannot be shown. Save it, and ask whoever sent it for another copy."
UNKNOWN = "This kind of document cannot be shown here. Save it and open it with a program that knows it."
LOCKED = "This document is locked with a password. Save it and open it with a program that asks for it."
Over = Callable[[QImage, int], None]
"""Paints on a page, whose number from 0 it is told."""
LARGE = "This picture is too large to be shown here. Save it and open it with another program."


def is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def sizes(data: bytes) -> tuple[tuple[float, float], ...]:
    """Of every page, in pixels at 100 %. Raises Refusal for what cannot be shown."""
    if is_pdf(data):
        with closing(_pdf(data)) as document:
            points = [document.pagePointSize(number) for number in range(document.pageCount())]
        if not points:
            raise Refusal(DAMAGED)
        scale = PIXELS / POINTS
        return tuple((max(1.0, one.width() * scale), max(1.0, one.height() * scale)) for one in points)
    with _reader(data) as reader:
        found = [_shown_size(reader)]
        while bytes(reader.format().data()) == b"tiff" and reader.jumpToNextImage():
            found.append(_shown_size(reader))
    return tuple((float(one.width()), float(one.height())) for one in found)


def drawn(data: bytes, page: int, scale: float) -> QImage:
    """That page on white, at that share of its pixels at 100 %; a picture is not made larger than it is. Raises Refusal."""
    if is_pdf(data):
        return _page(data, page, scale)
    with _reader(data) as reader:
        if page:
            reader.jumpToImage(page)
        size = reader.size()
        if scale < 1 and size.isValid():
            wide, high = round(size.width() * scale), round(size.height() * scale)
            reader.setScaledSize(QSize(max(1, wide), max(1, high)))
        image = reader.read()
    if image.isNull():
        raise Refusal(DAMAGED)
    return _on_white(image)


def sheets(data: bytes, over: Over | None = None) -> Iterator[QImage]:
    """Page by page as they are filed, one at a time in memory; `over` paints on each."""
    for page, (wide, high) in enumerate(sizes(data)):
        most = (MOST_ON_PAPER / (wide * high)) ** 0.5
        sheet = drawn(data, page, min(PAPER if is_pdf(data) else 1.0, most))
        if over is not None:
            over(sheet, page)
        yield sheet


def for_paper(data: bytes, over: Over | None = None) -> Iterator[QImage]:
    """The same; a wide one is turned to stand like the paper."""
    for sheet in sheets(data, over):
        wide = sheet.width() > sheet.height()
        yield sheet.transformed(QTransform().rotate(90)) if wide else sheet


def as_pdf(pages: Iterable[QImage]) -> bytes:
    """A PDF of pictures, each page as large as its own. Raises Unavailable."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter()
    for page in pages:
        size = QSizeF(page.width() / DOTS, page.height() / DOTS)
        writer.setPageSize(QPageSize(size, QPageSize.Unit.Inch))
        if not (writer.newPage() if painter.isActive() else painter.begin(writer)):
            raise Unavailable("The copy could not be made. Try again, or save it without the marks.")
        painter.drawImage(painter.viewport(), page)
    painter.end()
    return bytes(data.data())


def _page(data: bytes, page: int, scale: float) -> QImage:
    with closing(_pdf(data)) as document:
        points = document.pagePointSize(page) * (PIXELS / POINTS * scale)
        ink = document.render(page, QSize(max(1, round(points.width())), max(1, round(points.height()))))
    if ink.isNull():
        raise Refusal(DAMAGED)
    return _on_white(ink)


def _on_white(ink: QImage) -> QImage:
    if not ink.hasAlphaChannel():
        return ink
    paper = QImage(ink.size(), QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawImage(0, 0, ink)
    painter.end()
    return paper


def _pdf(data: bytes) -> QPdfDocument:
    document = QPdfDocument()
    buffer = QBuffer(document)
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    if document.error() == QPdfDocument.Error.IncorrectPassword:
        raise Refusal(LOCKED)
    if document.status() != QPdfDocument.Status.Ready:
        raise Refusal(DAMAGED)
    return document


@contextmanager
def _reader(data: bytes) -> Iterator[QImageReader]:
    """The right way up, as the camera held it."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    try:
        reader.setAutoTransform(True)
        reader.setDecideFormatFromContent(True)
        if not reader.canRead():
            raise Refusal(DAMAGED if data[:2] in (b"\xff\xd8", b"\x89P") else UNKNOWN)
        size = reader.size()
        if size.width() * size.height() > MOST_PIXELS:
            raise Refusal(LARGE)
        yield reader
    finally:
        reader.setDevice(None)  # the reader must not outlive what it reads from


def _shown_size(reader: QImageReader) -> QSize:
    size = reader.size()
    if not size.isValid():
        raise Refusal(DAMAGED)
    turned = reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90
    return size.transposed() if turned else size
