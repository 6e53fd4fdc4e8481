# SPDX-License-Identifier: GPL-3.0-or-later
"""The card in the middle of the window that asks for a password."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLayout, QProgressBar

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton
from desktop.kit.fields import Field, LineField
from desktop.kit.people import Avatar
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text, named
from desktop.kit.words import _
from desktop.screens.layouts import Page, across, down
from desktop.screens.login.logic import (
    Effect,
    Event,
    ForgetPassword,
    OpenAgain,
    OpenBook,
    PasswordChanged,
    PasswordEntered,
    Refused,
    State,
    Unlocked,
    update,
)

Open = Callable[[str, Callable[[], object], Callable[[str], object]], None]
"""(password, opened, refused with a sentence): done on a worker, answered in the Qt thread."""


class LoginView(Page):
    """`open_book` for the first time, `open_again` after a lock."""

    def __init__(self, state: State, open_book: Open, open_again: Open) -> None:
        super().__init__("login", _("Unlock"))
        self._open_book, self._open_again = open_book, open_again
        self._build(state)
        self.loop: Loop[State, Event, Effect] = Loop(state, update, self._perform, self.render_state)
        self.loop.show()

    def _build(self, state: State) -> None:
        self.face = Avatar(64, name="login.face")
        self.title = Text("", "title", name="login.title")
        self.names = Text(", ".join(state.names), "muted", name="login.names", wrap=True)
        self.password = LineField(name="login.password", secret=True)
        self.notice = Notice(name="login.notice")
        self.progress = named(QProgressBar(), "login.progress", _("Opening"))
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.unlock = PrimaryButton(_("Unlock"), name="login.unlock", icon="unlock")
        self.unlock.setDefault(True)
        self.unlock.clicked.connect(self._enter)
        self.password.returnPressed.connect(self._enter)
        self.password.textEdited.connect(lambda _text: self.loop.send(PasswordChanged()))
        self.setLayout(self._middle())

    def _middle(self) -> QLayout:
        card = Card(name="login.card")
        card.setFixedWidth(400)
        card.body.setContentsMargins(32, 28, 32, 28)
        brand = across(None, Sign("posta", size=30), Text("Posta", "display"), None, gap=10)
        centre = Qt.AlignmentFlag.AlignHCenter
        card.body.addWidget(self.face, 0, centre)
        card.body.addWidget(self.title, 0, centre)
        self.names.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for thing in (
            self.names,
            Field(_("Password"), self.password),
            self.notice,
            self.progress,
            self.unlock,
        ):
            card.add(thing)
        promise = Text(_("What you write stays encrypted on this computer."), "caption")
        promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return down(None, brand, 14, across(None, card, None), 10, promise, None)

    def render_state(self, state: State) -> None:
        who = state.locked_for or (state.names[0] if len(state.names) == 1 else "")
        self.face.show_person(who)
        self.face.setVisible(bool(who))
        self.title.setText(_("Locked") if state.locked_for else _("Good to see you"))
        self.names.setText(state.locked_for or ", ".join(state.names))
        self.progress.setVisible(state.busy)
        self.unlock.setEnabled(not state.busy)
        self.unlock.setText(_("Opening …") if state.busy else _("Unlock"))
        self.notice.say("danger", state.sentence)

    def _enter(self) -> None:
        self.loop.send(PasswordEntered(self.password.text()))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case OpenBook(password):
                self._open_book(password, self._opened, self._refused)
            case OpenAgain(password):
                self._open_again(password, self._opened, self._refused)
            case ForgetPassword():
                self.password.clear()

    def _opened(self) -> None:
        self.loop.send(Unlocked())

    def _refused(self, sentence: str) -> None:
        self.loop.send(Refused(sentence))
        self.password.setFocus()
        self.password.selectAll()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
