# SPDX-License-Identifier: GPL-3.0-or-later
"""How marks look over a page, on the screen and on paper: paper colours in every look, each ink with a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import atan2, cos, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from clinic.domain.facts import DocumentMark, MarkKind
from clinic.domain.strokes import Place, places
from desktop.screens.documents.marking import Draft, tagged

COLOURS = {"red": "#B3122F", "blue": "#1657B8", "green": "#0A6B45"}
"""All at least 4.5:1 on white."""
DASHES = {"blue": (4.0, 2.4), "green": (0.1, 2.2)}
"""Colour never speaks alone: red is whole, blue is broken, green is dotted."""
HALO = QColor(255, 255, 255, 130)
PAPER, LETTERS, SEEN_THROUGH = QColor("#FFFDF2"), QColor("#14232B"), QColor(255, 253, 242, 205)
WIDEST = 26
"""A note in widths of a letter."""
BRIEF = 400
"""On a page that is shown narrower than that, in pixels, a note is a sign that there is one, and a name its first letters."""
Where = Callable[[Place], QPointF]


def pen_of(ink: str, width: float) -> QPen:
    pen = QPen(QColor(COLOURS.get(ink, COLOURS["red"])), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if ink in DASHES:
        pen.setDashPattern(DASHES[ink])
    return pen


def paint(
    painter: QPainter, marks: Iterable[DocumentMark], drafts: Iterable[Draft], where: Where, width: float, font: QFont
) -> None:  # fmt: skip
    """Marks of one page, the oldest below. `where`: a place of the page in the painter's pixels; words stay on the page."""
    page = QRectF(where((0, 0)), where((1, 1))).normalized()
    shown = tuple(marks)
    names = tagged(shown)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for one in shown:
        line = places(one.points)
        if line:
            _one(
                painter,
                one.kind,
                [where(at) for at in line],
                one.ink,
                one.text,
                one.author_name,
                width,
                font,
                page,
            )
            if one.id in names:
                _box(
                    painter,
                    where(line[0]) + QPointF(width, -width * 3),
                    "",
                    one.author_name,
                    one.ink,
                    font,
                    page,
                )
    for draft in drafts:
        points = [where(at) for at in draft.line]
        _one(painter, draft.kind, points, draft.ink, draft.text, "", width, font, page)


def over_image(marks: Iterable[DocumentMark]) -> Callable[[QImage, int], None]:
    """Paints the marks on a page that goes on paper or into a file."""
    kept = tuple(marks)

    def over(sheet: QImage, page: int) -> None:
        mine = [one for one in kept if one.page == page]
        if not mine:
            return
        wide, high = sheet.width(), sheet.height()
        font = QFont()
        font.setPixelSize(max(11, round(max(wide, high) / 75)))
        painter = QPainter(sheet)
        paint(painter, mine, (), lambda at: QPointF(at[0] * wide, at[1] * high), max(2.0, wide / 350), font)
        painter.end()

    return over


def _one(
    painter: QPainter, kind: MarkKind, points: list[QPointF], ink: str, text: str, name: str, width: float, font: QFont,
    page: QRectF,
) -> None:  # fmt: skip
    if kind == MarkKind.NOTE:
        _box(painter, points[0], text, name, ink, font, page)
        return
    path = QPainterPath(points[0])
    for point in points[1:] or points:
        path.lineTo(point + QPointF(0.01, 0) if len(points) == 1 else point)
    head = _head(points, width) if kind == MarkKind.ARROW and len(points) > 1 else QPainterPath()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo = QPen(HALO, width * 1.9)
    halo.setCapStyle(Qt.PenCapStyle.RoundCap)
    halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(halo)
    painter.drawPath(path)
    painter.drawPath(head)
    painter.setPen(pen_of(ink, width))
    painter.drawPath(path)
    painter.setPen(pen_of("red", width) if ink not in DASHES else QPen(QColor(COLOURS[ink]), width))
    painter.drawPath(head)


def _head(points: list[QPointF], width: float) -> QPainterPath:
    start, end = points[0], points[-1]
    way = atan2(end.y() - start.y(), end.x() - start.x())
    path = QPainterPath()
    for side in (2.6, -2.6):
        path.moveTo(end)
        path.lineTo(end + QPointF(cos(way + side), sin(way + side)) * (width * 6))
    return path


def _box(
    painter: QPainter, at: QPointF, text: str, name: str, ink: str, font: QFont, page: QRectF
) -> None:  # fmt: skip
    """Words on paper with an edge of their ink, and whose they are below, smaller; a name alone stands above the place."""
    small = QFont(font)
    small.setPixelSize(max(9, round(font.pixelSize() * 0.85)))
    tag = not text
    if page.width() < BRIEF:
        text, name = "…" if text else "", "".join(part[0] for part in name.split()[-2:])
    letters, less = QFontMetricsF(font), QFontMetricsF(small)
    flags = int(Qt.TextFlag.TextWordWrap)
    most = letters.averageCharWidth() * WIDEST
    body = letters.boundingRect(QRectF(0, 0, most, 10_000), flags, text) if text else QRectF()
    signed = less.boundingRect(name) if name else QRectF()
    pad = font.pixelSize() * 0.4
    wide, high = max(body.width(), signed.width()), body.height() + (less.height() if name else 0)
    box = QRectF(at.x(), at.y(), wide + 2 * pad + 2, high + pad)
    if tag:
        box.moveBottom(at.y())
    box.moveRight(min(box.right(), page.right() - 2))
    box.moveBottom(min(box.bottom(), page.bottom() - 2))
    box.moveTopLeft(QPointF(max(box.left(), page.left() + 2), max(box.top(), page.top() + 2)))
    painter.setPen(Qt.PenStyle.NoPen if tag else pen_of(ink, 1.6))
    painter.setBrush(SEEN_THROUGH if tag else PAPER)
    painter.drawRoundedRect(box, pad / 2, pad / 2)
    painter.setFont(font)
    painter.setPen(LETTERS)
    inner = box.adjusted(pad, pad / 2, 0, -pad / 2)
    painter.drawText(inner, flags, text)
    painter.setFont(small)
    painter.setPen(QColor(COLOURS.get(ink, COLOURS["red"])))
    painter.drawText(QRectF(inner.left(), inner.top() + body.height(), inner.width(), less.height()), name)
