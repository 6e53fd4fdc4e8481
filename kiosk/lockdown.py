# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kiosk's screen does not do, whatever is pressed: no menu of its own, nothing copied or brought in, no closing
from outside. Keys that are left work: digits, Tab, space and Enter, for who has a keypad or a switch.

A control of the program alone: what a window manager or a console does with a key is the session's to refuse.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QClipboard, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication

_NEVER = (
    QEvent.Type.ContextMenu,
    QEvent.Type.DragEnter,
    QEvent.Type.DragMove,
    QEvent.Type.Drop,
    QEvent.Type.WhatsThis,
)
_KEYS = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
_Key = QKeySequence.StandardKey
TAKEN = (
    *(_Key.Copy, _Key.Cut, _Key.Paste, _Key.Undo, _Key.Redo, _Key.SelectAll),
    *(_Key.Quit, _Key.Close, _Key.Print, _Key.Open, _Key.Save, _Key.WhatsThis),
)


class Lockdown(QObject):
    """Installed on the whole application, once a session."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._quitting = False
        app.installEventFilter(self)
        QGuiApplication.clipboard().changed.connect(self._empty)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _NEVER:
            return True
        if event.type() is QEvent.Type.Quit:
            self._quitting = True  # the program's own wish: Qt closes the windows next
        if event.type() is QEvent.Type.Close and not self._quitting:
            event.ignore()
            return True
        return event.type() in _KEYS and isinstance(event, QKeyEvent) and _taken(event)

    def _empty(self, mode: QClipboard.Mode) -> None:
        """What was copied all the same, by marking it, is put away at once; what others hold is not ours to take."""
        clipboard = QGuiApplication.clipboard()
        owned = {
            QClipboard.Mode.Clipboard: clipboard.ownsClipboard,
            QClipboard.Mode.Selection: clipboard.ownsSelection,
        }
        held = owned.get(mode)
        if held is not None and held() and clipboard.text(mode):
            clipboard.setMimeData(QMimeData(), mode)


def _taken(event: QKeyEvent) -> bool:
    if any(event.matches(key) for key in TAKEN):
        event.accept()
        return True
    return False
