# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit summary as a PDF: one page a patient can keep, with a QR of the same text."""

import io
from dataclasses import dataclass

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from clinic.exchange.resources import resource

_LEFT, _RIGHT, _TOP = 20 * mm, A4[0] - 20 * mm, A4[1] - 22 * mm
_INK, _MUTED, _PRIMARY, _LINE = "#14232B", "#566872", "#0B6B64", "#DFE6EA"
_QR_LIMIT = 1200
"""Characters beyond which the QR would be too fine to read from paper."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Ready-made lines in the patient's language. `sections`: (heading, lines)."""

    organization: str
    title: str
    patient: str
    details: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    signed: str
    footer: str
    qr_text: str


def summary_pdf(summary: Summary) -> bytes:
    """An A4 PDF."""
    register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(summary.title)
    _Sheet(canvas, summary).draw()
    canvas.save()
    return out.getvalue()


class _Sheet:
    def __init__(self, canvas: Canvas, summary: Summary) -> None:
        self._canvas, self._summary, self._y = canvas, summary, _TOP

    def draw(self) -> None:
        summary = self._summary
        self._line(summary.organization, "Inter-Semibold", 10, _PRIMARY, 22)
        self._line(summary.title, "Inter-Semibold", 20, _INK, 26)
        self._line(summary.patient, "Inter-Semibold", 13, _INK, 17)
        self._line(summary.details, "Inter", 10, _MUTED, 14)
        self._rule()
        for heading, lines in summary.sections:
            self._section(heading, lines)
        self._rule()
        self._line(summary.signed, "Inter-Semibold", 10, _INK, 16)
        self._qr()
        self._canvas.setFont("Inter", 8)
        self._canvas.setFillColor(_MUTED)
        self._canvas.drawString(_LEFT, 14 * mm, summary.footer)

    def _section(self, heading: str, lines: tuple[str, ...]) -> None:
        if not lines:
            return
        self._line(heading, "Inter-Semibold", 11, _PRIMARY, 16)
        for line in lines:
            for part in _wrapped(line, "Inter", 10.5, _RIGHT - _LEFT):
                self._line(part, "Inter", 10.5, _INK, 15)
        self._y -= 8

    def _line(self, text: str, font: str, size: float, colour: str, advance: float) -> None:
        if self._y < 30 * mm:
            self._canvas.showPage()
            self._y = _TOP
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(_LEFT, self._y, text)
        self._y -= advance

    def _rule(self) -> None:
        self._canvas.setStrokeColor(_LINE)
        self._canvas.line(_LEFT, self._y, _RIGHT, self._y)
        self._y -= 20

    def _qr(self) -> None:
        code = segno.make(self._summary.qr_text[:_QR_LIMIT], error="m", micro=False)
        side = 34 * mm
        if self._y - side < 20 * mm:
            self._canvas.showPage()
            self._y = _TOP
        top, cell = self._y + 8, side / code.symbol_size(border=0)[0]
        self._canvas.setFillColor(_INK)
        for row, modules in enumerate(code.matrix):
            for column, dark in enumerate(modules):
                if dark:
                    self._canvas.rect(
                        _LEFT + column * cell, top - (row + 1) * cell, cell, cell, stroke=0, fill=1
                    )


def register_fonts() -> None:
    """Make our typeface known to reportlab; twice is once."""
    for name, file in (("Inter", "Inter-Regular.ttf"), ("Inter-Semibold", "Inter-SemiBold.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(resource("fonts", file))))


def _wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and pdfmetrics.stringWidth(longer, font, size) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
