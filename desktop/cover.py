# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching whether anybody is there, and hiding what stands beside the window when it is covered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from clinic.domain.clock import Clock
from desktop.screens.login.idle import Idle, looked_at, touched

LOOK_MS = 5000
MOST_S = 300.0
_SIGNS_OF_LIFE = (
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
    QEvent.Type.TabletPress,
)


class Watch(QObject):
    """Calls `too_long` once nobody has touched anything for the limit; never while `in_call` says so."""

    def __init__(
        self, parent: QObject, clock: Clock, in_call: Callable[[], bool], too_long: Callable[[], object]
    ) -> None:
        super().__init__(parent)
        self._clock, self._in_call, self._too_long = clock, in_call, too_long
        self._idle = Idle(MOST_S, clock.now(), clock.monotonic())
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    def begin(self, limit_s: float) -> None:
        """From now on, with this limit."""
        self._idle = Idle(limit_s, self._clock.now(), self._clock.monotonic())
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        self._timer.start()

    def end(self) -> None:
        """Nothing to cover."""
        self._timer.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)

    def look(self) -> None:
        """Is anybody there?"""
        self._idle, due = looked_at(self._idle, self._clock.now(), self._clock.monotonic(), self._in_call())
        if due:
            self._touch()  # the next time is a whole limit later, if the cover could not come
            self._too_long()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in _SIGNS_OF_LIFE:
            self._touch()
        return False

    def _touch(self) -> None:
        self._idle = touched(self._idle, self._clock.now(), self._clock.monotonic())


class Curtain:
    """Windows beside the main one (questions, lists that hang open): hidden with the cover, there again after it."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._hidden: list[QWidget] = []

    def draw(self) -> None:
        """Hide them all."""
        popup = QApplication.activePopupWidget()
        while popup is not None:
            popup.close()
            after = QApplication.activePopupWidget()
            popup = after if after is not popup else None
        beside = [w for w in QApplication.topLevelWidgets() if w is not self._window and w.isVisible()]
        for widget in beside:
            widget.hide()
        self._hidden += beside

    def open(self, again: bool = True) -> None:
        """Show them again; not for another person."""
        hidden, self._hidden = self._hidden, []
        for widget in hidden:
            widget.show() if again else widget.close()
