# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of facts: one model, one painter, for codes, notes, messages, appointments and whatever has a title
and a detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.kit import icons, theme
from desktop.kit.people import Mark, More, PersonList, PersonRow, paint_face
from desktop.kit.text import named, styled
from desktop.screens.photos import rounded

Index = QModelIndex | QPersistentModelIndex
PICTURE_HEIGHT = 96
_WRAP = int(Qt.TextFlag.TextWordWrap)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a detail; `found` ones stand out, by weight and a line under them."""

    text: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `heading`: a group's title, not to be chosen; `face`: a name whose round photo or initials
    stand left; `stretches`: the detail again, on one line, with parts that stand out; `heavy`: the detail is in full
    ink and bold, for what nobody has read.
    """

    key: str
    title: str
    detail: str = ""
    when: str = ""
    marks: tuple[Mark, ...] = ()
    icon: str = ""
    tone: str = "primary"
    picture: bytes = b""
    face: str = ""
    photo: bytes = b""
    heading: bool = False
    stretches: tuple[Stretch, ...] = ()
    heavy: bool = False

    def spoken(self) -> str:
        """The whole row as one sentence."""
        parts = (self.title, self.detail, *(mark.text for mark in self.marks), self.when)
        return ", ".join(part for part in parts if part)


class LineModel(QAbstractListModel):
    """The rows as they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Line] = []

    def lines(self) -> list[Line]:
        return self._lines

    def show_lines(self, lines: Sequence[Line]) -> None:
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        heading = index.isValid() and self._lines[index.row()].heading
        return Qt.ItemFlag.NoItemFlags if heading else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self._lines[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return line.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return line.spoken()
            case Qt.ItemDataRole.UserRole:
                return line
        return None


class LineList(QListView):
    """`chosen`: click or Enter; `opened`: double click or Enter. `wrap` shows details whole, on as many lines
    as they need.
    """

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, *, name: str, spoken: str, wrap: bool = False, inside: bool = True) -> None:
        super().__init__()
        named(self, name, spoken)
        self._model = LineModel(self)
        self.wrap = wrap
        self.setModel(self._model)
        self.setItemDelegate(_LinePainter(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        styled(self, kind="inside" if inside else "list")
        self.clicked.connect(lambda index: self._tell(self.chosen, index))
        self.doubleClicked.connect(lambda index: self._tell(self.opened, index))

    def _tell(self, signal: object, index: QModelIndex) -> None:
        if index.isValid() and not self._model.lines()[index.row()].heading:
            signal.emit(self._model.lines()[index.row()].key)  # type: ignore[attr-defined]

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; the chosen one stays chosen, the place in the list stays."""
        if list(lines) == self._model.lines():
            return
        kept, place = self.key(), self.verticalScrollBar().value()
        self._model.show_lines(lines)
        self.choose(kept)
        self.verticalScrollBar().setValue(place)

    def lines(self) -> list[Line]:
        """What shows."""
        return self._model.lines()

    def choose(self, key: str) -> None:
        """Mark a row from outside."""
        for number, line in enumerate(self._model.lines()):
            if key and line.key == key:
                self.setCurrentIndex(self._model.index(number, 0))

    def key(self) -> str:
        index = self.currentIndex()
        return self._model.lines()[index.row()].key if index.isValid() else ""

    def show_end(self) -> None:
        """Scroll to the newest line."""
        self.scrollToBottom()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            index = self.currentIndex()
            self._tell(self.chosen, index)
            self._tell(self.opened, index)
            return
        super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(80, 46)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if self.wrap:
            self.scheduleDelayedItemsLayout()


