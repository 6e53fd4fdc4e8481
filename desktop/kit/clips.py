# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that are copied on one person's page are not pasted on another's by chance.

A page that is about a person has a method `whose() -> Whose`. What is copied while the keyboard is on such a page is
remembered as that person's; a field on a page about somebody else holds it back and says so. What comes from another
program, or from a page about nobody, is pasted as anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

LEAST = 3
"""Fewer letters than this carry nobody's history: a number, a unit, a dot."""


@dataclass(frozen=True, slots=True)
class Whose:
    """The person a page is about: the ids of her record and of those joined with it, and her name."""

    ids: frozenset[str] = frozenset()
    name: str = ""


NOBODY = Whose()


def whose(widget: QWidget | None) -> Whose:
    """The person of the innermost page around the widget that is about one."""
    while widget is not None:
        tell = getattr(widget, "whose", None)
        if tell is not None:
            found: Whose = tell()
            return found
        widget = widget.parentWidget()
    return NOBODY


class Clips(QObject):
    """Watches the clipboards of the program while somebody is at work; `close` ends that and leaves no patient's words behind."""

    held = Signal(object, object, str)
    """field, whose words (Whose), the words: they were not pasted"""
    watching: ClassVar[Clips | None] = None

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._boards = QGuiApplication.clipboard()
        self._copied: dict[QClipboard.Mode, tuple[str, Whose]] = {}
        self._boards.changed.connect(self._changed)
        Clips.watching = self

    def close(self) -> None:
        """Nobody is at work here any more."""
        self._boards.changed.disconnect(self._changed)
        for mode, (text, _who) in self._copied.items():
            if self._boards.text(mode) == text:
                self._boards.clear(mode)
        self._copied.clear()
        if Clips.watching is self:
            Clips.watching = None

    def _changed(self, mode: QClipboard.Mode) -> None:
        """Somebody copied: here, on the page that has the keyboard, or in another program."""
        text, who = self._boards.text(mode), whose(QApplication.focusWidget())
        self._copied.pop(mode, None)
        if text and who.ids:
            self._copied[mode] = text, who

    def foreign(self, field: QWidget, text: str) -> Whose:
        """Whose words these are, if the field is on somebody else's page; else NOBODY."""
        here = whose(field)
        if not here.ids or len(text.strip()) < LEAST:
            return NOBODY
        for words, who in self._copied.values():
            if _same(words, text) and not who.ids & here.ids:
                return who
        return NOBODY


def _same(one: str, other: str) -> bool:
    """A line shows line ends as spaces."""
    return one.split() == other.split()


def held_back(field: QWidget, text: str) -> bool:
    """Whether these words belong to somebody else than the field's page; whoever watches is told then."""
    watching = Clips.watching
    if watching is None:
        return False
    who = watching.foreign(field, text)
    if not who.ids:
        return False
    watching.held.emit(field, who, text)
    return True
