# SPDX-License-Identifier: GPL-3.0-or-later
"""The page itself: paints what is here of it, and says what hands do: wheel, mouse, fingers, arrows."""

from __future__ import annotations

import time
from math import hypot

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEventPoint,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from clinic.domain.facts import DocumentMark, MarkKind
from desktop.kit import theme
from desktop.kit.text import named
from desktop.kit.video import fitted
from desktop.screens.documents import logic as d
from desktop.screens.documents import marking as m
from desktop.screens.documents.ink import paint

NOTCH = 120
"""Of a wheel, in eighths of a degree."""
ARROW = 64
EDGE = 8
FOOT = 30
LINE, THINNEST = 3.0, 1.8
"""How wide a stroke is, in pixels: of a page at 100 %, and of a small one."""
TAP = 12
"""Pixels a finger may slip and still have tapped."""
GRIPS = {
    Qt.Key.Key_Left: (ARROW, 0),
    Qt.Key.Key_Right: (-ARROW, 0),
    Qt.Key.Key_Up: (0, ARROW),
    Qt.Key.Key_Down: (0, -ARROW),
}


class DocumentPage(QWidget):
    """`did`: an event of logic; `drew`: one of marking."""

    did = Signal(object)
    drew = Signal(object)

    def __init__(self, *, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._state, self._image, self._small, self._words = d.State(), QImage(), QImage(), ""
        self._marks: tuple[DocumentMark, ...] = ()
        self._hand = m.State()
        self._pressed = False
        self._held: QPointF | None = None
        self._rolled = 0.0
        self._fingers: list[QPointF] = []
        self._slipped, self._tapped_at = 0.0, float("-inf")

    def show_page(self, state: d.State, image: QImage, words: str) -> None:
        """The page as it lies, what is here of it, and the words under it."""
        self._state, self._image = state, image
        if words != self._words:
            self._words = words
            self.setAccessibleDescription(words)
        self._show_hand()
        self.update()

    def show_marks(self, marks: tuple[DocumentMark, ...], hand: m.State) -> None:
        """What lies over the page, and what is being drawn."""
        self._marks, self._hand = marks, hand
        self._show_hand()
        self.update()

    def _show_hand(self) -> None:
        state = self._state
        loose = state.box[2] > state.room[0] + 1 or state.box[3] > state.room[1] + 1
        shape = Qt.CursorShape.OpenHandCursor if loose else Qt.CursorShape.ArrowCursor
        shape = Qt.CursorShape.ClosedHandCursor if self._held is not None and loose else shape
        if self._draws:
            erases = self._hand.tool == m.ERASER
            shape = Qt.CursorShape.PointingHandCursor if erases else Qt.CursorShape.CrossCursor
        self.setCursor(shape)

    @property
    def _draws(self) -> bool:
        """A tool is in the hand, and there is a page under it."""
        return bool(self._hand.tool) and not self._image.isNull()

    def show_small(self, picture: bytes) -> None:
        """What stands there until the page has come."""
        self._small = QImage.fromData(QByteArray(picture)) if picture else QImage()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(420, 320)

    # room

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(EDGE, EDGE, -EDGE, -FOOT)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._tell_room()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._tell_room()

    def _tell_room(self) -> None:
        room = self._room()
        self.did.emit(d.RoomChanged((room.width(), room.height()), self.devicePixelRatioF()))

    def _place(self, at: QPointF) -> d.Place:
        return at.x() - EDGE, at.y() - EDGE

    # hands

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()
        turns = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.did.emit(d.Zoomed(d.STEP ** (turns.y() / NOTCH), self._place(event.position())))
            return
        across = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        right, down = (turns.y(), 0) if across else (turns.x(), turns.y())
        above, below = d.seen_below(self._state)
        if right or (above if down > 0 else below):
            self._rolled = 0.0
            self.did.emit(d.Dragged(right * ARROW / NOTCH, down * ARROW / NOTCH))
            return
        self._rolled += down  # at the edge of a page the next one comes, a notch a page
        if abs(self._rolled) >= NOTCH:
            self.did.emit(d.PageTurned(-1 if self._rolled > 0 else 1))
            self._rolled = 0.0

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            if self._draws:
                self._press(event.position())
            else:
                self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._pressed:
            self._draw_to(event.position())
        elif self._held is not None:
            way, self._held = event.position() - self._held, event.position()
            self.did.emit(d.Dragged(way.x(), way.y()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._pressed:
            self._lift()
            return
        self._held = None
        self.did.emit(d.Dragged(0, 0))

    # a tool

    def _press(self, at: QPointF) -> None:
        """Only on the page itself."""
        x, y = d.place_at(self._state, self._place(at))
        if 0 <= x <= 1 and 0 <= y <= 1:
            self._pressed = True
            self.drew.emit(m.Pressed(self._state.page, (x, y)))

    def _draw_to(self, at: QPointF) -> None:
        x, y = d.place_at(self._state, self._place(at))
        self.drew.emit(m.Moved((min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))))

    def _lift(self, meant: bool = True) -> None:
        if self._pressed:
            self._pressed = False
            self.drew.emit(m.Lifted() if meant else m.LetGo())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._draws:
            self.mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.did.emit(d.Toggled(self._place(event.position())))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        key = Qt.Key(event.key())
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in GRIPS:
            self.did.emit(d.Dragged(*GRIPS[key]))
        elif key == Qt.Key.Key_Escape and self._hand.tool:
            self._lift(meant=False)
            self.drew.emit(m.ToolChosen(self._hand.tool))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._draws and self._hand.tool == m.NOTE:
            middle = self._state.room[0] / 2, self._state.room[1] / 2
            self.drew.emit(m.Pressed(self._state.page, d.place_at(self._state, middle)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.did.emit(d.Toggled())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            self._touched(event)
            event.accept()
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.did.emit(d.Zoomed(max(0.2, 1 + event.value()), self._place(event.position())))
                return True
            if event.gestureType() == Qt.NativeGestureType.SmartZoomNativeGesture:
                self.did.emit(d.Toggled(self._place(event.position())))
                return True
        return super().event(event)

    def _touched(self, event: QTouchEvent) -> None:
        """One finger moves the page, two make it larger around them; two taps fit it or show it at 100 %."""
        lifted = QEventPoint.State.Released
        now = [one.position() for one in event.points() if one.state() != lifted]
        before, self._fingers = self._fingers, now
        if not before:
            self._slipped = 0.0
        if self._draws and self._drawn_by(before, now):
            return
        if len(now) == len(before) and now:
            middle, was = _middle(now), _middle(before)
            way = middle - was
            self._slipped += hypot(way.x(), way.y())
            self.did.emit(d.Dragged(way.x(), way.y()))
            if len(now) > 1 and _apart(before) > 1:
                self._slipped += TAP
                self.did.emit(d.Zoomed(_apart(now) / _apart(before), self._place(middle)))
        if not now and before and self._slipped < TAP:
            self._tapped(before[0])

    def _drawn_by(self, before: list[QPointF], now: list[QPointF]) -> bool:
        """One finger draws; with a second one what it began is not meant, and both move the page. True if it drew."""
        if len(now) == 1 and not before:
            self._press(now[0])
            return True
        if len(now) > 1:
            self._lift(meant=False)
            return False
        if self._pressed and now:
            self._draw_to(now[0])
        elif not now:
            self._lift()
        return True

    def _tapped(self, at: QPointF) -> None:
        now = time.monotonic()
        if (now - self._tapped_at) * 1000 < QApplication.doubleClickInterval():
            self._tapped_at = float("-inf")
            self.did.emit(d.Toggled(self._place(at)))
        else:
            self._tapped_at = now

    # paint

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()), worn.scale.radius, worn.scale.radius)
        painter.fillPath(ground, worn.colour("bg"))
        room = self._room()
        painter.save()
        painter.setClipPath(ground)
        painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
        if not self._image.isNull():
            self._paint_page(painter)
        elif not self._small.isNull() and self._state.page == 0:
            painter.drawImage(fitted(self._small.size(), room), self._small)
        painter.restore()
        painter.setPen(worn.colour("muted"))
        painter.setFont(theme.font(worn.scale.caption))
        foot = QRectF(12, self.height() - FOOT, self.width() - 24, FOOT)
        words = painter.fontMetrics().elidedText(
            self._words, Qt.TextElideMode.ElideMiddle, round(foot.width())
        )
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, words)
        if self.hasFocus():
            painter.setPen(QPen(worn.colour("primary"), 2))
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(1, 1, -1, -1), worn.scale.radius, worn.scale.radius
            )

    def _paint_page(self, painter: QPainter) -> None:
        painter.save()
        left, top, wide, high = self._state.box
        painter.translate(EDGE + left + wide / 2, EDGE + top + high / 2)
        painter.rotate(90 * self._state.turned)
        if self._state.turned % 2:
            wide, high = high, wide
        painter.drawImage(QRectF(-wide / 2, -high / 2, wide, high), self._image)
        painter.restore()
        self._paint_marks(painter)

    def _paint_marks(self, painter: QPainter) -> None:
        """Over the page and its edge, words upright whichever way it is turned."""
        page, hand = self._state.page, self._hand
        drafts = [one for one in hand.coming if one.page == page]
        if hand.line and hand.page == page:
            kind = MarkKind.ARROW if hand.tool == m.ARROW else MarkKind.PEN
            drafts.append(m.Draft(0, page, kind, hand.line, hand.ink))
        if hand.note is not None and hand.page == page:
            drafts.append(m.Draft(0, page, MarkKind.NOTE, (hand.note,), hand.ink, hand.words or "…"))
        if not (drafts or self._marks):
            return
        line = min(LINE, max(THINNEST, LINE * self._state.scale))
        paint(painter, self._marks, drafts, self._point, line, theme.font(theme.current().scale.body))

    def _point(self, place: d.Place) -> QPointF:
        x, y = d.point_of(self._state, place)
        return QPointF(x + EDGE, y + EDGE)


def _middle(places: list[QPointF]) -> QPointF:
    return QPointF(sum(one.x() for one in places) / len(places), sum(one.y() for one in places) / len(places))


def _apart(places: list[QPointF]) -> float:
    way = places[1] - places[0]
    return hypot(way.x(), way.y())