class OpeningList(PersonList):
    """People: `picked` follows the mark (mouse or arrows), `opened` is a double click or Enter."""

    picked = Signal(str)
    opened = Signal(str)

    def __init__(self, *, name: str, spoken: str = "") -> None:
        super().__init__(name=name, spoken=spoken)
        self._rows: tuple[PersonRow, ...] = ()
        self._showing = False
        self.doubleClicked.connect(lambda _index: self.opened.emit(self.key()))
        self.selectionModel().currentChanged.connect(self._moved)

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and not self._showing:
            self.picked.emit(self.key())

    def show_rows(self, rows: Sequence[PersonRow], more: More | None = None) -> None:
        """Show these rows, if they differ; the marked one stays marked and nothing is told."""
        if tuple(rows) == self._rows and more is None:
            return
        self._rows, self._showing = tuple(rows), True
        place = self.verticalScrollBar().value()
        super().show_rows(rows, more)
        self.verticalScrollBar().setValue(place)
        self._showing = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.key():
            self.opened.emit(self.key())
            return
        super().keyPressEvent(event)

    def pick(self, key: str) -> None:
        """Mark a row from outside, without a signal."""
        model = self.model()
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            if index.data(Qt.ItemDataRole.UserRole).key == key and index != self.currentIndex():
                self._showing = True
                self.setCurrentIndex(index)
                self._showing = False


