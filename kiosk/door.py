# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the staff's page that nobody takes by chance: a finger held for four seconds in the upper left corner of the start
screen, or Ctrl+Alt+Shift+P. Nothing shows it.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPointerEvent
from PySide6.QtWidgets import QApplication, QWidget

HOLD_MS = 4000
CORNER = 110
"""Pixels in each direction; nothing else is touched there on the start screen."""
_DOWN = (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin)
_MOVES = (QEvent.Type.MouseMove, QEvent.Type.TouchUpdate)
_UP = (QEvent.Type.MouseButtonRelease, QEvent.Type.TouchEnd, QEvent.Type.TouchCancel)
_ALL = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
)


def in_corner(x: float, y: float) -> bool:
    """Pixels from the window's upper left."""
    return 0 <= x < CORNER and 0 <= y < CORNER


class Door(QObject):
    """`asked`: somebody knows the way. Whoever listens decides whether it may be taken now."""

    asked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._held = QTimer(self, interval=HOLD_MS, singleShot=True)
        self._held.timeout.connect(self.asked)
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _UP:
            self._held.stop()
        elif isinstance(event, QPointerEvent) and kind in (*_DOWN, *_MOVES) and event.points():
            self._moved(event.points()[0].globalPosition().toPoint(), kind in _DOWN)
        elif kind is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and _is_key(event):
            self.asked.emit()
        return False

    def _moved(self, place: QPoint, down: bool) -> None:
        """Asked for the window, then for each widget it goes through: the first one starts the clock."""
        at = self._window.mapFromGlobal(place)
        if not in_corner(at.x(), at.y()):
            self._held.stop()
        elif down and not self._held.isActive():
            self._held.start()


def _is_key(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_P and event.modifiers() & _ALL == _ALL and not event.isAutoRepeat()
