# SPDX-License-Identifier: GPL-3.0-or-later
"""A line of chips that flows on when there is no more room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.kit.people import Mark
from desktop.kit.surfaces import Chip

GAP = 6


class Marks(QWidget):
    """Chips, made anew only when they differ."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Mark, ...] = ()
        self._chips: list[Chip] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show these chips."""
        if tuple(marks) == self._shown:
            return
        self._shown = tuple(marks)
        for old in self._chips:
            old.hide()
            old.deleteLater()
        self._chips = [Chip(mark.text, mark.tone, mark.icon) for mark in marks]
        for chip in self._chips:
            chip.setParent(self)
            chip.show()
            chip.ensurePolished()
        self.setVisible(bool(marks))
        self._place(self.width(), move=True)
        self.updateGeometry()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return self._place(width, move=False)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, self._place(10_000, move=False))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place(self.width(), move=True)

    def _place(self, width: int, *, move: bool) -> int:
        """Lay the chips out in lines; answers the height they take."""
        x = y = tall = 0
        for chip in self._chips:
            size = chip.sizeHint().expandedTo(chip.minimumSize())
            if x and x + size.width() > width:
                x, y, tall = 0, y + tall + GAP, 0
            if move:
                chip.setGeometry(x, y, min(size.width(), max(1, width)), size.height())
            x += size.width() + GAP
            tall = max(tall, size.height())
        return y + tall
