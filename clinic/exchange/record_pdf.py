# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole record on A4 paper: who it is on every page, page n of m, tables that wrap, small charts of the vital signs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

from clinic.exchange.paper import INK, LINE, MUTED, PRIMARY, fonts

_LEFT, _WIDTH = 16 * mm, A4[0] - 32 * mm
_INK, _MUTED, _PRIMARY, _LINE, _BAND, _ALARM = (
    HexColor(colour) for colour in (INK, MUTED, PRIMARY, LINE, "#E3F1EF", "#A3241F")
)
_CHART_HEIGHT = 22 * mm
MAX_WORDS = 100_000
"""Characters of one text on paper; a chart's own texts are shorter."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `widths`: shares of the page's width, one a column."""

    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """One vital sign over time, oldest first. `band`: reference; `latest`: ready-made words."""

    name: str
    points: tuple[tuple[datetime, Decimal], ...]
    band: tuple[Decimal, Decimal] | None
    latest: str


@dataclass(frozen=True, slots=True)
class Text:
    """A note: a line of who and when, then its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter of the record. `alarm`: shown in red, as allergies are; `none`: what stands there if it is empty."""

    heading: str
    blocks: tuple[Grid | Trend | Text, ...]
    none: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """`identity`: on top of each page; `details`: below the name on the first; `page`: such as 'Page {n} of {m}'."""

    organization: str
    title: str
    name: str
    identity: str
    details: tuple[str, ...]
    as_of: str
    parts: tuple[Part, ...]
    footer: str
    page: str


def record_pdf(record: PaperRecord) -> bytes:
    """An A4 PDF."""
    fonts()
    out = io.BytesIO()
    frame = Frame(_LEFT, 20 * mm, _WIDTH, A4[1] - 46 * mm, 0, 0, 0, 0)
    document = BaseDocTemplate(
        out, pagesize=A4, title=record.title, author=record.organization, pageCompression=1
    )
    document.addPageTemplates([PageTemplate("all", [frame])])
    document.build(_story(record), canvasmaker=lambda *a, **k: _Pages(record, *a, **k))
    return out.getvalue()


class _Pages(Canvas):  # type: ignore[misc]
    """Draws head and foot when the number of pages is known."""

    def __init__(self, record: PaperRecord, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._record, self._drawn = record, list[dict[str, Any]]()

    def showPage(self) -> None:  # noqa: N802
        self._drawn.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._drawn, 1):
            self.__dict__.update(page)
            self._around(number, len(self._drawn))
            super().showPage()
        super().save()

    def _around(self, number: int, of: int) -> None:
        record, top, right = self._record, A4[1] - 14 * mm, _LEFT + _WIDTH
        self._words(_LEFT, top, _fitted(record.identity, 9, _WIDTH - 60 * mm), "Inter-Semibold", 9, _INK)
        self._words(right, top, record.organization[:48], "Inter", 8, _MUTED, right=True)
        self.setStrokeColor(_LINE)
        self.line(_LEFT, top - 3 * mm, right, top - 3 * mm)
        self._words(_LEFT, 12 * mm, record.as_of, "Inter", 8, _MUTED)
        self._words(_LEFT, 8 * mm, _fitted(record.footer, 7, _WIDTH - 30 * mm), "Inter", 7, _MUTED)
        self._words(right, 12 * mm, record.page.format(n=number, m=of), "Inter", 8, _MUTED, right=True)

    def _words(
        self, x: float, y: float, text: str, font: str, size: float, colour: HexColor, right: bool = False
    ) -> None:
        self.setFont(font, size)
        self.setFillColor(colour)
        (self.drawRightString if right else self.drawString)(x, y, text)


def _story(record: PaperRecord) -> list[Flowable]:
    story: list[Flowable] = [
        _line(record.title, 9, _PRIMARY, bold=True),
        _line(record.name, 18, _INK, bold=True),
    ]
    story += [_line(detail, 9.5, _MUTED) for detail in record.details]
    for part in record.parts:
        story += _chapter(part)
    return story


def _chapter(part: Part) -> list[Flowable]:
    heading = _line(part.heading, 12, _ALARM if part.alarm else _PRIMARY, bold=True, before=10, after=3)
    if not part.blocks:
        return [KeepTogether([heading, _line(part.none, 9.5, _MUTED)])] if part.none else []
    trends = [block for block in part.blocks if isinstance(block, Trend)]
    blocks = [flowable for block in part.blocks if not isinstance(block, Trend) for flowable in _block(block)]
    if trends:
        blocks = [_trends(trends), *blocks]
    return [CondPageBreak(30 * mm), heading, *blocks]


