# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary is a PDF with its words as text, its QR readable from a print, and room for a long plan."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import zxingcpp
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from clinic.exchange.summary_pdf import Summary, summary_pdf
from tests.paper import READ

SUMMARY = Summary(
    organization="Red de Salud del Norte", title="Resumen de la consulta", patient="María Elena Quispe Núñez",
    details="Nacimiento 07/03/1958 · DNI 12.345.678", sections=(("Qué hacer", ("Reposo y líquidos",)), ("Vacío", ())),
    signed="Firmado por Dra. Lucía Paz", footer="Volvé si empeorás.", qr_text="Resumen\nReposo y líquidos, señora Núñez",
)  # fmt: skip


def opened(pdf: bytes, folder: Path) -> QPdfDocument:
    (folder / "summary.pdf").write_bytes(pdf)
    document = QPdfDocument()
    assert document.load(str(folder / "summary.pdf")) == QPdfDocument.Error.None_
    return document


def printed(document: QPdfDocument) -> np.ndarray:
    """The first page at 150 dots an inch, on white paper, as grey levels."""
    page = document.render(0, QSize(1240, 1754))
    paper = QImage(page.size(), QImage.Format.Format_Grayscale8)
    paper.fill(QColor("white"))
    painter = QPainter(paper)
    painter.drawImage(0, 0, page)
    painter.end()
    return np.frombuffer(paper.constBits(), np.uint8).reshape(paper.height(), paper.bytesPerLine()).copy()


def test_its_qr_is_read_back_from_the_printed_page(tmp_path: Path, qtbot: QtBot) -> None:
    found = zxingcpp.read_barcodes(printed(opened(summary_pdf(SUMMARY), tmp_path)), formats=READ)
    assert [code.text for code in found] == [SUMMARY.qr_text]


def test_its_words_can_be_copied_out(tmp_path: Path, qtbot: QtBot) -> None:
    text = opened(summary_pdf(SUMMARY), tmp_path).getAllText(0).text()
    assert "María Elena Quispe Núñez" in text and "Vacío" not in text


def test_a_long_plan_goes_on_on_the_next_page(tmp_path: Path, qtbot: QtBot) -> None:
    plan = tuple(
        f"Paso {number}: caminar media hora y tomar agua durante todo el día, sin apuro."
        for number in range(80)
    )
    assert opened(summary_pdf(replace(SUMMARY, sections=(("Qué hacer", plan),))), tmp_path).pageCount() >= 2
