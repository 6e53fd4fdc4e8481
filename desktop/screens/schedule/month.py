# SPDX-License-Identifier: GPL-3.0-or-later
"""A month: each day is a button that says how many are booked, and opens the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from desktop.kit import icons, theme
from desktop.kit.text import Text, named
from desktop.kit.words import fmt_day, fmt_weekday
from desktop.screens.phrases import sentence_case

_ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -7, Qt.Key.Key_Down: 7}


@dataclass(frozen=True, slots=True)
class Cell:
    """A day: `count` and `conflicts` in words, '' for none; `inside` the month; `today`."""

    day: date
    count: str
    conflicts: str
    inside: bool
    today: bool


class DayCell(QAbstractButton):
    arrow = Signal(int)
    """so many days further"""

    def __init__(self, number: int) -> None:
        super().__init__()
        named(self, f"schedule.month.{number}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.cell: Cell | None = None

    def show_cell(self, cell: Cell) -> None:
        self.cell = cell
        said = (sentence_case(fmt_day(cell.day)), cell.count, cell.conflicts)
        self.setAccessibleName(", ".join(part for part in said if part))
        self.setToolTip(self.accessibleName())
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows go to another day or week, Enter opens this one."""
        days = next((days for key, days in _ARROWS.items() if key == event.key()), 0)
        if days:
            self.arrow.emit(days)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(40, 26)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        cell, worn, painter = self.cell, theme.current(), QPainter(self)
        if cell is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.rect().adjusted(1, 1, -1, -1)
        painter.setBrush(QColor(worn.tokens.surface if cell.inside else worn.tokens.bg))
        ring = "focus" if self.hasFocus() else "primary" if cell.today else "line"
        painter.setPen(QPen(worn.colour(ring), 2 if ring != "line" else 1))
        painter.drawRoundedRect(box, 6, 6)
        room, size = box.adjusted(8, 4, -4, -4), worn.scale.caption
        tall = QFontMetrics(theme.font(size)).height()
        number = theme.font(worn.scale.body, 700 if cell.today else 400)
        painter.setFont(number)
        painter.setPen(worn.colour("text" if cell.inside else "muted"))
        painter.drawText(room, Qt.AlignmentFlag.AlignTop, str(cell.day.day))
        y = room.top() + QFontMetrics(number).height()
        painter.setFont(theme.font(size))
        for text, icon, tone in ((cell.count, "", "text"), (cell.conflicts, "alert-triangle", "warn")):
            if text and y + tall <= room.bottom() + 4:
                self._line(painter, QRect(room.left(), y, room.width(), tall), text, icon, tone)
                y += tall

    def _line(self, painter: QPainter, room: QRect, text: str, icon: str, tone: str) -> None:
        if icon:
            side = theme.current().scale.caption + 1
            drawn = icons.pixmap(icon, side, tone, self.devicePixelRatioF())
            painter.drawPixmap(QRect(room.left(), room.top(), side, side), drawn)
            room = room.adjusted(side + 3, 0, 0, 0)
        painter.setPen(theme.current().colour(tone))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)


class Month(QWidget):
    """Six weeks at most; `opened` tells the day."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        named(self, "schedule.month")
        self._box = QGridLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(4)
        self._heads = [Text("", "caption") for _number in range(7)]
        for number, head in enumerate(self._heads):
            head.setAlignment(Qt.AlignmentFlag.AlignCenter)
            head.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self._box.addWidget(head, 0, number)
            self._box.setColumnStretch(number, 1)
        self.cells = [DayCell(number) for number in range(42)]
        for number, cell in enumerate(self.cells):
            self._box.addWidget(cell, 1 + number // 7, number % 7)
            self._box.setRowStretch(1 + number // 7, 1)
            cell.clicked.connect(lambda _on=False, one=cell: one.cell and self.opened.emit(one.cell.day))
            cell.arrow.connect(lambda days, one=cell: self.by_arrow(one, days))

    def show_cells(self, cells: Sequence[Cell]) -> None:
        """Whole weeks, from a Monday."""
        for head, cell in zip(self._heads, cells, strict=False):
            head.setText(sentence_case(fmt_weekday(cell.day).split()[0]))
        for number, widget in enumerate(self.cells):
            widget.setVisible(number < len(cells))
            if number < len(cells):
                widget.show_cell(cells[number])
        for week in range(6):
            self._box.setRowStretch(1 + week, 1 if week * 7 < len(cells) else 0)

    def by_arrow(self, cell: DayCell, days: int) -> None:
        """The keyboard goes to the day that lies there, if one does."""
        at = self.cells.index(cell) + days
        if 0 <= at < len(self.cells) and not self.cells[at].isHidden():
            self.cells[at].setFocus(Qt.FocusReason.OtherFocusReason)
