# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things several screens show: a big drawing, a column in the middle, a sentence that can be empty."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.kit import icons, theme
from desktop.kit.buttons import IconButton
from desktop.kit.text import Text, named
from desktop.kit.words import _


class Drawing(QWidget):
    """A pictogram as big as its place allows; a line icon on a tinted round ground where there is no
    pictogram.
    """

    def __init__(self, picture: str, *, name: str = "", tone: str = "primary", largest: int = 420) -> None:
        super().__init__()
        named(self, name)
        self._picture, self._tone, self._largest = picture, tone, largest
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, picture: str, tone: str = "") -> None:
        """Another drawing."""
        self._picture, self._tone = picture, tone or self._tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 96)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = float(min(self.width(), self.height(), self._largest))
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        ratio = self.devicePixelRatioF()
        if icons.is_pictogram(self._picture):
            painter.drawPixmap(box.toRect(), icons.pixmap(self._picture, round(side), "text", ratio))
            return
        worn = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.tokens.wash(self._tone)))
        painter.drawEllipse(box)
        inner = box.adjusted(side * 0.27, side * 0.27, -side * 0.27, -side * 0.27)
        painter.drawPixmap(
            inner.toRect(), icons.pixmap(self._picture, round(inner.width()), self._tone, ratio)
        )


class Arrows(QWidget):
    """Something that may be taller than its place, moved by two big arrows; the arrows show only when they
    are needed.
    """

    def __init__(self, inside: QWidget, *, name: str) -> None:
        super().__init__()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inside)
        self._up = IconButton("arrow-up", _("Up"), name=f"{name}.up")
        self._down = IconButton("arrow-down", _("Down"), name=f"{name}.down")
        arrows = QVBoxLayout()
        arrows.addWidget(self._up)
        arrows.addStretch(1)
        arrows.addWidget(self._down)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._area, 1)
        line.addLayout(arrows)
        self._up.clicked.connect(lambda: self._move(-1))
        self._down.clicked.connect(lambda: self._move(1))
        bar = self._area.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, _high: self._offer())
        bar.valueChanged.connect(lambda _value: self._offer())
        self._offer()

    def _move(self, way: int) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + way * round(bar.pageStep() * 0.8))

    def _offer(self) -> None:
        """The arrows show when they are needed; one that leads nowhere is grey."""
        bar = self._area.verticalScrollBar()
        for arrow, leads in ((self._up, bar.value() > 0), (self._down, bar.value() < bar.maximum())):
            arrow.setVisible(bar.maximum() > 0)
            arrow.setEnabled(leads)

    def to_top(self) -> None:
        """Begin again at the top."""
        self._area.verticalScrollBar().setValue(0)


def centred(*things: QWidget | QLayout, spacing: int = 16) -> QWidget:
    """The things below each other, in the middle."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    column.addStretch(1)
    for thing in things:
        if isinstance(thing, QWidget):
            column.addWidget(thing)
        else:
            column.addLayout(thing)
    column.addStretch(1)
    return box


def stacked(*things: tuple[QWidget, int], spacing: int = 16) -> QWidget:
    """The things below each other, each with its stretch."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    for thing, stretch in things:
        column.addWidget(thing, stretch)
    return box


def row(*things: QWidget, spacing: int = 20) -> QHBoxLayout:
    """The things beside each other, of one width."""
    line = QHBoxLayout()
    line.setSpacing(spacing)
    for thing in things:
        line.addWidget(thing, 1)
    return line


def holding(layout: QLayout) -> QWidget:
    """A widget around a layout."""
    box = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    box.setLayout(layout)
    return box


def middle(text: Text) -> Text:
    """The text centred and wrapped."""
    text.setAlignment(Qt.AlignmentFlag.AlignCenter)
    text.setWordWrap(True)
    return text
