# SPDX-License-Identifier: GPL-3.0-or-later
"""One family of line icons (24 px grid, stroke 1.8) and the kiosk's pictograms, tinted from the tokens."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.kit import theme
from desktop.kit.tokens import RESOURCES, Tokens, mixed

FOLDER = RESOURCES / "icons"
_VARIABLE = re.compile(r"var\(--(\w+),\s*#[0-9A-Fa-f]{6}\)")


@cache
def names() -> tuple[str, ...]:
    """Names of the line icons."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.svg")))


@cache
def pictograms() -> tuple[str, ...]:
    """Names of the big drawings."""
    return tuple(sorted(file.stem for file in (FOLDER / "pictograms").glob("*.svg")))


def is_pictogram(name: str) -> bool:
    """Whether the name is a big drawing rather than a line icon."""
    return name in pictograms()


@cache
def _source(name: str) -> str:
    folder = FOLDER / "pictograms" if is_pictogram(name) else FOLDER
    return (folder / f"{name}.svg").read_text(encoding="utf-8")


def tinted(name: str, tone: str, tokens: Tokens) -> bytes:
    """The SVG with its inks filled in: currentColor and, in pictograms, body, shade, accent, soft, paper."""
    inks = {
        "body": mixed(tokens.primary, tokens.surface, 0.30),
        "shade": tokens.primary,
        "accent": tokens.danger,
        "soft": tokens.tint,
        "paper": tokens.surface,
        "line": tokens.text,
        "warm": tokens.warn,
        "cool": tokens.info,
    }
    filled = _VARIABLE.sub(lambda found: inks[found.group(1)], _source(name))
    return filled.replace("currentColor", tokens.ink(tone)).encode()


def pixmap(name: str, size: int, tone: str = "text", ratio: float = 1.0) -> QPixmap:
    """The drawing as a square of `size` logical pixels in the colours worn now."""
    return _drawn(name, size, tone, ratio, theme.current().tokens)


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, tone: str, ratio: float, tokens: Tokens) -> QPixmap:
    side = max(1, round(size * ratio))
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(tinted(name, tone, tokens))).render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, tone: str = "text", checked: str = "", size: int = 0, air: int = 0) -> QIcon:
    """A QIcon for buttons; `checked` is the tone when the button is on, `air` the room between icon and word."""
    worn = theme.current()
    return _made(name, tone, checked, size or worn.scale.icon, air, worn.tokens)


@lru_cache(maxsize=512)
def _made(name: str, tone: str, checked: str, side: int, air: int, tokens: Tokens) -> QIcon:
    """One for all buttons that show it: each asks again whenever the style sheet looks at it."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(_aired(_drawn(name, side, tone, ratio, tokens), air))
        made.addPixmap(_aired(_drawn(name, side, "muted", ratio, tokens), air), QIcon.Mode.Disabled)
        if checked:
            on = _aired(_drawn(name, side, checked, ratio, tokens), air)
            made.addPixmap(on, QIcon.Mode.Normal, QIcon.State.On)
    return made


def _aired(picture: QPixmap, air: int) -> QPixmap:
    """The picture with `air` logical pixels of nothing at its trailing side."""
    if not air:
        return picture
    ratio = picture.devicePixelRatio()
    wide = QPixmap(picture.width() + round(air * ratio), picture.height())
    wide.fill(Qt.GlobalColor.transparent)
    wide.setDevicePixelRatio(ratio)
    painter = QPainter(wide)
    painter.drawPixmap(0, 0, picture)
    painter.end()
    return wide


def icon_size(air: int = 0) -> QSize:
    """Side of an icon at the scale worn now."""
    side = theme.current().scale.icon
    return QSize(side + air, side)
