# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets go to a printer as they are: their QR codes can be read on the paper, and no printer is a sentence."""

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.services.founding import Founding
from desktop.kit.printing import pictures, print_pages
from tests.paper import qr_on


@pytest.fixture
def pages(tmp_path: Path) -> tuple[bytes, ...]:
    return Founding(tmp_path / "home", SystemClock(), os.urandom).make_papers("Red del Norte", "es").pages


def test_what_comes_out_of_the_printer_can_be_read(
    qtbot: QtBot, tmp_path: Path, pages: tuple[bytes, ...]
) -> None:
    paper, owner = tmp_path / "paper.pdf", QWidget()
    qtbot.addWidget(owner)

    def into_a_file(printer: QPrinter, _owner: QWidget) -> bool:
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(paper))
        return True

    assert print_pages(owner, pages, into_a_file)
    printed = QPdfDocument()
    assert printed.load(str(paper)) == QPdfDocument.Error.None_
    assert printed.pageCount() == 3
    printed.close()
    texts = {qr_on(picture) for picture in pictures(paper.read_bytes())}
    assert texts == {qr_on(picture) for page in pages for picture in pictures(page)} and len(texts) == 3


def test_who_thinks_better_of_it_prints_nothing(qtbot: QtBot, pages: tuple[bytes, ...]) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    assert not print_pages(owner, pages, lambda _printer, _owner: False)


def test_no_printer_and_no_pdf_are_told(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, pages: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", list)
    owner = QWidget()
    qtbot.addWidget(owner)
    with pytest.raises(Refusal, match="No printer"):
        print_pages(owner, pages)
    with pytest.raises(Unavailable):
        pictures(b"no pdf")
