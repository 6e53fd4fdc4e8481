# SPDX-License-Identifier: GPL-3.0-or-later
"""Can everybody use this window? Names, contrast, target sizes and room, as sentences about what does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from desktop.kit import theme
from desktop.kit.signature import SignaturePad
from desktop.kit.tokens import contrast

TOUCHED = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QAbstractItemView, SignaturePad)


def audit(widget: QWidget) -> list[str]:
    """Findings for everything visible in the widget; an empty list means it holds at the scale worn now."""
    found: list[str] = []
    for thing in (widget, *widget.findChildren(QWidget)):
        if thing.isVisibleTo(widget) or thing is widget:
            found.extend(_about(thing))
    return found


def _about(thing: QWidget) -> Iterator[str]:
    if isinstance(thing, QLabel) and thing.text():
        yield from _readable(thing)
        yield from _fits(thing)
    if isinstance(thing, TOUCHED) and not isinstance(thing, QScrollBar) and not _inner(thing):
        yield from _nameable(thing)
        yield from _touchable(thing)


def _inner(thing: QWidget) -> bool:
    """Parts that Qt builds into a widget of its own (the clear button of a line, the list of a combo box)."""
    parent = thing.parentWidget()
    return isinstance(parent, QLineEdit | QComboBox | QAbstractItemView) or "qt_" in thing.objectName()


def _nameable(thing: QWidget) -> Iterator[str]:
    if not thing.objectName():
        yield f"{_which(thing)} has no name= for the hands"
    face = QAccessible.queryAccessibleInterface(thing)
    if face is None or not face.text(QAccessible.Text.Name):  # type: ignore[redundant-expr]  # it can be
        yield f"{_which(thing)} has no accessible name"


def _touchable(thing: QWidget) -> Iterator[str]:
    least = theme.current().scale.target
    size = thing.size() if thing.isVisible() else thing.sizeHint()
    if thing.isEnabled() and (size.width() < least or size.height() < least):
        yield f"{_which(thing)} is {size.width()}×{size.height()} px; {least} px is the smallest target here"
    speaker = thing.objectName().endswith(".speak")
    keyless = isinstance(thing, QAbstractButton) and thing.focusPolicy() == Qt.FocusPolicy.NoFocus
    if thing.isEnabled() and keyless and not speaker:
        yield f"{_which(thing)} cannot be reached by keyboard"


def _readable(label: QLabel) -> Iterator[str]:
    ink = label.palette().color(QPalette.ColorRole.WindowText).name().upper()
    ground = _ground(label)
    ratio = contrast(ink, ground)
    if ratio < theme.current().scale.contrast - 0.01:
        yield f"{_which(label)}: contrast {ratio:.1f}:1 of {ink} on {ground} is below {theme.current().scale.contrast:g}:1"


def _ground(thing: QWidget) -> str:
    """The token colour behind a widget, from the kind of what carries it."""
    tokens = theme.current().tokens
    place: QWidget | None = thing
    while place is not None:
        kind, tone = place.property("kind"), str(place.property("tone") or "")
        if kind in ("chip", "notice"):
            return tokens.wash(tone)
        if kind == "toast":
            return tokens.text
        if kind in ("card", "bar", "rail") or isinstance(place, QAbstractItemView):
            return tokens.surface
        place = place.parentWidget()
    return tokens.bg


def _fits(label: QLabel) -> Iterator[str]:
    if label.wordWrap() or not label.isVisible():
        return
    need = label.fontMetrics().horizontalAdvance(label.text())
    if need > label.width() + 2:
        yield f"{_which(label)} needs {need} px and has {label.width()}: it is cut off"


def _which(thing: QWidget) -> str:
    shown = getattr(thing, "text", lambda: "")() if isinstance(thing, QLabel | QAbstractButton) else ""
    return thing.objectName() or f"{type(thing).__name__} {shown!r}"
