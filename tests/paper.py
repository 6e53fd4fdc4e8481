# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading printed pages as a camera does: drawn by Qt's own PDF reader, the QR code found in the picture."""

import io
import os
from functools import cache
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import zxingcpp
from PIL import Image
from PySide6.QtCore import QBuffer, QSize
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication


@cache
def _application() -> QGuiApplication:
    """The one there is; made here it stays for all tests that follow."""
    here = QApplication.instance()
    return here if isinstance(here, QGuiApplication) else QApplication([])


READ = zxingcpp.barcode_formats_from_str("QRCode,PDF417")
"""What our readers look for: a line of print may look like a bar code of another kind."""


def picture_of(path: Path, width: int = 1240) -> Image.Image:
    """The first page at about 150 dots an inch."""
    _application()
    pdf = QPdfDocument(None)
    assert pdf.load(str(path)) == QPdfDocument.Error.None_ and pdf.pageCount() == 1
    size = pdf.pagePointSize(0)
    drawn = pdf.render(0, QSize(width, round(width * size.height() / size.width())))
    pdf.close()
    return _on_white(drawn)


def _on_white(drawn: QImage) -> Image.Image:
    out = QBuffer()
    out.open(QBuffer.OpenModeFlag.ReadWrite)
    drawn.save(out, "PNG")
    paper = Image.new("RGB", (drawn.width(), drawn.height()), "white")
    ink = Image.open(io.BytesIO(bytes(out.data()))).convert("RGBA")
    paper.paste(ink, mask=ink)
    return paper


def qr_of(path: Path) -> str:
    """The text of the one QR code on the page."""
    (found,) = zxingcpp.read_barcodes(picture_of(path), formats=READ)
    return str(found.text)


def qr_on(picture: QImage) -> str:
    """The same of a page that is drawn already."""
    (found,) = zxingcpp.read_barcodes(_on_white(picture))
    return str(found.text)