class _LinePainter(QStyledItemDelegate):
    """Icon, title, detail, marks, time; measured and painted by the same numbers."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        scale = theme.current().scale
        if line.heading:
            return QSize(200, scale.caption + 22)
        view = self.parent()
        assert isinstance(view, LineList)
        room = self._room(view.viewport().width(), line)
        height = QFontMetrics(theme.font(scale.body, 600)).height() + 16
        if line.detail:
            height += self._detail_height(line, room, view.wrap) + 2
        if line.picture:
            height += PICTURE_HEIGHT + 8
        return QSize(200, max(height, 30))

    def _room(self, width: int, line: Line) -> int:
        scale = theme.current().scale
        left = 12 + (40 if line.icon or line.face else 0)
        return max(80, width - left - 14 - self._right_width(line, scale.caption))

    def _right_width(self, line: Line, caption: int) -> int:
        metrics = QFontMetrics(theme.font(caption, 600))
        pills = sum(
            metrics.horizontalAdvance(mark.text) + 20 + (18 if _sign(mark) else 0) + 6 for mark in line.marks
        )
        return pills + (metrics.horizontalAdvance(line.when) + 12 if line.when else 0)

    def _detail_height(self, line: Line, room: int, wrap: bool) -> int:
        metrics = QFontMetrics(theme.font(theme.current().scale.caption + (1 if wrap else 0)))
        if not wrap:
            return metrics.height()
        return metrics.boundingRect(QRect(0, 0, room, 10_000), _WRAP, line.detail).height()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.heading:
            self._heading(painter, line, box)
        else:
            self._ground(painter, option, box)
            self._row(painter, line, box)
        painter.restore()

    def _heading(self, painter: QPainter, line: Line, box: QRectF) -> None:
        worn, scale = theme.current(), theme.current().scale
        painter.setFont(theme.font(scale.caption, 600))
        painter.setPen(worn.colour("muted"))
        painter.drawText(box.adjusted(12, 8, -12, 0), Qt.AlignmentFlag.AlignVCenter, line.title)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF) -> None:
        worn = theme.current()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, worn.colour("tint"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, worn.colour("bg"))
        painter.setPen(worn.colour("line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _row(self, painter: QPainter, line: Line, box: QRectF) -> None:
        view = self.parent()
        assert isinstance(view, LineList)
        worn, scale = theme.current(), theme.current().scale
        left = self._sign_at_left(painter, line, box)
        right = self._right(painter, line, box)
        strong = QFontMetrics(theme.font(scale.body, 600))
        top = box.top() + (8 if line.detail or line.picture else (box.height() - strong.height()) / 2)
        painter.setFont(theme.font(scale.body, 600))
        painter.setPen(worn.colour("text"))
        width = max(10, round(right - left - 8))
        title = strong.elidedText(line.title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(left, top, width, strong.height()), Qt.AlignmentFlag.AlignVCenter, title)
        top += strong.height() + 2
        if line.detail:
            top += self._detail(painter, line, QRectF(left, top, width, box.bottom() - top), view.wrap)
        if line.picture:
            picture = rounded(line.picture, PICTURE_HEIGHT)
            painter.drawPixmap(QPoint(round(left), round(top + 6)), picture)

    def _detail(self, painter: QPainter, line: Line, box: QRectF, wrap: bool) -> float:
        worn, scale = theme.current(), theme.current().scale
        painter.setFont(theme.font(scale.caption + (1 if wrap else 0), 600 if line.heavy else 400))
        painter.setPen(worn.colour("text" if wrap or line.heavy else "muted"))
        metrics = QFontMetrics(painter.font())
        if not wrap and line.stretches:
            return self._stretches(painter, line, box)
        if not wrap:
            short = metrics.elidedText(
                line.detail.replace("\n", " "), Qt.TextElideMode.ElideRight, round(box.width())
            )
            painter.drawText(QRectF(box.left(), box.top(), box.width(), metrics.height()), 0, short)
            return float(metrics.height())
        painter.drawText(box, _WRAP, line.detail)
        return float(
            metrics.boundingRect(QRect(0, 0, round(box.width()), 10_000), _WRAP, line.detail).height()
        )

    def _stretches(self, painter: QPainter, line: Line, box: QRectF) -> float:
        """One line; what was found is bold, in full ink and underlined."""
        worn, size = theme.current(), theme.current().scale.caption
        left, tall = box.left(), QFontMetrics(theme.font(size)).height()
        for stretch in line.stretches:
            font = theme.font(size, 700 if stretch.found else 400)
            font.setUnderline(stretch.found)
            painter.setFont(font)
            painter.setPen(worn.colour("text" if stretch.found else "muted"))
            metrics, room = QFontMetrics(font), round(box.right() - left)
            shown = metrics.elidedText(stretch.text, Qt.TextElideMode.ElideRight, max(0, room))
            painter.drawText(QRectF(left, box.top(), room, tall), Qt.AlignmentFlag.AlignVCenter, shown)
            left += metrics.horizontalAdvance(stretch.text)
            if left >= box.right() - metrics.averageCharWidth():
                break
        return float(tall)

    def _sign_at_left(self, painter: QPainter, line: Line, box: QRectF) -> float:
        if not line.icon and not line.face:
            return box.left() + 12
        worn = theme.current()
        view = self.parent()
        middle = (
            box.top() + 23 if isinstance(view, LineList) and (view.wrap or line.picture) else box.center().y()
        )
        circle = QRectF(box.left() + 12, middle - 15, 30, 30)
        if line.face:
            paint_face(painter, circle, line.face, line.photo)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.tokens.wash(line.tone)))
            painter.drawEllipse(circle)
            spot = QRect(round(circle.left()) + 7, round(circle.top()) + 7, 16, 16)
            painter.drawPixmap(spot, icons.pixmap(line.icon, 16, line.tone, 2.0))
        return circle.right() + 10

    def _right(self, painter: QPainter, line: Line, box: QRectF) -> float:
        worn, scale = theme.current(), theme.current().scale
        right, middle = box.right() - 12, box.top() + min(box.height() / 2, 24)
        if line.when:
            painter.setFont(theme.font(scale.caption))
            painter.setPen(worn.colour("muted"))
            width = QFontMetrics(painter.font()).horizontalAdvance(line.when)
            painter.drawText(
                QRectF(right - width, middle - 10, width + 1, 20), Qt.AlignmentFlag.AlignVCenter, line.when
            )
            right -= width + 10
        for mark in reversed(line.marks):
            right = _pill(painter, mark, right, middle)
        return right


def _sign(mark: Mark) -> str:
    return mark.icon or ("alert-triangle" if mark.tone in ("warn", "danger") else "")


def _pill(painter: QPainter, mark: Mark, right: float, middle: float) -> float:
    """A mark from its right edge; answers where the next one ends."""
    worn, scale = theme.current(), theme.current().scale
    painter.setFont(theme.font(scale.caption, 600))
    sign, side = _sign(mark), scale.caption + 2
    width = QFontMetrics(painter.font()).horizontalAdvance(mark.text) + 20 + (side + 4 if sign else 0)
    box = QRectF(right - width, middle - (scale.caption + 10) / 2, width, scale.caption + 10)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(worn.tokens.wash(mark.tone)))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    left = box.left() + 10
    if sign:
        painter.drawPixmap(
            QRect(round(left), round(middle - side / 2), side, side), icons.pixmap(sign, side, mark.tone, 2.0)
        )
        left += side + 4
    painter.setPen(worn.colour(mark.tone))
    painter.drawText(QRectF(left, box.top(), width, box.height()), Qt.AlignmentFlag.AlignVCenter, mark.text)
    return box.left() - 6
