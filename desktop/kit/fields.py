# SPDX-License-Identifier: GPL-3.0-or-later
"""Where people write and choose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, QMimeData, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.kit import icons, theme
from desktop.kit.clips import held_back
from desktop.kit.text import Text, named, styled

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Controls, and signs that turn the order of what follows: "148/92" must never read "92/148"."""


def seen_only(text: str) -> str:
    """The text without signs that nobody sees; all line ends as \\n."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class Field(QWidget):
    """A caption over an input; the caption is the input's accessible name."""

    def __init__(self, label: str, widget: QWidget, *, hint: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._caption, self._widget = Text(label, "caption"), widget
        self._caption.setBuddy(widget)
        if not widget.accessibleName():
            widget.setAccessibleName(label)
        column.addWidget(self._caption)
        column.addWidget(widget)
        if hint:
            widget.setAccessibleDescription(hint)
            column.addWidget(Text(hint, "muted", wrap=True))

    def call(self, label: str) -> None:
        """Another caption for the same input."""
        self._caption.setText(label)
        self._widget.setAccessibleName(label)


class LineField(QLineEdit):
    """One line; `secret` hides what is typed."""

    def __init__(self, placeholder: str = "", *, name: str, spoken: str = "", secret: bool = False) -> None:
        super().__init__()
        named(self, name, spoken or placeholder)
        self.setPlaceholderText(placeholder)
        self._before = ("", 0)
        """The text as it was before the last change, and where that change began."""
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)
            return
        self.textEdited.connect(self._clean)
        self.textChanged.connect(self._remember)
        self.selectionChanged.connect(self._remember)
        self.cursorPositionChanged.connect(self._remember)

    def put(self, text: str) -> None:
        """Write at the cursor, whoever's words these are."""
        self.insert(seen_only(text))

    def _remember(self) -> None:
        marked = self.selectionStart()
        self._before = (self.text(), self.cursorPosition() if marked < 0 else marked)

    def _clean(self, text: str) -> None:
        """What is pasted comes without signs that nobody sees, and not from another patient's page."""
        before, start = self._before
        added = text[start : self.cursorPosition()]
        if len(added) > 1 and held_back(self, added):
            self.setText(before)
            self.setCursorPosition(start)
            return
        clean = seen_only(text)
        if clean != text:
            place = self.cursorPosition()
            self.setText(clean)
            self.setCursorPosition(min(place, len(clean)))


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

    def lock(self, locked: bool) -> None:
        """Readable but not writable, and looking so."""
        if self.isReadOnly() is not locked:
            self.setReadOnly(locked)
            styled(self)

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

    def insertFromMimeData(self, source: QMimeData) -> None:
        """What is pasted or dropped comes without signs that nobody sees, and not from another patient's page."""
        if source.hasText() and not held_back(self, source.text()):
            self.put(source.text())

    def put(self, text: str) -> None:
        """Write at the cursor, whoever's words these are."""
        self.insertPlainText(seen_only(text))
        self.ensureCursorVisible()

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


class MessageField(NoteField):
    """A message: Enter sends it (`entered`), Shift+Enter begins a line."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        sends = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if sends and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if not event.isAutoRepeat():
                self.entered.emit()
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
        """Other options; the chosen key stays where it still exists. Where they are the same an open list stays open."""
        if [*map(tuple, options)] == [(str(self.itemData(n)), self.itemText(n)) for n in range(self.count())]:
            return
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
        _draw_at_the_end(self, "chevron-down")


class DayField(QDateEdit):
    """A day, typed or taken from a calendar."""

    def __init__(self, *, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setDisplayFormat("dd/MM/yyyy")
        self.setCalendarPopup(True)

    def day(self) -> date:
        """The day that is shown."""
        shown = self.date()
        return date(shown.year(), shown.month(), shown.day())

    def show_day(self, day: date) -> None:
        self.setDate(_qt_day(day))

    def allow(self, first: date | None = None, last: date | None = None) -> None:
        """No day before the first, none after the last."""
        if first is not None:
            self.setMinimumDate(_qt_day(first))
        if last is not None:
            self.setMaximumDate(_qt_day(last))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """As in a choice: no change by accident."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _draw_at_the_end(self, "calendar")


def _qt_day(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)


def _draw_at_the_end(field: QWidget, picture: str) -> None:
    side = theme.current().scale.icon - 2
    drawn = icons.pixmap(picture, side, "muted", field.devicePixelRatioF())
    left = field.width() - side - 8 if field.layoutDirection() == Qt.LayoutDirection.LeftToRight else 8
    QPainter(field).drawPixmap(QRect(left, (field.height() - side) // 2, side, side), drawn)


def where_hands_are(face: QWidget) -> tuple[str, int]:
    """The name of what has the keyboard inside `face`, and where its cursor stands; ("", 0) for nothing."""
    held = face.focusWidget()
    match held:
        case QPlainTextEdit():
            return held.objectName(), held.textCursor().position()
        case QLineEdit():
            return held.objectName(), held.cursorPosition()
        case None:
            return "", 0
    return held.objectName(), 0


def put_hands(face: QWidget, name: str, place: int) -> None:
    """The keyboard goes back to the widget of that name in a face made anew."""
    held = face.findChild(QWidget, name) if name else None
    if held is None:
        return
    match held:
        case QPlainTextEdit():
            cursor = held.textCursor()
            cursor.setPosition(min(place, len(held.toPlainText())))
            held.setTextCursor(cursor)
        case QLineEdit():
            held.setCursorPosition(place)
    held.setFocus(Qt.FocusReason.OtherFocusReason)