def _block(block: Grid | Text) -> list[Flowable]:
    if isinstance(block, Grid):
        return [_table(block)]
    head = _line(block.heading, 9.5, _INK, bold=True, before=4)
    return [
        CondPageBreak(20 * mm),
        head,
        *(_line(paragraph, 9.5, _INK, after=2) for paragraph in block.paragraphs),
    ]


def _table(grid: Grid) -> Table:
    share = _WIDTH / sum(grid.widths)
    rows = [[_line(column, 8, _MUTED, bold=True) for column in grid.columns]]
    rows += [[_line(cell, 9, _INK) for cell in row] for row in grid.rows]
    table = Table(
        rows,
        [width * share for width in grid.widths],
        repeatRows=1,
        splitInRow=int(any(_tall(cell) for row in grid.rows for cell in row)),
    )
    table.setStyle(
        TableStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("BACKGROUND", (0, 0), (-1, 0), _BAND), ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3), ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ])
    )  # fmt: skip
    return table


def _tall(cell: str) -> bool:
    """True if a cell may not fit on one page, however narrow its column is."""
    return sum(1 + len(line) // 12 for line in cell.split("\n")) > 45


def _trends(trends: Sequence[Trend]) -> Table:
    """Charts, two in a row."""
    drawings = [_trend(trend, _WIDTH / 2 - 4 * mm) for trend in trends]
    rows = [
        [*drawings[n : n + 2], *([""] * (2 - len(drawings[n : n + 2])))] for n in range(0, len(drawings), 2)
    ]
    table = Table(rows, [_WIDTH / 2] * 2)
    table.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _trend(trend: Trend, width: float) -> Drawing:
    drawing, floor, top = Drawing(width, _CHART_HEIGHT), 9.0, float(_CHART_HEIGHT) - 14
    drawing.add(
        String(0, _CHART_HEIGHT - 9, trend.name, fontName="Inter-Semibold", fontSize=8.5, fillColor=_INK)
    )
    drawing.add(
        String(
            width,
            _CHART_HEIGHT - 9,
            trend.latest,
            fontName="Inter",
            fontSize=8,
            fillColor=_MUTED,
            textAnchor="end",
        )
    )
    values = [float(value) for _, value in trend.points]
    ends = [float(end) for end in trend.band] if trend.band else []
    low, high = min(values + ends), max(values + ends)
    if high == low:
        low, high = low - 1, high + 1
    spread = high - low

    def height(value: float) -> float:
        return floor + (value - low) / spread * float(top - floor)

    if trend.band:
        drawing.add(
            Rect(
                0,
                height(ends[0]),
                width,
                height(ends[1]) - height(ends[0]),
                fillColor=_BAND,
                strokeColor=None,
            )
        )
    drawing.add(Line(0, floor, width, floor, strokeColor=_LINE, strokeWidth=0.5))
    places = _places([at for at, _ in trend.points], width)
    dots = [(x, height(value)) for x, value in zip(places, values, strict=True)]
    if len(dots) > 1:
        drawing.add(PolyLine([end for dot in dots for end in dot], strokeColor=_PRIMARY, strokeWidth=1))
    for x, y in dots if len(dots) <= 60 else dots[-1:]:
        drawing.add(Circle(x, y, 1.3, fillColor=_PRIMARY, strokeColor=None))
    first, last = trend.points[0][0], trend.points[-1][0]
    for x, at, anchor in ((0, first, "start"), (width, last, "end")):
        drawing.add(
            String(
                x, 0, f"{at:%d/%m/%Y}", fontName="Inter", fontSize=6.5, fillColor=_MUTED, textAnchor=anchor
            )
        )
    return drawing


def _places(times: Sequence[datetime], width: float) -> list[float]:
    """Where points lie from left to right, in proportion to time."""
    span = (times[-1] - times[0]).total_seconds()
    return [2 + (at - times[0]).total_seconds() / span * (width - 4) if span else width / 2 for at in times]


def _line(
    text: str, size: float, colour: HexColor, bold: bool = False, before: float = 0, after: float = 0
) -> Paragraph:
    style = ParagraphStyle(
        "line", fontName="Inter-Semibold" if bold else "Inter", fontSize=size, leading=size * 1.3, textColor=colour,
        spaceBefore=before, spaceAfter=after, splitLongWords=1,
    )  # fmt: skip
    return Paragraph(_printable(text), style)


def _printable(text: str) -> str:
    """Escaped, without control characters, its line breaks kept."""
    kept = "".join(letter for letter in text[:MAX_WORDS] if letter.isprintable() or letter in "\n")
    return escape(kept).replace("\n", "<br/>")


def _fitted(text: str, size: float, width: float) -> str:
    while text and stringWidth(text, "Inter-Semibold", size) > width:
        text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
    return text
