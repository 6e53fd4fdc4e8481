# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery sheet on paper: the words and the code read back from the page, in every language, for long names too."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtPdf import QPdfDocument

from clinic.exchange.sheet_pdf import Sheet, sheet_pdf
from clinic.keys.sheets import SheetWords, join, read_sheet, split
from tests.paper import picture_of, qr_of

SECRET = os.urandom(32)
PARTS = split(SECRET)
LONG = "Dra. María de los Ángeles Fernández-Villanueva y Quiroga del Campo Santo"


def printed(part: SheetWords, folder: Path, language: str, person: str = "Ana Ruiz") -> Path:
    sheet = Sheet(
        organization="Red Sanitaria del Norte", person=person, device="Consultorio 2",
        made_at=datetime(2026, 11, 21, 12, tzinfo=UTC), mark=part.mark, number=part.number, of=3, words=part.words,
        qr_text=part.qr_text,
    )  # fmt: skip
    path = folder / f"{part.number}.pdf"
    path.write_bytes(sheet_pdf(sheet, language))
    return path


def text_of(path: Path) -> str:
    picture_of(path)  # one page, and an application
    pdf = QPdfDocument(None)
    pdf.load(str(path))
    text = pdf.getAllText(0).text()
    pdf.close()
    return str(text)


@pytest.mark.parametrize("language", ["es", "en", "pt", "xx"])
@pytest.mark.parametrize("person", ["Ana Ruiz", LONG])
def test_codes_and_words_of_two_pages_give_the_secret(tmp_path: Path, language: str, person: str) -> None:
    by_camera = read_sheet(qr_of(printed(PARTS[0], tmp_path, language, person)))
    text = text_of(printed(PARTS[2], tmp_path, language, person))
    numbered = re.findall(r"^(\d+) ([a-z]+)\s*$", text, re.MULTILINE)
    assert [int(number) for number, _word in numbered] == list(range(1, 34))
    by_eye = read_sheet(" ".join(word for _number, word in numbered))
    assert join([by_camera, by_eye]) == SECRET
    assert (
        f"{PARTS[2].mark}" in text
        and "2026-11-21" in text
        and "posta station recover" in text.replace("\r\n", " ")
    )


def test_each_language_speaks_its_own(tmp_path: Path) -> None:
    titles = {language: text_of(printed(PARTS[0], tmp_path, language)) for language in ("es", "en", "pt")}
    assert "Hoja de recuperación 1 de 3" in titles["es"]
    assert "Recovery sheet 1 of 3" in titles["en"]
    assert "Folha de recuperação 1 de 3" in titles["pt"]


def test_nothing_runs_off_the_page(tmp_path: Path) -> None:
    """A white margin all around, also with the longest name."""
    page = picture_of(printed(PARTS[1], tmp_path, "es", LONG)).convert("L")
    width, height = page.size
    for box in (
        (0, 0, width, 60),
        (0, height - 60, width, height),
        (0, 0, 60, height),
        (width - 60, 0, width, height),
    ):
        assert page.crop(box).getextrema()[0] > 250, box
