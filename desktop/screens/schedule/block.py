# SPDX-License-Identifier: GPL-3.0-or-later
"""One appointment in the grid: a button that can be dragged. What it says is in words, with a mark beside."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from desktop.kit import icons, theme
from desktop.kit.text import named


@dataclass(frozen=True, slots=True)
class Face:
    """What a block says: `title` first, then `detail`, then the state with its `icon` and `tone`. `movable`: it may be
    dragged."""

    key: str
    title: str
    detail: str
    state: str
    icon: str
    tone: str
    spoken: str
    movable: bool = True


class Block(QAbstractButton):
    carried = Signal(QPointF)
    """dragged: where its upper left corner would be, in the parent"""
    laid = Signal()
    let_go = Signal()
    """the drag was broken off"""

    def __init__(self, face: Face, parent: QWidget) -> None:
        super().__init__(parent)
        self.face = face
        named(self, f"schedule.block.{face.key}", face.spoken)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._grip: QPoint | None = None
        self._dragging = False

    def show_face(self, face: Face, chosen: bool) -> None:
        """Say this from now on."""
        self.setCheckable(True)
        if face != self.face:
            self.face = face
            self.setAccessibleName(face.spoken)
        self.setToolTip(face.spoken)
        self.setChecked(chosen)
        self.update()

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """Which one is marked, the page says."""

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.face.movable:
            self._grip = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        super().mouseMoveEvent(event)
        if self._grip is None:
            return
        far = (event.position().toPoint() - self._grip).manhattanLength()
        if self._dragging or far >= QApplication.startDragDistance():
            self._dragging = True
            self.setDown(False)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.carried.emit(QPointF(self.mapToParent(event.position().toPoint() - self._grip)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        dragged, self._grip, self._dragging = self._dragging, None, False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if dragged:
            self.setDown(False)
            event.accept()
            self.laid.emit()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._grip, self._dragging = None, False
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.let_go.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    # paint

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        worn, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(worn.colour(self.face.tone), 2 if self.isChecked() else 1))
        painter.setBrush(QColor(worn.tokens.wash(self.face.tone)))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(worn.colour(self.face.tone))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), 4, box.height()), 2, 2)
        if self.hasFocus():
            painter.setPen(QPen(worn.colour("focus"), worn.scale.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 4, 4)
        self._words(painter, self.rect().adjusted(9, 2, -4, -2))

    def _words(self, painter: QPainter, room: QRect) -> None:
        """As many lines as there is room for; where there is one, the mark, the name and the state share it."""
        worn, said = theme.current(), self.face
        size = worn.scale.caption
        tall = QFontMetrics(theme.font(size)).height()
        several = room.height() >= 2 * tall
        first = said.title if several else " · ".join(p for p in (said.title, said.state) if p)
        second = " · ".join(p for p in (said.state, said.detail) if p)
        top = room.top() if several else room.top() + max(0, (room.height() - tall) // 2)
        side = size + 1
        left = room.left()
        painter.drawPixmap(
            QRect(left, top + (tall - side) // 2, side, side),
            icons.pixmap(said.icon, side, said.tone, self.devicePixelRatioF()),
        )
        lines = ((first, 600, left + side + 4),) + (((second, 400, left),) if several else ())
        for number, (text, weight, x) in enumerate(lines):
            painter.setFont(theme.font(size, weight))
            painter.setPen(worn.colour("text"))
            wide = room.right() - x
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(QRect(x, top + number * tall, wide, tall), Qt.AlignmentFlag.AlignVCenter, shown)
