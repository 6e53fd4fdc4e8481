# SPDX-License-Identifier: GPL-3.0-or-later
"""The visit summary as a PDF: one page a patient can keep, with a QR of the same text."""

import io
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clinic.exchange.paper import INK, LEFT, LINE, MUTED, PRIMARY, RIGHT, TOP, draw_qr, fonts, wrapped

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
    fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(summary.title)
    _Sheet(canvas, summary).draw()
    canvas.save()
    return out.getvalue()


class _Sheet:
    def __init__(self, canvas: Canvas, summary: Summary) -> None:
        self._canvas, self._summary, self._y = canvas, summary, TOP

    def draw(self) -> None:
        summary = self._summary
        self._line(summary.organization, "Inter-Semibold", 10, PRIMARY, 22)
        self._line(summary.title, "Inter-Semibold", 20, INK, 26)
        self._line(summary.patient, "Inter-Semibold", 13, INK, 17)
        self._line(summary.details, "Inter", 10, MUTED, 14)
        self._rule()
        for heading, lines in summary.sections:
            self._section(heading, lines)
        self._rule()
        self._line(summary.signed, "Inter-Semibold", 10, INK, 16)
        self._qr()
        self._canvas.setFont("Inter", 8)
        self._canvas.setFillColor(MUTED)
        self._canvas.drawString(LEFT, 14 * mm, summary.footer)

    def _section(self, heading: str, lines: tuple[str, ...]) -> None:
        if not lines:
            return
        self._line(heading, "Inter-Semibold", 11, PRIMARY, 16)
        for line in lines:
            for part in wrapped(line, "Inter", 10.5, RIGHT - LEFT):
                self._line(part, "Inter", 10.5, INK, 15)
        self._y -= 8

    def _line(self, text: str, font: str, size: float, colour: str, advance: float) -> None:
        if self._y < 30 * mm:
            self._canvas.showPage()
            self._y = TOP
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(LEFT, self._y, text)
        self._y -= advance

    def _rule(self) -> None:
        self._canvas.setStrokeColor(LINE)
        self._canvas.line(LEFT, self._y, RIGHT, self._y)
        self._y -= 20

    def _qr(self) -> None:
        side = 34 * mm
        if self._y - side < 20 * mm:
            self._canvas.showPage()
            self._y = TOP
        draw_qr(self._canvas, self._summary.qr_text[:_QR_LIMIT], LEFT, self._y + 8 - side, side)
