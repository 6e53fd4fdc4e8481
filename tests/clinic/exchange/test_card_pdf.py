# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's card on paper: its size, the code read back by a camera's eyes, whom it does not name."""

from pathlib import Path

import pytest
from PySide6.QtPdf import QPdfDocument

from clinic.exchange.card_pdf import PaperCard, card_pdf
from clinic.keys.cards import Card, card_text, read_card
from tests.paper import picture_of, qr_of

SECRET = bytes(range(32))


def printed(
    folder: Path, language: str, asks_pin: bool, organization: str = "Red Sanitaria del Norte"
) -> Path:
    path = folder / "card.pdf"
    card = PaperCard(organization, "M. E. Q.", asks_pin, card_text(SECRET, asks_pin))
    path.write_bytes(card_pdf(card, language))
    return path


@pytest.mark.parametrize("language", ["es", "en", "pt", "xx"])
@pytest.mark.parametrize("asks_pin", [False, True])
def test_a_kiosk_reads_the_printed_code(tmp_path: Path, language: str, asks_pin: bool) -> None:
    assert read_card(qr_of(printed(tmp_path, language, asks_pin))) == Card(SECRET, asks_pin)


def test_it_is_as_large_as_a_bank_card_and_says_what_a_finder_does(tmp_path: Path) -> None:
    path = printed(tmp_path, "es", True)
    pdf = QPdfDocument(None)
    picture_of(path)
    pdf.load(str(path))
    size, text = pdf.pagePointSize(0), str(pdf.getAllText(0).text())
    pdf.close()
    assert [round(side / 72 * 25.4, 1) for side in (size.width(), size.height())] == [85.6, 54.0]
    assert "M. E. Q." in text and "PIN" in text and "¿La encontraste?" in text


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_nothing_runs_off_the_card(tmp_path: Path, language: str) -> None:
    long = "Red Integrada de Salud de las Comunidades del Norte y del Impenetrable Chaqueño"
    page = picture_of(printed(tmp_path, language, True, long)).convert("L")
    width, height = page.size
    for box in (
        (0, 0, width, 40), (0, height - 30, width, height), (0, 0, 40, height), (width - 40, 0, width, height)
    ):  # fmt: skip
        assert page.crop(box).getextrema()[0] > 250, box
