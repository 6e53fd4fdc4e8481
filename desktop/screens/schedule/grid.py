# SPDX-License-Identifier: GPL-3.0-or-later
"""The grid of a day or a week: hours from above, a column for each practitioner or day, appointments as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from desktop.kit import theme
from desktop.kit.text import named
from desktop.kit.words import _
from desktop.screens.schedule.block import Block, Face
from desktop.screens.schedule.layout import STEP, Lane, lanes, snapped

NARROWEST = 11
"""Of a column, in letters' heights; beyond that it scrolls aside."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block in its column: `start` and `end` in minutes after midnight."""

    face: Face
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Free:
    """A free slot, in minutes after midnight. `marked`: the keyboard is at it."""

    start: int
    end: int
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """One column. `offered`: (start, end) minutes in which somebody works, none where nobody says so; `away`: in which she is
    off; `now`: the minute, -1 on other days; `closed`: she keeps hours, so that all else is outside of them."""

    title: str
    placed: tuple[Placed, ...] = ()
    offered: tuple[tuple[int, int], ...] = ()
    away: tuple[tuple[int, int], ...] = ()
    now: int = -1
    closed: bool = False
    free: tuple[Free, ...] = ()


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Canvas(QWidget):
    """What scrolls; one pixel down is always the same time."""

    empty_chosen = Signal(int, int)
    """column, minute"""
    chosen = Signal(str)
    dropped = Signal(str, int, int)
    """which, column, minute"""
    nudged = Signal(int, int)
    """columns, minutes"""
    spot_moved = Signal(int, int)
    """columns, free slots"""
    spot_taken = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "schedule.canvas", _("Appointments"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first, self.last = 7 * 60, 20 * 60
        self.strips: tuple[Strip, ...] = ()
        self.blocks: dict[str, Block] = {}
        self._where: dict[str, tuple[int, Placed, Lane]] = {}
        self._pressed: QPoint | None = None
        self._target: tuple[str, int, int, int] | None = None  # which, column, minute, minutes
        for keys, across, minutes in (
            ("Ctrl+Up", 0, -STEP), ("Ctrl+Down", 0, STEP), ("Ctrl+Left", -1, 0), ("Ctrl+Right", 1, 0),
        ):  # fmt: skip
            made = QShortcut(QKeySequence(keys), self, lambda a=across, m=minutes: self.nudged.emit(a, m))
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # where things are

    @property
    def hour(self) -> float:
        """Height of an hour in pixels."""
        return theme.current().scale.caption * 9.5

    def y_of(self, minute: float) -> float:
        return (minute - self.first) * self.hour / 60

    def minute_at(self, y: float) -> int:
        """The minute there, at a whole step, inside of what is shown."""
        at = snapped(self.first + y * 60 / self.hour)
        return max(self.first, min(self.last - STEP, at))

    def column_box(self, column: int) -> QRectF:
        wide = self.width() / max(1, len(self.strips))
        return QRectF(column * wide, 0, wide, self.height())

    def column_at(self, x: float) -> int:
        wide = self.width() / max(1, len(self.strips))
        return max(0, min(len(self.strips) - 1, int(x / wide)))

    def block_box(self, column: int, start: int, end: int, lane: Lane) -> QRect:
        box = self.column_box(column)
        wide = (box.width() - 6) / lane.of
        top, least = self.y_of(start), theme.current().scale.target
        tall = max(least, self.y_of(end) - top)
        return QRectF(box.left() + 3 + lane.at * wide, top, wide - 2, tall - 1).toRect()

    # what is shown

    def show_strips(self, strips: Sequence[Strip], hours: tuple[int, int], chosen: str) -> None:
        """These columns; blocks that stay keep the keyboard."""
        self.strips, (self.first, self.last) = tuple(strips), hours
        self._where = {}
        for column, strip in enumerate(self.strips):
            places = lanes([(one.start, one.end) for one in strip.placed])
            for one, lane in zip(strip.placed, places, strict=True):
                self._where[one.face.key] = (column, one, lane)
        for key in set(self.blocks) - set(self._where):
            gone = self.blocks.pop(key)
            gone.hide()
            gone.deleteLater()
        before: QWidget | None = None
        for key, (_column, one, _lane) in self._where.items():
            block = self.blocks.get(key) or self._made(one.face)
            block.show_face(one.face, key == chosen)
            block.show()
            if before is not None:
                QWidget.setTabOrder(before, block)
            before = block
        self.setMinimumSize(
            len(self.strips) * NARROWEST * theme.current().scale.body, round(self.y_of(self.last)) + 1
        )
        self._arrange()
        self.update()

    def _made(self, face: Face) -> Block:
        block = self.blocks[face.key] = Block(face, self)
        block.clicked.connect(lambda: self.chosen.emit(face.key))
        block.carried.connect(lambda at: self._carry(face.key, at))
        block.laid.connect(self._lay)
        block.let_go.connect(lambda: self._aim(None))
        return block

    def _arrange(self) -> None:
        for key, (column, one, lane) in self._where.items():
            self.blocks[key].setGeometry(self.block_box(column, one.start, one.end, lane))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()

    # hands

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """By keys it comes to a free slot, if there is one."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and not any(one.marked for strip in self.strips for one in strip.free):
            self.spot_moved.emit(0, 0)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows go over the free slots, Enter books in the marked one."""
        step = next((step for key, step in _ARROWS.items() if key == event.key()), None)
        if step is not None and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            self.spot_moved.emit(*step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.spot_taken.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        pressed, self._pressed = self._pressed, None
        at = event.position()
        if pressed is not None and (at.toPoint() - pressed).manhattanLength() < 10 and self.strips:
            minute = self.first + at.y() * 60 / self.hour
            column = self.column_at(at.x())
            inside = next((one for one in self.strips[column].free if one.start <= minute < one.end), None)
            self.empty_chosen.emit(column, inside.start if inside else int(minute // STEP * STEP))

    def _carry(self, key: str, corner: QPointF) -> None:
        """A block is dragged: where it would be laid down."""
        _column, one, _lane = self._where[key]
        middle = corner.x() + self.blocks[key].width() / 2
        self._aim((key, self.column_at(middle), self.minute_at(corner.y()), one.end - one.start))
        area = self.parentWidget().parentWidget() if self.parentWidget() else None
        if isinstance(area, QScrollArea):
            area.ensureVisible(round(middle), round(corner.y()), 20, 20)

    def _aim(self, target: tuple[str, int, int, int] | None) -> None:
        self._target = target
        for block in self.blocks.values():
            if target is not None and block.face.key == target[0]:
                block.raise_()
        self.update()

    def _lay(self) -> None:
        target, self._target = self._target, None
        self.update()
        if target is not None:
            self.dropped.emit(*target[:3])

    # paint

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        worn, painter = theme.current(), QPainter(self)
        painter.fillRect(self.rect(), QColor(worn.tokens.surface))
        for column, strip in enumerate(self.strips):
            self._ground(painter, self.column_box(column), strip)
        painter.setPen(worn.colour("line"))
        for minute in range(self.first, self.last + 1, 30):
            y = round(self.y_of(minute))
            pen = QPen(worn.colour("line"), 1)
            pen.setStyle(Qt.PenStyle.SolidLine if minute % 60 == 0 else Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(0, y, self.width(), y)
        painter.setPen(worn.colour("edge"))
        for column in range(1, len(self.strips)):
            x = round(self.column_box(column).left())
            painter.drawLine(x, 0, x, self.height())
        for column, strip in enumerate(self.strips):
            for one in strip.free:
                self._free(painter, self.column_box(column), one)
        for column, strip in enumerate(self.strips):
            if self.first <= strip.now <= self.last:
                self._now(painter, self.column_box(column), strip.now)
        if self._target is not None:
            self._ghost(painter, *self._target[1:])

    def _ground(self, painter: QPainter, box: QRectF, strip: Strip) -> None:
        """Time outside of the hours is darker and hatched; time off is also said."""
        worn = theme.current()
        if strip.offered or strip.closed:
            self._shade(painter, box)
            for start, end in strip.offered:
                painter.fillRect(self._between(box, start, end), QColor(worn.tokens.surface))
        for start, end in strip.away:
            part = self._between(box, start, end).intersected(box)
            self._shade(painter, part)
            painter.setFont(theme.font(worn.scale.caption))
            painter.setPen(worn.colour("muted"))
            said = {start, *(begin for begin, _until in strip.offered if start < begin < end)}
            for minute in said:
                top = QRectF(part.left() + 8, self.y_of(minute) + 2, part.width() - 12, part.height())
                painter.drawText(top, Qt.AlignmentFlag.AlignTop, _("Away"))

    def _shade(self, painter: QPainter, part: QRectF) -> None:
        worn = theme.current()
        painter.fillRect(part, QColor(worn.tokens.bg))
        painter.fillRect(part, QBrush(worn.colour("line"), Qt.BrushStyle.BDiagPattern))

    def _free(self, painter: QPainter, box: QRectF, one: Free) -> None:
        """A frame with its hour and the word; the marked one wears the keyboard's frame."""
        worn = theme.current()
        part = self._between(box, one.start, one.end).adjusted(5, 2, -5, -2)
        marked = one.marked and self.hasFocus()
        painter.setBrush(QColor(worn.tokens.tint if one.marked else worn.tokens.surface))
        painter.setPen(
            QPen(worn.colour("focus"), worn.scale.focus)
            if marked
            else QPen(worn.colour("primary" if one.marked else "edge"), 1, Qt.PenStyle.DashLine)
        )
        painter.drawRoundedRect(part, 5, 5)
        painter.setFont(theme.font(worn.scale.caption))
        painter.setPen(worn.colour("text" if one.marked else "muted"))
        if part.height() >= painter.fontMetrics().height():
            said = f"{one.start // 60:02d}:{one.start % 60:02d} {_('Free')}"
            painter.drawText(part.adjusted(6, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, said)

    def _between(self, box: QRectF, start: int, end: int) -> QRectF:
        return QRectF(box.left(), self.y_of(start), box.width(), self.y_of(end) - self.y_of(start))

    def _now(self, painter: QPainter, box: QRectF, minute: int) -> None:
        y = self.y_of(minute)
        painter.setPen(QPen(theme.current().colour("danger"), 2))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        size = theme.current().scale.caption
        painter.setFont(theme.font(size, 600))
        said = QRectF(box.left() + 8, y - size - 6, box.width() - 14, size + 4)
        painter.drawText(said, Qt.AlignmentFlag.AlignRight, _("Now"))

    def _ghost(self, painter: QPainter, column: int, minute: int, minutes: int) -> None:
        worn = theme.current()
        box = QRectF(self.block_box(column, minute, minute + minutes, Lane(0, 1)))
        painter.setPen(QPen(worn.colour("primary"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(worn.tokens.tint))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(worn.colour("text"))
        painter.setFont(theme.font(worn.scale.caption, 600))
        painter.drawText(
            box.adjusted(9, 2, -4, -2), Qt.AlignmentFlag.AlignTop, f"{minute // 60:02d}:{minute % 60:02d}"
        )


class _Edge(QWidget):
    """Hours at the left, or names above: they stay while the rest scrolls."""

    def __init__(self, canvas: Canvas, above: bool) -> None:
        super().__init__()
        self._canvas, self._above, self._gone = canvas, above, 0

    def scrolled(self, pixels: int) -> None:
        self._gone = pixels
        self.update()

    def fit(self) -> None:
        """As wide or as tall as its words."""
        small = QFontMetrics(theme.font(theme.current().scale.caption, 600))
        if self._above:
            self.setFixedHeight(small.height() + 12)
        else:
            self.setFixedWidth(small.horizontalAdvance("00:00") + 14)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        worn, painter = theme.current(), QPainter(self)
        painter.setFont(theme.font(worn.scale.caption, 600))
        painter.setPen(worn.colour("text" if self._above else "muted"))
        if self._above:
            self._names(painter)
        else:
            self._hours(painter)

    def _names(self, painter: QPainter) -> None:
        for column, strip in enumerate(self._canvas.strips):
            box = self._canvas.column_box(column)
            part = QRectF(box.left() - self._gone + 6, 0, box.width() - 12, self.height())
            shown = painter.fontMetrics().elidedText(
                strip.title, Qt.TextElideMode.ElideRight, int(part.width())
            )
            painter.drawText(part, Qt.AlignmentFlag.AlignCenter, shown)

    def _hours(self, painter: QPainter) -> None:
        canvas, tall = self._canvas, painter.fontMetrics().height()
        for minute in range(canvas.first, canvas.last, 60):
            y = canvas.y_of(minute) - self._gone
            box = QRectF(0, y + 1, self.width() - 6, tall)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"{minute // 60:02d}:00")


class Grid(QFrame):
    """The canvas between its edges. `focus_on` brings a time into sight."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "schedule.grid", _("Appointments"))
        self.canvas = Canvas()
        self.names, self.hours = _Edge(self.canvas, True), _Edge(self.canvas, False)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.canvas)
        self.area.horizontalScrollBar().valueChanged.connect(self.names.scrolled)
        self.area.verticalScrollBar().valueChanged.connect(self.hours.scrolled)
        box = QGridLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.names, 0, 1)
        box.addWidget(self.hours, 1, 0)
        box.addWidget(self.area, 1, 1)

    def show_strips(self, strips: Sequence[Strip], hours: tuple[int, int], chosen: str) -> None:
        self.canvas.show_strips(strips, hours, chosen)
        self.names.fit()
        self.hours.fit()

    def say_spot(self, said: str) -> None:
        """For a screen reader: the free slot that the keyboard is at."""
        self.canvas.setAccessibleDescription(said)
        QAccessible.updateAccessibility(QAccessibleEvent(self.canvas, QAccessible.Event.DescriptionChanged))

    def reach(self, minute: int, minutes: int) -> None:
        """Scroll until the marked free slot is in sight."""
        for column, strip in enumerate(self.canvas.strips):
            if any(one.marked for one in strip.free):
                middle = round(self.canvas.column_box(column).center().x())
                for at in (minute, minute + minutes):
                    self.area.ensureVisible(middle, round(self.canvas.y_of(at)), 40, 20)

    def show_minute(self, minute: int) -> None:
        """Scroll so that this time is near the top."""
        self.area.verticalScrollBar().setValue(round(self.canvas.y_of(minute - 45)))
