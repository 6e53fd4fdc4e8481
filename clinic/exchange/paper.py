# SPDX-License-Identifier: GPL-3.0-or-later
"""What every sheet of paper shares: margins, colours, letters, lines that fit, QR codes."""

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from clinic.exchange.resources import resource

LEFT, RIGHT, TOP = 20 * mm, A4[0] - 20 * mm, A4[1] - 22 * mm
INK, MUTED, PRIMARY, LINE = "#14232B", "#566872", "#0B6B64", "#DFE6EA"


def fonts() -> None:
    """Make Inter and Inter-Semibold known to the PDF library."""
    for name, file in (("Inter", "Inter-Regular.ttf"), ("Inter-Semibold", "Inter-SemiBold.ttf")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(resource("fonts", file))))


def draw_qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """A QR code whose lower left corner is at (x, y), without the quiet zone."""
    code = segno.make(text, error="m", micro=False)
    cell = side / code.symbol_size(border=0)[0]
    canvas.setFillColor(INK)
    for row, modules in enumerate(code.matrix):
        for column, dark in enumerate(modules):
            if dark:
                canvas.rect(x + column * cell, y + side - (row + 1) * cell, cell, cell, stroke=0, fill=1)


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines no wider than `width` points, broken between words."""
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
