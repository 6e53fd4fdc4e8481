# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what lies on paper or stands on a screen as a camera would: a page becomes a picture, its QR code a text.

`python -m clinic.showcase.trust.paper FILE.pdf PICTURE.png` draws the first page, in a process of its own: the demo itself
holds no Qt.
"""

import sys
from pathlib import Path

import zxingcpp
from PIL import Image

from clinic.domain.errors import Unavailable
from clinic.showcase.scene import Scene

_QR = zxingcpp.barcode_formats_from_str("QRCode")
WIDTH = 1000
"""Pixels of a page, about 120 dots an inch."""


def page_of(scene: Scene, pdf: Path, name: str) -> Path:
    """The first page of a PDF as the next numbered picture."""
    picture = scene.picture("paper", name)
    draw(scene, pdf, picture)
    return picture


def draw(scene: Scene, pdf: Path, picture: Path) -> None:
    """The first page of a PDF as a picture. Raises Unavailable."""
    scene.stage.run("station", "clinic.showcase.trust.paper", str(pdf), str(picture))


def qr_of_paper(scene: Scene, pdf: Path) -> str:
    """The text of the QR code on a printed page."""
    picture = scene.stage.temp / f"{pdf.stem}.png"
    draw(scene, pdf, picture)
    text = qr_of(picture)
    picture.unlink()
    return text


def qr_of(picture: Path) -> str:
    """The text of the one QR code in a picture. Raises Unavailable."""
    with Image.open(picture) as image:
        found = zxingcpp.read_barcodes(image.convert("L"), formats=_QR)
    if len(found) != 1:
        raise Unavailable(f"{len(found)} QR codes in {picture.name}, where one was expected")
    return str(found[0].text)


def _render(pdf: Path, picture: Path) -> int:
    from PySide6.QtCore import QSize
    from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
    from PySide6.QtPdf import QPdfDocument

    application = QGuiApplication([])
    document = QPdfDocument(application)
    if document.load(str(pdf)) != QPdfDocument.Error.None_:
        return 4
    size = document.pagePointSize(0)
    drawn = document.render(0, QSize(WIDTH, round(WIDTH * size.height() / size.width())))
    paper = QImage(drawn.size(), QImage.Format.Format_RGB32)
    paper.fill(QColor("white"))
    painter = QPainter(paper)
    painter.drawImage(0, 0, drawn)
    painter.end()
    return 0 if paper.save(str(picture)) else 4


if __name__ == "__main__":
    sys.exit(_render(Path(sys.argv[1]), Path(sys.argv[2])))
