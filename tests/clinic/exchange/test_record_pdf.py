# SPDX-License-Identifier: GPL-3.0-or-later
"""A record on paper: who it is on every page, every page numbered, long texts whole, nothing odd breaks it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from clinic.exchange.record_pdf import Grid, PaperRecord, Part, Text, Trend, record_pdf

AT = datetime(2026, 1, 1, tzinfo=UTC)


def record(*parts: Part, name: str = "Quispe Núñez, María") -> PaperRecord:
    return PaperRecord(
        organization="Red de Salud del Norte", title="Historia clínica", name=name, identity=f"{name} · 07/03/1958",
        details=("Calle 1",), as_of="Datos hasta hoy", parts=parts, footer="Confidencial", page="Página {n} de {m}",
    )  # fmt: skip


def pages(paper: PaperRecord, folder: Path) -> list[str]:
    (folder / "record.pdf").write_bytes(record_pdf(paper))
    document = QPdfDocument()
    assert document.load(str(folder / "record.pdf")) == QPdfDocument.Error.None_
    return [document.getAllText(n).text().replace("\r", "") for n in range(document.pageCount())]


def test_every_page_says_who_it_is_and_how_many_there_are(tmp_path: Path, qtbot: QtBot) -> None:
    rows = tuple((f"{n}/01/2026", f"Medida {n}", "36,5 °C") for n in range(150))
    told = pages(record(Part("Resultados", (Grid(("Fecha", "Qué", "Valor"), (20, 50, 30), rows),))), tmp_path)
    assert len(told) > 2
    for number, page in enumerate(told, 1):
        assert "Quispe Núñez, María · 07/03/1958" in page and f"Página {number} de {len(told)}" in page
        assert "Datos hasta hoy" in page and "Qué" in page
    assert all(
        any(f"Medida {n}\n" in f"{page}\n" or f"Medida {n} " in page for page in told) for n in range(150)
    )


@pytest.mark.parametrize("width", [4, 50])
def test_long_texts_wrap_and_go_on_whole(tmp_path: Path, qtbot: QtBot, width: int) -> None:
    words = " ".join(f"palabra{n}" for n in range(1500))
    grid = Grid(("Fecha", "Texto"), (60 - width, width), (("hoy", words), ("ayer", "x" * 3000)))
    told = "\n".join(pages(record(Part("Notas", (Text("hoy", (words,)), grid))), tmp_path))
    assert "".join(told.split()).count("palabra0") == 2 and "".join(told.split()).count("palabra1499") == 2
    assert "".join(told.split()).count("x") >= 3000


def test_odd_letters_and_marks_of_the_printer_break_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    odd = "<b>no</b> & </para> \x00\x07 😀 مرحبا e\u0301 \u202e tab\tend"
    told = pages(
        record(Part("Notas", (Text(odd, (odd, "")), Grid((odd,), (1,), ((odd,),)))), name=odd * 20), tmp_path
    )
    assert "<b>no</b> & </para>" in told[0]


def test_charts_of_one_of_many_and_of_equal_values(tmp_path: Path, qtbot: QtBot) -> None:
    band = (Decimal(60), Decimal(100))
    many = tuple((AT + timedelta(days=n), Decimal(60 + n % 50)) for n in range(400))
    trends = (
        Trend("Pulso", many, band, "72"), Trend("Peso", many[:1], None, "60 kg"),
        Trend("Talla", tuple((at, Decimal(160)) for at, _ in many[:3]), None, "160 cm"),
        Trend("Mismo día", ((AT, Decimal(1)), (AT, Decimal(2))), None, "2"),
    )  # fmt: skip
    (page,) = pages(record(Part("Signos vitales", trends)), tmp_path)
    assert all(trend.name in page for trend in trends)


def test_an_empty_chapter_says_what_that_means_or_is_left_out(tmp_path: Path, qtbot: QtBot) -> None:
    (page,) = pages(
        record(Part("Alergias", (), "Nada registrado acá", alarm=True), Part("Turnos", ())), tmp_path
    )
    assert "Nada registrado acá" in page and "Turnos" not in page
