# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that are PDFs already, put on paper without lying on the disk in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QWidget

from clinic.domain.errors import Refusal, Unavailable

DOTS = 200
"""An inch, of a page as it is drawn: a QR code of 62 mm has ten dots a square and more."""
Choose = Callable[[QPrinter, QWidget], bool]


def print_pages(owner: QWidget, pages: Sequence[bytes], choose: Choose | None = None) -> bool:
    """One sheet of paper a PDF; False if the person thought better of it. Raises Refusal without a printer, Unavailable
    where the printer does not take them."""
    printer = chosen_printer(owner, choose)
    if printer is not None:
        draw_pages(printer, [picture for page in pages for picture in pictures(page)])
    return printer is not None


def chosen_printer(owner: QWidget, choose: Choose | None = None) -> QPrinter | None:
    """None if the person thought better of it. Raises Refusal without a printer."""
    if choose is None and not QPrinterInfo.availablePrinterNames():
        raise Refusal(
            "No printer is set up on this computer. Write the sheets into a folder and print them elsewhere."
        )
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    return printer if (choose or _dialog)(printer, owner) else None


def _dialog(printer: QPrinter, owner: QWidget) -> bool:
    return QPrintDialog(printer, owner).exec() == QPrintDialog.DialogCode.Accepted


def draw_pages(printer: QPrinter, sheets: Iterable[QImage]) -> None:
    """Each picture fills one sheet; may run on a worker. Raises Unavailable."""
    refused = Unavailable(
        "The printer did not take the pages. Look at its paper and its cable, then try again."
    )
    painter = QPainter()
    if not painter.begin(printer):
        raise refused
    try:
        for number, picture in enumerate(sheets):
            if number and not printer.newPage():
                raise refused
            painter.drawImage(_fitting(painter, picture), picture)
    finally:
        painter.end()


def _fitting(painter: QPainter, picture: QImage) -> QRectF:
    room = painter.viewport()
    size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(0, 0, size.width(), size.height())


def pictures(pdf: bytes) -> list[QImage]:
    """The pages on white. Raises Unavailable for what is no PDF."""
    data, document = QBuffer(), QPdfDocument()
    data.setData(QByteArray(pdf))
    data.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(data)
    if document.status() != QPdfDocument.Status.Ready:
        raise Unavailable("The pages could not be drawn. Write them into a folder instead.")
    drawn = [_drawn(document, number) for number in range(document.pageCount())]
    document.close()
    return drawn


def _drawn(document: QPdfDocument, number: int) -> QImage:
    points = document.pagePointSize(number)
    ink = document.render(
        number, QSize(round(points.width() * DOTS / 72), round(points.height() * DOTS / 72))
    )
    paper = QImage(ink.size(), QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawImage(0, 0, ink)
    painter.end()
    return paper
