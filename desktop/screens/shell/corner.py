# SPDX-License-Identifier: GPL-3.0-or-later
"""The call in a corner of the window, while another page than the visit is looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QWidget

from desktop.kit.buttons import IconButton
from desktop.kit.engine import CallEngine
from desktop.kit.text import Text, named
from desktop.kit.video import VideoView
from desktop.kit.words import _
from desktop.screens.layouts import across, down

SIZE = 264, 214
EDGE = 16


class CornerCall(QFrame):
    """Whose picture it is stands under it. Pressed, it leads back to the visit; its cross puts it away for this call."""

    back = Signal()
    hang = Signal()

    def __init__(self, room: QWidget, engine: CallEngine | None) -> None:
        super().__init__(room)
        named(self, "shell.corner", _("The call"))
        self.setProperty("kind", "card")
        self._room, self._away = room, False
        self.video = VideoView(name="shell.corner.video", spoken=_("Picture of the patient"))
        if engine is not None:
            self.video.watch(engine)
        self.who = Text("", "strong", name="shell.corner.who")
        self.open = IconButton("expand", _("Back to the visit"), name="shell.corner.back", bare=True)
        self.open.clicked.connect(self.back)
        self.end = IconButton("phone-off", _("Hang up"), name="shell.corner.hang", tone="danger", bare=True)
        self.end.clicked.connect(self.hang)
        self.cross = IconButton("x", _("Put the picture away"), name="shell.corner.close", bare=True)
        self.cross.clicked.connect(self._put_away)
        for button in (self.open, self.end, self.cross):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = across((self.who, 1), self.open, self.end, self.cross, gap=0)
        self.setLayout(down((self.video, 1), row, margins=(6, 6, 6, 4), gap=2))
        self.hide()

    def show_call(self, running: bool, elsewhere: bool, name: str, live: bool, words: str) -> None:
        """`elsewhere`: the page in front is not the call's; `live`: pictures come; `words` where none do."""
        self._away = self._away and running
        self.who.setText(name)
        self.who.setToolTip(name)
        self.video.setAccessibleName(_("Picture of %(name)s") % {"name": name})
        self.video.set_live(live)
        self.video.set_placeholder("" if live else words)
        self.setVisible(running and elsewhere and not self._away)
        self.settle()

    def settle(self) -> None:
        """Sit in the lower right corner."""
        width, height = SIZE
        self.setGeometry(
            self._room.width() - width - EDGE, self._room.height() - height - EDGE, width, height
        )
        self.raise_()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self.video.geometry().contains(event.position().toPoint()):
            self.back.emit()

    def _put_away(self) -> None:
        self._away = True
        self.hide()
