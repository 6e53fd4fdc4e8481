# SPDX-License-Identifier: GPL-3.0-or-later
"""A page that is shown in a call, as large as there is room, with what both sides draw on it and point at.

Who shares draws in the colour of actions, who watches in that of notes; lines differ too (whole, broken), for colour never
speaks alone.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit import theme
from desktop.kit.shared import Tool
from desktop.kit.sharing import Sharing
from desktop.kit.text import named
from desktop.kit.video import fitted
from desktop.kit.words import _

INKS = {True: "#C2185B", False: "#1657B8"}
"""Of who shares and of who watches: both at least 4.5:1 on paper, which is white in every look."""
BROKEN = (2.2, 2.2)


class SharedPage(QWidget):
    """`tool`: what a press on the page does: point, pen or eraser."""

    def __init__(self, sharing: Sharing | None, *, name: str, spoken: str = "") -> None:
        super().__init__()
        named(self, name, spoken or _("The page that both of you see"))
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._sharing = sharing
        self._words = ""
        self._pressed = False
        self.tool: Tool = "point"
        self.larger = False
        self._top = 0.0
        if sharing is not None:
            sharing.drawn.connect(self._follow)

    def set_tool(self, tool: Tool) -> None:
        self.tool = tool
        shape = Qt.CursorShape.CrossCursor if tool == "pen" else Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)

    def set_words(self, words: str) -> None:
        """What stands where the page will be."""
        if words != self._words:
            self._words = words
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(520, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    def set_larger(self, larger: bool) -> None:
        """As wide as there is room, and a part of it at a time; the other side's pointer brings its part into view."""
        if larger is not self.larger:
            self.larger, self._top = larger, 0.0
            self.update()

    def scroll(self, by: float) -> None:
        """Down by so much of what shows, up by less than 0."""
        self._top += by * self.height()
        self.update()

    @property
    def leads(self) -> tuple[bool, bool]:
        """Whether there is more of the page above, and below."""
        box = self.page_box()
        return box.top() < 0, box.bottom() > self.height()

    def page_box(self) -> QRectF:
        """Where the page lies in this widget; empty while there is none."""
        image = self._sharing.image if self._sharing is not None else None
        if image is None or image.isNull():
            return QRectF()
        room = QRectF(self.rect()).adjusted(6, 6, -6, -6)
        if not self.larger:
            return fitted(image.size(), room)
        height = room.width() * image.height() / image.width()
        if height <= room.height():
            return fitted(image.size(), room)
        self._top = min(max(0.0, self._top), height - room.height())
        return QRectF(room.left(), room.top() - self._top, room.width(), height)

    def _follow(self) -> None:
        """What the other side points at comes into view."""
        theirs = self._sharing.pointers[1] if self._sharing is not None else None
        box = self.page_box()
        if self.larger and theirs is not None and not box.isEmpty():
            y = box.top() + theirs[1] * box.height()
            if not 0.1 * self.height() < y < 0.9 * self.height():
                self._top += y - self.height() / 2
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.larger:
            self.scroll(-event.angleDelta().y() / 480)
            event.accept()

    # hands

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and event.points():
            point = event.points()[0]
            match point.state():
                case QEventPoint.State.Pressed:
                    self._down(point.position())
                case QEventPoint.State.Released:
                    self._up()
                case _:
                    self._move(point.position())
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._down(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._up()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._sharing is not None:
            self._sharing.lift_pointer()

    def _place(self, at: QPointF) -> tuple[float, float] | None:
        box = self.page_box()
        if box.isEmpty() or not (box.contains(at) or self._pressed):
            return None
        x, y = (at.x() - box.left()) / box.width(), (at.y() - box.top()) / box.height()
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def _down(self, at: QPointF) -> None:
        place = self._place(at)
        if place is None or self._sharing is None:
            return
        self._pressed = True
        if self.tool == "pen":
            self._sharing.pen_down(*place)
        elif self.tool == "eraser":
            self._sharing.erase(*place)
        else:
            self._sharing.point(*place)

    def _move(self, at: QPointF) -> None:
        place = self._place(at)
        if self._sharing is None:
            return
        if place is None:
            self._sharing.lift_pointer()
        elif self._pressed and self.tool == "pen":
            self._sharing.pen_go(*place)
        elif self._pressed and self.tool == "eraser":
            self._sharing.erase(*place)
        else:
            self._sharing.point(*place)

    def _up(self) -> None:
        if self._pressed and self.tool == "pen" and self._sharing is not None:
            self._sharing.pen_up()
        self._pressed = False

    # paint

    def paintEvent(self, _event: QPaintEvent) -> None:
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()), worn.scale.card, worn.scale.card)
        painter.fillPath(ground, worn.colour("line"))
        box = self.page_box()
        if box.isEmpty() or self._sharing is None:
            painter.setFont(theme.font(worn.scale.heading, 600))
            painter.setPen(worn.colour("text"))
            inner = QRectF(self.rect()).adjusted(24, 24, -24, -24)
            painter.drawText(
                inner, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._words
            )
            return
        painter.setClipPath(ground)
        painter.drawImage(box, self._sharing.image)
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        for name, line in self._sharing.strokes:
            _draw(painter, box, line, QColor(INKS[name.sharer]), broken=not name.sharer)
        mine_shares = self._sharing.shared.role == "showing"
        ours, theirs = self._sharing.pointers
        for at, sharer in ((ours if self.tool == "point" else None, mine_shares), (theirs, not mine_shares)):
            if at is not None:
                _ring(painter, box, at, QColor(INKS[sharer]))


def _draw(painter: QPainter, box: QRectF, line: list[tuple[float, float]], ink: QColor, broken: bool) -> None:
    if not line:
        return
    pen = QPen(ink, max(2.5, box.width() / 220))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if broken and len(line) > 1:
        pen.setDashPattern(BROKEN)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    places = [QPointF(box.left() + x * box.width(), box.top() + y * box.height()) for x, y in line]
    path = QPainterPath(places[0])
    for place in places[1:] or [places[0] + QPointF(0.1, 0.1)]:
        path.lineTo(place)
    painter.drawPath(path)


def _ring(painter: QPainter, box: QRectF, at: tuple[float, float], ink: QColor) -> None:
    """A pointer: a ring around the place, so that the place itself stays visible."""
    place = QPointF(box.left() + at[0] * box.width(), box.top() + at[1] * box.height())
    size = max(11.0, box.width() / 40)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, colour in ((6.0, QColor("#FFFFFF")), (3.0, ink)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(place, size, size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawEllipse(place, 3.0, 3.0)
