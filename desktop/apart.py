# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts in windows of their own beside the main one: one window for a person, and each person in one place only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QRect
from PySide6.QtWidgets import QApplication, QWidget

from clinic.domain.ids import PatientId
from desktop.kit.surfaces import room_beside
from desktop.screens.chart.view import ChartView
from desktop.screens.chart.window import LEAST, ChartWindow

MOST = 3
WIDTH, HEIGHT, STEP = 1180, 760, 44


class Apart(QObject):
    """`main` tells the window that these stand beside."""

    def __init__(self, parent: QObject, main: Callable[[], QWidget]) -> None:
        super().__init__(parent)
        self._main = main
        self.windows: list[ChartWindow] = []

    @property
    def is_full(self) -> bool:
        """No more windows: nobody keeps five patients apart."""
        return len(self.windows) >= MOST

    def charts(self) -> Iterator[ChartView]:
        for window in self.windows:
            yield window.chart

    def forward(self, patient: PatientId, tab: str = "") -> bool:
        """The window with her chart comes to the front, at that part of it; False where there is none."""
        for window in self.windows:
            if window.chart.shows(patient):
                if tab:
                    window.chart.turn(tab)
                window.come_forward()
                return True
        return False

    def add(self, chart: ChartView) -> None:
        """A window for this page."""
        window = ChartWindow(chart)
        window.left.connect(lambda: self._left(window))
        window.setGeometry(_place(self._main(), len(self.windows)))
        self.windows.append(window)
        window.come_forward()

    def told(self, kinds: frozenset[str], patients: frozenset[Any]) -> None:
        """Something in the book changed."""
        for chart in self.charts():
            chart.told(kinds, patients)

    def active(self) -> QWidget | None:
        """The window of these that has the keyboard."""
        return next((one for one in self.windows if one is QApplication.activeWindow()), None)

    def unfinished(self) -> tuple[ChartWindow | None, str]:
        """(window, sentence) of what would be lost with it."""
        said = ((window, window.chart.unfinished()) for window in self.windows)
        return next((pair for pair in said if pair[1]), (None, ""))

    def close(self) -> None:
        for window in tuple(self.windows):
            window.close()

    def _left(self, window: ChartWindow) -> None:
        if window in self.windows:
            self.windows.remove(window)
            window.deleteLater()


def _place(main: QWidget, n: int) -> QRect:
    """On another screen where there is one, else a step further right and down for each."""
    room, another = room_beside(main)
    width = max(LEAST[0], min(WIDTH, room.width()))
    height = max(LEAST[1], min(HEIGHT, room.height()))
    at = room.topLeft() if another else main.mapToGlobal(main.rect().topLeft())
    step = STEP * n if another else STEP * (n + 1)
    left = max(room.left(), min(at.x() + step, room.right() - width))
    top = max(room.top(), min(at.y() + step, room.bottom() - height))
    return QRect(left, top, width, height)
