# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a person signs with a finger, a pen or a mouse."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.text import named
from desktop.kit.words import _


@dataclass(frozen=True, slots=True)
class Point:
    """One sample of a stroke: x, y in 0..1 of the pad, ms since the first touch, pressure 0..1."""

    x: float
    y: float
    t_ms: int
    pressure: float


Stroke = tuple[Point, ...]
ASPECT = 0.36  # height over width of the drawn signature


class SignaturePad(QWidget):
    """Collects strokes; takes touch, tablet and mouse events."""

    changed = Signal()

    def __init__(self, *, name: str, spoken: str = "") -> None:
        super().__init__()
        named(self, name, spoken or _("Sign here with your finger"))
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 120)
        self._done: list[Stroke] = []
        self._open: list[Point] = []
        self._clock = QElapsedTimer()

    def strokes(self) -> tuple[Stroke, ...]:
        """All finished strokes in the order they were drawn."""
        return tuple(self._done)

    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self._done and not self._open

    def text(self) -> str:
        """How many strokes and points there are, for the hands and for tests."""
        return f"{len(self._done)} strokes, {sum(map(len, self._done))} points"

    def clear(self) -> None:
        """Begin again."""
        self._done, self._open = [], []
        self._clock.invalidate()
        self.update()
        self.changed.emit()

    def image(self, width: int = 600) -> QImage:
        """The signature in black on white, `width` pixels wide."""
        picture = QImage(width, round(width * ASPECT), QImage.Format.Format_RGB32)
        picture.fill(QColor("#FFFFFF"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw(painter, QRectF(picture.rect()), QColor("#000000"))
        painter.end()
        return picture

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            self._touched(event)
            return True
        return super().event(event)

    def _touched(self, event: QTouchEvent) -> None:
        point = event.points()[0]
        pressure = point.pressure() or 1.0
        match point.state():
            case QEventPoint.State.Pressed:
                self._begin(point.position(), pressure)
            case QEventPoint.State.Released:
                self._end(point.position(), pressure)
            case _:
                self._go(point.position(), pressure)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        match event.type():
            case QEvent.Type.TabletPress:
                self._begin(event.position(), event.pressure())
            case QEvent.Type.TabletRelease:
                self._end(event.position(), event.pressure())
            case _:
                self._go(event.position(), event.pressure())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._begin(event.position(), 1.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event.position(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._end(event.position(), 1.0)

    def _begin(self, place: QPointF, pressure: float) -> None:
        if not self._clock.isValid():
            self._clock.start()
        self._open = [self._point(place, pressure)]
        self.update()

    def _go(self, place: QPointF, pressure: float) -> None:
        if self._open:
            self._open.append(self._point(place, pressure))
            self.update()

    def _end(self, place: QPointF, pressure: float) -> None:
        if self._open:
            self._open.append(self._point(place, pressure))
            self._done.append(tuple(self._open))
            self._open = []
            self.update()
            self.changed.emit()

    def _point(self, place: QPointF, pressure: float) -> Point:
        x = min(1.0, max(0.0, place.x() / max(1, self.width() - 1)))
        y = min(1.0, max(0.0, place.y() / max(1, self.height() - 1)))
        return Point(round(x, 4), round(y, 4), int(self._clock.elapsed()), round(min(1.0, pressure), 3))

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(worn.colour("edge"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(worn.colour("surface"))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(1, 1, -1, -1), worn.scale.radius, worn.scale.radius
        )
        base = self.height() * 0.76
        painter.setPen(QPen(worn.colour("edge"), 1))
        painter.drawLine(QPointF(self.width() * 0.08, base), QPointF(self.width() * 0.92, base))
        if self.empty():
            painter.setFont(theme.font(worn.scale.body))
            painter.setPen(worn.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.accessibleName())
        self._draw(painter, QRectF(self.rect()), worn.colour("text"))

    def _draw(self, painter: QPainter, box: QRectF, ink: QColor) -> None:
        for stroke in (*self._done, tuple(self._open)):
            if stroke:
                pen = QPen(ink, 2.0 + 2.0 * max(point.pressure for point in stroke) * box.width() / 640)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(_path(stroke, box))


def _path(stroke: Stroke, box: QRectF) -> QPainterPath:
    places = [QPointF(box.left() + p.x * box.width(), box.top() + p.y * box.height()) for p in stroke]
    path = QPainterPath(places[0])
    for place in places[1:] or [places[0] + QPointF(0.1, 0.1)]:
        path.lineTo(place)
    return path
