# SPDX-License-Identifier: GPL-3.0-or-later
"""The colleagues who share this computer: who they are, one who joins, one whose way in goes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.kit.buttons import DangerButton, PrimaryButton, QuietButton
from desktop.kit.fields import Field, LineField
from desktop.kit.people import Avatar
from desktop.kit.surfaces import Card
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.layouts import across, down, holding
from desktop.screens.mine.cards import Typed, secret
from desktop.screens.mine.logic import NewcomerSentAway, NewcomerSubmitted, Other, OtherLeaves, State


class OthersCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Colleagues on this computer"), name="mine.others")
        self._typed = typed
        self._shown: tuple[object, ...] = ()
        self.rows = QVBoxLayout()
        self.rows.setSpacing(6)
        self.nobody = Text(_("Nobody else has a way in here yet."), "muted", wrap=True)
        self.add(self.nobody)
        self.body.addLayout(self.rows)
        self.form, self.compare = self._form(), self._compare()
        self.add(self.form)
        self.add(self.compare)
        self.body.addStretch(1)

    def _form(self) -> QWidget:
        self.code = LineField(name="mine.newcomer.code")
        self.who = LineField(name="mine.newcomer.name")
        self.new, self.again = secret("mine.newcomer.new"), secret("mine.newcomer.again")
        self.join = PrimaryButton(_("Ask to join"), name="mine.newcomer.join", icon="arrow-right")
        self.join.clicked.connect(self._submit)
        self.again.returnPressed.connect(self._submit)
        how = _("A colleague joins here with an invitation of her or his own.")
        return holding(
            down(
                Text(how, "muted", wrap=True),
                across((Field(_("Invitation"), self.code), 1), (Field(_("Name"), self.who), 1), gap=12),
                across(
                    (Field(_("Password"), self.new), 1),
                    (Field(_("The same password again"), self.again), 1),
                    gap=12,
                ),
                across(None, self.join),
            )
        )

    def _compare(self) -> QWidget:
        self.digits = Text("", "display", name="mine.newcomer.digits")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.away = QuietButton(_("Give up"), name="mine.newcomer.away")
        self.away.clicked.connect(lambda: self._typed(NewcomerSentAway()))
        how = _(
            "Read these six digits to your administrator, by phone or side by side. "
            "They must see the same ones."
        )
        return holding(down(Text(how, "body", wrap=True), self.digits, across(None, self.away)))

    def _submit(self) -> None:
        self._typed(
            NewcomerSubmitted(
                self.code.text().strip(), self.who.text().strip(), self.new.text(), self.again.text()
            )
        )

    def render_state(self, state: State) -> None:
        others = state.mine.others if state.mine else ()
        self.nobody.setVisible(not others)
        shown = (others, state.leaving, state.busy)
        if shown != self._shown:
            self._shown = shown
            self._render_rows(others, state)
        self.form.setVisible(not state.digits)
        self.compare.setVisible(bool(state.digits))
        self.digits.setText(" ".join((state.digits[:3], state.digits[3:])))
        self.join.setEnabled(not state.busy)

    def _render_rows(self, others: tuple[Other, ...], state: State) -> None:
        while self.rows.count():
            old = self.rows.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for number, other in enumerate(others):
            self.rows.addWidget(self._row(number, other, state))

    def _row(self, number: int, other: Other, state: State) -> QWidget:
        face = Avatar(32, name=f"mine.other.{number}.face")
        face.show_person(other.name)
        sure = state.leaving == other.name
        kind = DangerButton if sure else QuietButton
        says = _("Really take it away") if sure else _("Take the way in away")
        button = kind(says, name=f"mine.other.{number}.leave", spoken=f"{says}: {other.name}")
        button.setEnabled(not state.busy)
        button.clicked.connect(lambda: self._typed(OtherLeaves(self._typed(), other.name)))
        return holding(across(face, (Text(other.name, "strong", wrap=True), 1), button, gap=10))

    def forget(self) -> None:
        for field in (self.code, self.who, self.new, self.again):
            field.clear()
