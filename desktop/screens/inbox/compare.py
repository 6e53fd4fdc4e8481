# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions side by side, line by line: what differs stands out, and each line takes one side."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QPushButton, QWidget

from desktop.kit import theme
from desktop.kit.buttons import QuietButton, SecondaryButton
from desktop.kit.surfaces import Rule
from desktop.kit.text import Text, Tinted, named
from desktop.kit.words import _, fmt_moment
from desktop.screens.inbox.logic import WHOLE, State, side_of
from desktop.screens.inbox.marking import pieces
from desktop.screens.inbox.words import NameOf, line_word, said, where, who
from desktop.screens.layouts import down, holding
from desktop.screens.phrases import SECTIONS

if TYPE_CHECKING:
    from clinic.services.choosing import Dispute


class MarkedText(Tinted, QLabel):
    """A text in which what the other one does not have is marked: by ground, weight and a line under it."""

    def __init__(self, text: str, other: str, *, name: str) -> None:
        super().__init__()
        self._pieces = pieces(text, other)
        differing = [one.text.strip() for one in self._pieces if one.marked and one.text.strip()]
        what = _("%(text)s. Different: %(parts)s") % {"text": text, "parts": "; ".join(differing)}
        named(self, name, what if differing else text)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tinted()

    def tint(self) -> None:
        self.setText("".join(self._drawn(one.text, one.marked) for one in self._pieces))

    def _drawn(self, text: str, marked: bool) -> str:
        plain = escape(text).replace("\n", "<br>")
        if not marked or not text.strip():
            return plain
        tokens = theme.current().tokens
        style = f"background:{tokens.warn_bg};color:{tokens.text};font-weight:600;text-decoration:underline"
        return f'<span style="{style}">{plain}</span>'


class Compare(QWidget):
    """Made anew for each fact; `picked(line, side)`."""

    def __init__(self, one: Dispute, name_of: NameOf, picked: Callable[[str, int], object]) -> None:
        super().__init__()
        self._one, self._name_of, self._picked = one, name_of, picked
        self._takes: dict[tuple[str, int], QPushButton] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(8)
        for column in range(len(one.sides)):
            self._grid.setColumnStretch(column, 1)
        self._row = 0
        self._grid.setContentsMargins(0, 0, 0, 0)
        if one.notes:
            self._notes()
        else:
            self._heads()
            self._lines()
        self.setLayout(self._grid)
        self._grid.setRowStretch(self._row, 1)

    def _heads(self) -> None:
        for number, side in enumerate(self._one.sides):
            head = down(Text(who(side), "strong", wrap=True), Text(where(side), "muted", wrap=True), gap=2)
            head.addWidget(self._take(WHOLE, number))
            self._put(holding(head), number)
        self._row += 1

    def _take(self, name: str, number: int) -> QPushButton:
        text = _("Take this version") if name == WHOLE else _("Take this")
        spoken = f"{text}: {line_word(name)}" if name else text
        label = f"inbox.take.{name or 'whole'}.{number + 1}"
        made = SecondaryButton(text, name=label) if name == WHOLE else QuietButton(text, name=label)
        whose = f"{spoken}, {who(self._one.sides[number])}"
        made.setAccessibleName(whose)
        made.setCheckable(True)
        made.clicked.connect(lambda: self._picked(name, number))
        if name == WHOLE and number < 9:
            made.setToolTip(f"{whose} (Ctrl+{number + 1})")
        self._takes[name, number] = made
        return made

    def _lines(self) -> None:
        for name in self._one.names:
            self._heading(line_word(name))
            texts = [said(name, getattr(side.fact, name), self._name_of) for side in self._one.sides]
            for number, text in enumerate(texts):
                other = texts[1 - number] if len(texts) == 2 else self._before(name, texts[number - 1])
                marked = MarkedText(text, other, name=f"inbox.text.{name}.{number + 1}")
                column: QLayout = down(marked, gap=4)
                if not self._one.whole and len(self._one.names) > 1:
                    column = down(marked, self._take(name, number), gap=4)
                self._put(holding(column), number)
            self._row += 1

    def _before(self, name: str, other: str) -> str:
        return said(name, getattr(self._one.base, name), self._name_of) if self._one.base else other

    def _notes(self) -> None:
        """Two signed notes: nothing to take, both stand."""
        notes = self._one.notes[:2]
        for number, note in enumerate(notes):
            name = Text(note.author_name or self._name_of(note.author), "strong", wrap=True)
            self._put(holding(down(name, Text(fmt_moment(note.signed_at), "muted"), gap=2)), number)
        self._row += 1
        for section, word in SECTIONS.items():
            texts = [str(getattr(note, section)) for note in notes]
            if not any(texts):
                continue
            self._heading(_(word))
            for number, text in enumerate(texts):
                label = f"inbox.note.{section}.{number + 1}"
                self._put(MarkedText(text or "—", texts[1 - number], name=label), number)
            self._row += 1

    def _heading(self, text: str) -> None:
        across = len(self._one.sides)
        self._grid.addWidget(Rule(), self._row, 0, 1, across)
        self._grid.addWidget(Text(text, "caption"), self._row + 1, 0, 1, across)
        self._row += 2

    def _put(self, thing: QWidget, column: int) -> None:
        self._grid.addWidget(thing, self._row, column, Qt.AlignmentFlag.AlignTop)

    def render_state(self, state: State) -> None:
        """Mark what is taken."""
        for (name, number), button in self._takes.items():
            taken = side_of(state, name) == number
            if name == WHOLE:
                taken = taken or all(side_of(state, line) == number for line in self._one.names)
            button.setChecked(taken)
            button.setEnabled(not state.busy)
            word = _("Take this version") if name == WHOLE else _("Take this")
            button.setText(_("Taken") if taken else word)
            button.set_icon("check" if taken else "")  # type: ignore[attr-defined]
