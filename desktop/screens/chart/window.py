# SPDX-License-Identifier: GPL-3.0-or-later
"""A chart in a window of its own, beside the main one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.kit.surfaces import toast
from desktop.kit.text import named
from desktop.kit.words import _
from desktop.screens.chart.view import ChartView

LEAST = (900, 620)


class ChartWindow(QWidget):
    """Its title says whose chart it is, as the banner does. Who closes it is told once of what was not finished."""

    left = Signal()
    """it was closed"""

    def __init__(self, chart: ChartView) -> None:
        super().__init__()
        named(self, "apart", _("Chart"))
        self.setMinimumSize(*LEAST)
        self._asked = False
        self._frame = QVBoxLayout(self)
        self._frame.setContentsMargins(0, 0, 0, 0)
        self.put(chart)
        QShortcut(QKeySequence("Ctrl+W"), self, self.leave)

    def put(self, chart: ChartView) -> None:
        """Show this chart; the one before is gone."""
        while (old := self._frame.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.chart = chart
        chart.stand_apart()
        self._frame.addWidget(chart)
        chart.show()
        chart.banner.changed.connect(self._name)
        self._name()

    def come_forward(self) -> None:
        """In front of the others, with the keyboard."""
        self.setWindowState(self.windowState() & ~self.windowState().WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def leave(self) -> None:
        """Close, as a person does."""
        sentence = self.chart.unfinished()
        if sentence and not self._asked:
            self._asked = True  # closing again while the sentence stands is an answer too
            question = toast(self, sentence, "warn", _("Close anyway"), self.close)
            question.destroyed.connect(self._forget_asked)
            return
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if event.spontaneous() and self.chart.unfinished() and not self._asked:
            event.ignore()
            self.leave()
            return
        event.accept()
        self.left.emit()

    def _forget_asked(self) -> None:
        self._asked = False

    def _name(self) -> None:
        who = self.chart.banner.person()
        words = (who.name, who.age, who.number) if who is not None else (_("Chart"),)
        self.setWindowTitle(" · ".join(part for part in words if part) + " — Posta")
        self.setAccessibleName(self.windowTitle())
