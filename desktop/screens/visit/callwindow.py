# SPDX-License-Identifier: GPL-3.0-or-later
"""The call in a window of its own: over the others, on the second screen where there is one."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.kit.surfaces import room_beside
from desktop.kit.text import named
from desktop.kit.words import _

SIZE = 560, 460
LEAST = 400, 280


class CallWindow(QWidget):
    """Holds the call's card until it is closed; then the card stands beside the note again."""

    docked = Signal()

    def __init__(self, card: QWidget, near: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint)
        named(self, "visit.call.window", _("The call"))
        self.setMinimumSize(*LEAST)
        frame = QVBoxLayout(self)
        frame.setContentsMargins(0, 0, 0, 0)
        frame.addWidget(card)
        QShortcut(QKeySequence("Ctrl+W"), self, self.close)
        self.setGeometry(_place(near))

    def say(self, name: str) -> None:
        """With whom the call is."""
        self.setWindowTitle(" · ".join(part for part in (_("The call"), name) if part) + " — Posta")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        event.accept()
        self.docked.emit()


def _place(near: QWidget) -> QRect:
    """The middle of another screen, or the upper right corner of the one that is there."""
    room, another = room_beside(near)
    made = QRect(0, 0, min(SIZE[0], room.width()), min(SIZE[1], room.height()))
    if another:
        made.moveCenter(room.center())
    else:
        made.moveTopRight(room.topRight())
    return made
