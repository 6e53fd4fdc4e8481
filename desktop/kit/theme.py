# SPDX-License-Identifier: GPL-3.0-or-later
"""Dress the application: fonts, palette and style sheet from the design tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from desktop.kit.sheet import sheet
from desktop.kit.tokens import (
    DESKTOP,
    LIGHT,
    LOOKS,
    RESOURCES,
    SCALES,
    Scale,
    Tokens,
    contrast,
    for_reading,
    zoomed,
)

__all__ = ["FAMILIES", "LOOKS", "SCALES", "Theme", "apply", "contrast", "current", "font", "palette"]

FAMILIES = ["Inter", "Noto Sans", "DejaVu Sans"]


@dataclass(frozen=True, slots=True)
class Theme:
    """What is worn now: colours and sizes."""

    look: str
    tokens: Tokens
    scale: Scale

    def colour(self, tone: str) -> QColor:
        """Ink of a tone or token as a QColor."""
        return QColor(self.tokens.ink(tone))


class _Wardrobe:
    worn = Theme("light", LIGHT, DESKTOP)


def current() -> Theme:
    """The theme worn now; painters ask at every paint."""
    return _Wardrobe.worn


def apply(app: QApplication, look: str = "light", scale: str = "desktop", zoom: float = 1.0) -> Theme:
    """Dress the whole application; may be called again while it runs."""
    size = zoomed(SCALES[scale], zoom)
    theme = Theme(look, for_reading(LOOKS[look], size), size)
    _Wardrobe.worn = theme
    _load_fonts()
    app.setStyle("Fusion")
    app.setFont(font(size.body))
    app.setPalette(palette(theme.tokens))
    app.setStyleSheet(sheet(theme.tokens, size))
    return theme


def font(pixels: int, weight: int = 400) -> QFont:
    """Inter in logical pixels with tabular numerals (fallback Noto Sans)."""
    face = QFont()
    face.setFamilies(FAMILIES)
    face.setPixelSize(max(1, pixels))
    face.setWeight(QFont.Weight(weight))
    face.setFeature(QFont.Tag("tnum"), 1)
    face.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return face


def palette(tokens: Tokens) -> QPalette:
    """The same colours for what Fusion paints by itself (menus, dialogs, check marks)."""
    roles = {
        QPalette.ColorRole.Window: tokens.bg,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.bg,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.muted,
        QPalette.ColorRole.Button: tokens.surface,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.danger,
        QPalette.ColorRole.Highlight: tokens.primary,
        QPalette.ColorRole.HighlightedText: tokens.on_primary,
        QPalette.ColorRole.Accent: tokens.primary,
        QPalette.ColorRole.Link: tokens.info,
        QPalette.ColorRole.ToolTipBase: tokens.text,
        QPalette.ColorRole.ToolTipText: tokens.surface,
        QPalette.ColorRole.Mid: tokens.line,
    }
    made = QPalette()
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.muted))
    return made


@cache
def _load_fonts() -> tuple[int, ...]:
    files = sorted((RESOURCES / "fonts").glob("*.ttf"))
    return tuple(QFontDatabase.addApplicationFont(str(file)) for file in files)
