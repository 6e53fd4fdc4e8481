# SPDX-License-Identifier: GPL-3.0-or-later
"""Where one is logged in at the centre: each computer one works on, and a button that ends its session."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.kit.buttons import QuietButton
from desktop.kit.surfaces import Card
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.layouts import across, down, holding
from desktop.screens.mine.cards import Typed
from desktop.screens.mine.logic import Session, SessionEnded, State


class SessionsCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Your computers at the centre"), name="mine.sessions")
        self._typed = typed
        self._shown: tuple[object, ...] = ()
        self.none = Text("", "muted", name="mine.sessions.none", wrap=True)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(6)
        self.add(self.none)
        self.body.addLayout(self.rows)

    def render_state(self, state: State) -> None:
        found = state.sessions
        self.none.setVisible(not found)
        away = _("The centre cannot be asked now which of your computers are logged in.")
        self.none.say(away if found is None else _("None of them is logged in at the centre."))
        if (found, state.busy) != self._shown:
            self._shown = (found, state.busy)
            self._render_rows(found or (), state.busy)

    def _render_rows(self, found: tuple[Session, ...], busy: bool) -> None:
        while self.rows.count():
            item = self.rows.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        for number, one in enumerate(found):
            self.rows.addWidget(self._row(number, one, busy))

    def _row(self, number: int, one: Session, busy: bool) -> QWidget:
        name = _("%(name)s (this computer)") % {"name": one.name} if one.here else one.name
        says = _("End its session")
        button = QuietButton(says, name=f"mine.session.{number}.end", spoken=f"{says}: {one.name}")
        button.setEnabled(not busy)
        button.clicked.connect(lambda: self._typed(SessionEnded(one.device)))
        words = holding(down(Text(name, "strong", wrap=True), Text(one.about, "muted", wrap=True), gap=2))
        return holding(across((words, 1), button, gap=10))
