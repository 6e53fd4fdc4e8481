# SPDX-License-Identifier: GPL-3.0-or-later
"""A column a week: good below, bad on top, told apart by pattern and place too; readable in grey."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.kit import theme
from desktop.kit.text import named
from desktop.kit.words import N_, _, fmt_date, fmt_number
from desktop.screens.feedback.logic import FACES, Week

TONES = {"good": "ok", "fair": "warn", "bad": "danger"}
NAMES = {"good": N_("Good"), "fair": N_("So-so"), "bad": N_("Bad")}
PATTERNS = {
    "good": Qt.BrushStyle.SolidPattern,
    "fair": Qt.BrushStyle.BDiagPattern,
    "bad": Qt.BrushStyle.DiagCrossPattern,
}


class WeeksChart(QWidget):
    """Never mirrored: time goes to the right."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        named(self, name, _("Answers by week"))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._weeks: tuple[Week, ...] = ()

    def show_weeks(self, weeks: Sequence[Week]) -> None:
        """Oldest first."""
        self._weeks = tuple(weeks)
        self.setAccessibleDescription("; ".join(told(week) for week in weeks if week.total))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(520, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 150)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._weeks:
            place = int(event.pos().x() / (self.width() / len(self._weeks)))
            QToolTip.showText(event.globalPos(), told(self._weeks[min(place, len(self._weeks) - 1)]), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._weeks:
            return
        worn = theme.current()
        painter = QPainter(self)
        small = worn.scale.caption
        painter.setFont(theme.font(small, 400))
        foot, head = small * 2.0, small * 1.8
        room = QRectF(0, head, self.width(), max(20.0, self.height() - foot - head))
        most = max(1, *(week.total for week in self._weeks))
        wide = room.width() / len(self._weeks)
        for number, week in enumerate(self._weeks):
            left = room.left() + number * wide
            self._column(
                painter, QRectF(left + wide * 0.2, room.top(), wide * 0.6, room.height()), week, most
            )
            painter.setPen(QColor(worn.tokens.muted))
            day = f"{week.monday.day}/{week.monday.month}"
            painter.drawText(QRectF(left, room.bottom() + 2, wide, foot), Qt.AlignmentFlag.AlignCenter, day)
        painter.setPen(QPen(QColor(worn.tokens.line), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())

    def _column(self, painter: QPainter, place: QRectF, week: Week, most: int) -> None:
        tokens, bottom = theme.current().tokens, place.bottom()
        for face, count in zip(FACES, week.counts, strict=True):
            tall = place.height() * count / most
            box = QRectF(place.left(), bottom - tall, place.width(), tall)
            ink = QColor(tokens.ink(TONES[face]))
            painter.setPen(QPen(ink, 1))
            painter.setBrush(QBrush(ink, PATTERNS[face]))
            if count:
                painter.drawRect(box)
            bottom -= tall
        if week.total:
            painter.setPen(QColor(tokens.text))
            above = QRectF(place.left() - 20, bottom - 22, place.width() + 40, 20)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, fmt_number(week.total))


class Swatch(QWidget):
    """The pattern of a face, for the legend."""

    def __init__(self, face: str) -> None:
        super().__init__()
        self._face = face
        self.setFixedSize(18, 18)
        self.setAccessibleName(_(NAMES[face]))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink = QColor(theme.current().tokens.ink(TONES[self._face]))
        painter.setPen(QPen(ink, 1))
        painter.setBrush(QBrush(ink, PATTERNS[self._face]))
        painter.drawRect(self.rect().adjusted(1, 1, -2, -2))


def told(week: Week) -> str:
    """'Week of 23/11/2026: Good 3, So-so 1, Bad 0'."""
    counts = ", ".join(
        f"{_(NAMES[face])} {fmt_number(count)}" for face, count in zip(FACES, week.counts, strict=True)
    )
    return f"{_('Week of %(day)s') % {'day': fmt_date(week.monday)}}: {counts}"
