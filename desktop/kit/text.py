# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels by role, and what every widget of the kit does: have a name, say what it is, follow the theme."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QLocale, Qt
from PySide6.QtWidgets import QLabel, QWidget

W = TypeVar("W", bound=QWidget)
_FOLLOWED = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange)


def named(widget: W, name: str, spoken: str = "") -> W:
    """Give a widget its objectName and its accessible name."""
    if name:
        widget.setObjectName(name)
    if spoken:
        widget.setAccessibleName(spoken)
    return widget


def styled(widget: W, **properties: str) -> W:
    """Set style properties (kind, role, tone) and let the style sheet look again."""
    for key, value in properties.items():
        widget.setProperty(key, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
    return widget


class Tinted:
    """Mixin: calls `tint()` when the look changes, so that pictures follow the tokens."""

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in _FOLLOWED and getattr(self, "_ready", False):
            self._ready = False
            self.tint()
            self._ready = True
        super().changeEvent(event)  # type: ignore[misc]

    def tinted(self) -> None:
        """Call at the end of the constructor."""
        self.tint()
        self._ready = True

    def tint(self) -> None:
        """Draw icons anew; to be overridden."""


class Text(QLabel):
    """A text by role: display title heading body strong muted caption value."""

    def __init__(
        self, text: str = "", role: str = "body", *, name: str = "", wrap: bool = False, tone: str = ""
    ) -> None:
        super().__init__(text)
        named(self, name)
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if tone:
            self.setProperty("tone", tone)

    def say(self, text: str, tone: str = "") -> None:
        """Show another text, in a tone if given."""
        self.setText(text)
        if tone != (self.property("tone") or ""):
            styled(self, tone=tone)


def reads_right_to_left() -> bool:
    """Whether the reader's language runs from right to left."""
    return QLocale().textDirection() == Qt.LayoutDirection.RightToLeft
