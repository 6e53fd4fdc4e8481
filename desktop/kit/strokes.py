# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and lines a driver draws, as steps that let the event loop run in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.kit.reach import CannotReach, finger, frame

_SPECIAL = {"\n": Qt.Key.Key_Return, "\t": Qt.Key.Key_Tab, "\b": Qt.Key.Key_Backspace}


def type_text(widget: QWidget, text: str, clear: bool, pace_ms: int) -> Iterator[int]:
    """Type into whatever has the focus inside the widget, one key a turn of the loop."""
    if clear:
        key(widget.window(), "Ctrl+A")
        key(widget.window(), "Del")
        yield 0
    for letter in text:
        target = keys_go_to(widget)
        if target is None or (target is not widget and not widget.isAncestorOf(target)):
            raise CannotReach(f"{widget.objectName()} does not take the keys")
        code = _SPECIAL.get(letter, Qt.Key(ord(letter.upper())) if letter.isascii() else Qt.Key.Key_unknown)
        shift = Qt.KeyboardModifier.ShiftModifier if letter.isupper() else Qt.KeyboardModifier.NoModifier
        shown = "\r" if letter == "\n" else letter
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(target, QKeyEvent(kind, code, shift, shown))
        yield pace_ms


def keys_go_to(widget: QWidget) -> QWidget | None:
    """What takes the keys; in a window that is not in front, what will take them once it is."""
    return QApplication.focusWidget() or widget.window().focusWidget()


def key(window: QWidget, keys: str) -> None:
    """Press a combination such as Ctrl+K in a window."""
    sequence = QKeySequence(keys)
    if sequence.isEmpty() or Qt.Key.Key_unknown in {sequence[n].key() for n in range(sequence.count())}:  # type: ignore[index]
        raise CannotReach(f"{keys} is no key")
    _top, handle = frame(window)
    for number in range(sequence.count()):
        combination = sequence[number]  # type: ignore[index]
        QTest.keyClick(handle, combination.key(), combination.keyboardModifiers())


def stroke(widget: QWidget, line: Sequence[Sequence[float]], by: str) -> Iterator[int]:
    """Draw one line of (x, y, t_ms), x and y in 0..1 of the widget, by `mouse` or `touch`."""
    pen = _Finger(widget) if by == "touch" else _Mouse(widget)
    before = 0.0
    place = QPoint()
    for number, (x, y, at) in enumerate(line):
        place = QPoint(round(x * (widget.width() - 1)), round(y * (widget.height() - 1)))
        if number:
            yield max(0, min(100, round(at - before)))
            pen.move(place)
        else:
            pen.down(place)
        before = at
    yield 0
    pen.up(place)
    yield 0


class _Mouse:
    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._top, self._window = frame(widget)

    def _at(self, place: QPoint) -> QPoint:
        return self._widget.mapTo(self._top, place)

    def down(self, place: QPoint) -> None:
        QTest.mousePress(
            self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(place)
        )

    def move(self, place: QPoint) -> None:
        QTest.mouseMove(self._window, self._at(place))

    def up(self, place: QPoint) -> None:
        QTest.mouseRelease(
            self._window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(place)
        )


class _Finger(_Mouse):
    def down(self, place: QPoint) -> None:
        QTest.touchEvent(self._window, finger()).press(0, self._at(place), self._window).commit()

    def move(self, place: QPoint) -> None:
        QTest.touchEvent(self._window, finger()).move(0, self._at(place), self._window).commit()

    def up(self, place: QPoint) -> None:
        QTest.touchEvent(self._window, finger()).release(0, self._at(place), self._window).commit()
