# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons by weight: primary (one a screen), secondary, danger, quiet, icon only, and the big yes / no."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from desktop.kit import icons, theme
from desktop.kit.text import Tinted, named, styled
from desktop.kit.words import _


class _Button(Tinted, QPushButton):
    kind = "secondary"
    ink = "text"

    def __init__(self, text: str, *, name: str, icon: str = "", spoken: str = "", shortcut: str = "") -> None:
        super().__init__(text)
        named(self, name, spoken or text)
        self.setProperty("kind", self.kind)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = icon
        if shortcut:
            keys = QKeySequence(shortcut)
            self.setShortcut(keys)
            shown = keys.toString(QKeySequence.SequenceFormat.NativeText)
            self.setToolTip(f"{spoken or text} ({shown})")
        self.tinted()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Another word; the keys stay, which Qt takes from the word."""
        if text != self.text():
            keys = self.shortcut()
            super().setText(text)
            self.setShortcut(keys)

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.tint()

    def tint(self) -> None:
        if self._icon:
            air = theme.current().scale.gap // 2 if self.text() else 0
            self.setIconSize(icons.icon_size(air))
            self.setIcon(icons.icon(self._icon, self.ink, air=air))


class PrimaryButton(_Button):
    """What the person came for; at most one on a screen."""

    kind, ink = "primary", "on_primary"


class SecondaryButton(_Button):
    """Any other act."""


class DangerButton(_Button):
    """An act that takes something away: hang up, discard, revoke."""

    kind, ink = "danger", "surface"


class QuietButton(_Button):
    """An act that should not draw the eye."""

    kind, ink = "quiet", "primary"


class IconButton(Tinted, QToolButton):
    """A square button with an icon; `spoken` is its accessible name and tooltip."""

    def __init__(
        self,
        icon: str,
        spoken: str,
        *,
        name: str,
        checkable: bool = False,
        tone: str = "",
        bare: bool = False,
        shortcut: str = "",
    ) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setProperty("kind", "icon")
        self.setProperty("bare", "true" if bare else "false")
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(spoken)
        self._icon, self._tone = icon, tone
        if shortcut:
            self.setShortcut(QKeySequence(shortcut))
            self.setToolTip(f"{spoken} ({shortcut})")
        self.tinted()

    def set_icon(self, icon: str, spoken: str = "", tone: str | None = None) -> None:
        """Show another icon, with another meaning if it has one."""
        self._icon = icon
        self._tone = self._tone if tone is None else tone
        if spoken:
            self.setAccessibleName(spoken)
            self.setToolTip(spoken)
        self.tint()

    def tint(self) -> None:
        self.setIconSize(icons.icon_size())
        self.setIcon(icons.icon(self._icon, self._tone or "text", checked="primary"))


class YesNo(QWidget):
    """A question's two answers, told apart by place, shape, mark and colour."""

    answered = Signal(bool)

    def __init__(self, *, name: str, yes: str = "", no: str = "") -> None:
        super().__init__()
        named(self, name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.current().scale.gap * 2)
        self.no = _Answer(no or _("No"), "no", "x", "danger", name=f"{name}.no")
        self.yes = _Answer(yes or _("Yes"), "yes", "check", "surface", name=f"{name}.yes")
        for button, answer in ((self.no, False), (self.yes, True)):
            row.addWidget(button, 1)
            button.clicked.connect(lambda _on=False, said=answer: self.answered.emit(said))

    def ask(self, yes: str, no: str) -> None:
        """Put other words on the two buttons."""
        for button, text in ((self.yes, yes), (self.no, no)):
            button.setText(text)
            button.setAccessibleName(text)


class _Answer(Tinted, QPushButton):
    def __init__(self, text: str, kind: str, icon: str, ink: str, *, name: str) -> None:
        super().__init__(text)
        named(self, name, text)
        styled(self, kind=kind)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon, self._ink = icon, ink
        self.tinted()

    def tint(self) -> None:
        air = theme.current().scale.gap // 2
        self.setIconSize(icons.icon_size(air))
        self.setIcon(icons.icon(self._icon, self._ink, air=air))
