# SPDX-License-Identifier: GPL-3.0-or-later
"""Where people write and choose."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.kit import icons, theme
from desktop.kit.text import Text, named


class Field(QWidget):
    """A caption over an input; the caption is the input's accessible name."""

    def __init__(self, label: str, widget: QWidget, *, hint: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        caption = Text(label, "caption")
        caption.setBuddy(widget)
        if not widget.accessibleName():
            widget.setAccessibleName(label)
        column.addWidget(caption)
        column.addWidget(widget)
        if hint:
            widget.setAccessibleDescription(hint)
            column.addWidget(Text(hint, "muted", wrap=True))


class LineField(QLineEdit):
    """One line; `secret` hides what is typed."""

    def __init__(self, placeholder: str = "", *, name: str, spoken: str = "", secret: bool = False) -> None:
        super().__init__()
        named(self, name, spoken or placeholder)
        self.setPlaceholderText(placeholder)
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)


class NoteField(QPlainTextEdit):
    """Several lines; `settled` comes 600 ms after the last key and when the field is left."""

    settled = Signal()

    def __init__(self, placeholder: str = "", *, name: str, spoken: str = "", lines: int = 3) -> None:
        super().__init__()
        named(self, name, spoken or placeholder)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(round(theme.current().scale.body * 1.45 * lines) + 18)
        self._rest = QTimer(self, interval=600, singleShot=True)
        self._rest.timeout.connect(self.settled)
        self.textChanged.connect(self._rest.start)

    def show_text(self, text: str) -> None:
        """Set the text from outside: no signal, the cursor stays where it can."""
        if text == self.toPlainText():
            return
        place = self.textCursor().position()
        self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(False)
        cursor = self.textCursor()
        cursor.setPosition(min(place, len(text)))
        self.setTextCursor(cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._rest.isActive():
            self._rest.stop()
            self.settled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)


class Choice(QComboBox):
    """One of a few; keys are what the program knows, texts are what people read."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], *, name: str, spoken: str = "") -> None:
        super().__init__()
        named(self, name, spoken)
        self.show_options(options)
        self.activated.connect(lambda _row: self.chosen.emit(self.key()))

    def show_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Other options; the chosen key stays where it still exists."""
        kept = self.key()
        self.clear()
        for key, text in options:
            self.addItem(text, key)
        self.choose(kept)

    def key(self) -> str:
        """The key chosen now."""
        return str(self.currentData() or "")

    def choose(self, key: str) -> None:
        """Choose from outside, without a signal."""
        row = self.findData(key)
        if row >= 0:
            self.setCurrentIndex(row)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A turned wheel scrolls the page; it must never change an answer by accident."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side = theme.current().scale.icon - 2
        picture = icons.pixmap("chevron-down", side, "muted", self.devicePixelRatioF())
        left = self.width() - side - 8 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else 8
        QPainter(self).drawPixmap(QRect(left, (self.height() - side) // 2, side, side), picture)
