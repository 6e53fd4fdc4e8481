# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting widgets beside and below each other in one line of code; pages that fill the window."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.kit.text import named, styled

B = TypeVar("B", bound=QBoxLayout)
Thing = QWidget | QLayout | int | None | tuple[QWidget | QLayout, int]


def across(*things: Thing, gap: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Things from left to right; (thing, stretch) for a share of the room, a number for a gap, None for a
    spring.
    """
    return _filled(QHBoxLayout(), things, gap, margins)


def down(*things: Thing, gap: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Things from top to bottom, as `across`."""
    return _filled(QVBoxLayout(), things, gap, margins)


def _filled(box: B, things: tuple[Thing, ...], gap: int, margins: tuple[int, int, int, int]) -> B:
    box.setSpacing(gap)
    box.setContentsMargins(*margins)
    for thing in things:
        _put(box, thing)
    return box


def _put(box: QBoxLayout, thing: Thing) -> None:
    match thing:
        case None:
            box.addStretch(1)
        case int():
            box.addSpacing(thing)
        case (inner, stretch):
            box.addWidget(inner, stretch) if isinstance(inner, QWidget) else box.addLayout(inner, stretch)
        case QWidget():
            box.addWidget(thing)
        case _:
            box.addLayout(thing)


def holding(layout: QLayout, *, name: str = "", spoken: str = "", kind: str = "plain") -> QWidget:
    """A widget around a layout."""
    widget = QWidget()
    widget.setProperty("kind", kind)
    widget.setLayout(layout)
    return named(widget, name, spoken)


def bar(layout: QLayout, *, name: str = "") -> QFrame:
    """A surface across the whole width with a line under it."""
    frame = QFrame()
    frame.setProperty("kind", "bar")
    frame.setLayout(layout)
    return named(frame, name)


def scrolling(inside: QWidget, *, name: str = "") -> QScrollArea:
    """Scrolls up and down when there is not enough room; never sideways."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return named(area, name)


class Page(QWidget):
    """A page of the main window."""

    def __init__(self, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        styled(self, kind="page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def refresh(self) -> None:
        """The page comes to the front (also after a lock): read again what may have changed behind it."""

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous():
            self.refresh()
