# SPDX-License-Identifier: GPL-3.0-or-later
"""A day as a drawing: the leaf of a calendar with weekday and number, and under it the sun of the morning or of the afternoon."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.text import named
from desktop.kit.touch import Tile
from desktop.kit.words import fmt_weekday
from kiosk.screens.things.logic import AFTERNOON

LEAF = 168.0
"""Largest side of a leaf, in pixels."""


class DayTile(Tile):
    """A tile whose picture is a day."""

    def __init__(self, day: datetime, text: str, hint: str = "", *, name: str) -> None:
        super().__init__("calendar", text, hint, name=name)
        self._day = day.astimezone()

    def _drawing(self, painter: QPainter, box: QRectF) -> None:
        draw_day(painter, box, self._day)


class DayDrawing(QWidget):
    """The same, as large as its place allows."""

    def __init__(self, day: datetime, *, name: str) -> None:
        super().__init__()
        named(self, name)
        self._day = day.astimezone()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(220, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 96)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_day(painter, QRectF(self.rect()), self._day, largest=300)


def draw_day(painter: QPainter, box: QRectF, day: datetime, largest: float = LEAF) -> None:
    """A leaf in the middle of the box."""
    side = max(24.0, min(box.width(), box.height(), largest))
    leaf = QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)
    worn = theme.current()
    painter.save()
    painter.setPen(QPen(QColor(worn.tokens.primary), max(2.0, side / 48)))
    painter.setBrush(QColor(worn.tokens.surface))
    painter.drawRoundedRect(leaf, side * 0.1, side * 0.1)
    head = QRectF(leaf.left(), leaf.top(), side, side * 0.3)
    painter.setBrush(QColor(worn.tokens.primary))
    painter.drawRoundedRect(head, side * 0.1, side * 0.1)
    painter.drawRect(head.adjusted(0, side * 0.12, 0, 0))
    word = fmt_weekday(day.date()).split(" ", 1)[0].upper()
    painter.setPen(QColor(worn.tokens.on_primary))
    painter.setFont(theme.font(max(9, round(side * 0.16)), 700))
    painter.drawText(head, int(Qt.AlignmentFlag.AlignCenter), word)
    painter.setPen(QColor(worn.tokens.text))
    painter.setFont(theme.font(max(12, round(side * 0.34)), 700))
    number = QRectF(leaf.left(), leaf.top() + side * 0.3, side, side * 0.42)
    painter.drawText(number, int(Qt.AlignmentFlag.AlignCenter), str(day.day))
    _sun(painter, QRectF(leaf.left(), leaf.top() + side * 0.7, side, side * 0.28), day.hour)
    painter.restore()


def _sun(painter: QPainter, box: QRectF, hour: int) -> None:
    """Rising at the left over a line in the morning, going down at the right in the afternoon."""
    tokens, size = theme.current().tokens, box.height()
    ground = box.bottom() - size * 0.25
    painter.setPen(QPen(QColor(tokens.muted), max(1.5, size / 16)))
    painter.drawLine(
        QPointF(box.left() + box.width() * 0.14, ground), QPointF(box.right() - box.width() * 0.14, ground)
    )
    across = 0.72 if hour >= AFTERNOON[0].hour else 0.28
    sun = QRectF(0, 0, size * 0.55, size * 0.55)
    sun.moveCenter(QPointF(box.left() + box.width() * across, ground - size * 0.18))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.warn))
    painter.drawPie(sun, 0, 180 * 16)
