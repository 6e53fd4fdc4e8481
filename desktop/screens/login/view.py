# SPDX-License-Identifier: GPL-3.0-or-later
"""The card in the middle of the window that asks for a password; also what covers a locked screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLayout, QProgressBar

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.people import Avatar
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text, named
from desktop.kit.words import _
from desktop.screens.layouts import Page, across, down
from desktop.screens.login.logic import (
    Effect,
    Entered,
    Event,
    ForgetSecrets,
    LiftCover,
    OpenAgain,
    OpenBook,
    PersonChosen,
    Refused,
    SecretChanged,
    State,
    Unlocked,
    update,
)

Told = tuple[Callable[[], object], Callable[[str, bool], object]]
"""(opened, refused with a sentence and whether a PIN would still do): called in the Qt thread."""
Work = Callable[[OpenBook | OpenAgain | LiftCover, Told], None]
"""Done on a worker."""


class LoginView(Page):
    """`work` opens the store for the first time, opens it again after a lock, or lifts the cover."""

    def __init__(self, state: State, work: Work) -> None:
        super().__init__("login", _("Unlock"))
        self._work = work
        self._names: tuple[str, ...] = ()
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(state, update, self._perform, self.render_state)
        self.loop.show()

    def _build(self) -> None:
        self.face = Avatar(64, name="login.face")
        self.title = Text("", "title", name="login.title")
        self.behind = Text("", "muted", name="login.names", wrap=True)
        self.who = Choice((), name="login.who", spoken=_("Whose way in"))
        self.who.chosen.connect(lambda name: self.loop.send(PersonChosen(name)))
        self.password = LineField(name="login.password", secret=True)
        self.password.setMaxLength(1024)
        self.code = LineField(name="login.code")
        self.code.setMaxLength(9)
        self.code.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.key = Text(_("Then touch your security key."), "muted", name="login.key", wrap=True)
        self.notice = Notice(name="login.notice")
        self.progress = named(QProgressBar(), "login.progress", _("Opening"))
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.unlock = PrimaryButton(_("Unlock"), name="login.unlock", icon="unlock")
        self.unlock.setDefault(True)
        self.unlock.clicked.connect(self._enter)
        for field in (self.password, self.code):
            field.returnPressed.connect(self._enter)
            field.textEdited.connect(lambda _text: self.loop.send(SecretChanged()))
        self.setLayout(self._middle())

    def _middle(self) -> QLayout:
        card = Card(name="login.card")
        card.setFixedWidth(400)
        card.body.setContentsMargins(32, 28, 32, 28)
        brand = across(None, Sign("posta", size=30), Text("Posta", "display"), None, gap=10)
        centre = Qt.AlignmentFlag.AlignHCenter
        card.body.addWidget(self.face, 0, centre)
        card.body.addWidget(self.title, 0, centre)
        self.behind.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.of = Field(_("Whose way in"), self.who)
        self.secret = Field(_("Password"), self.password)
        self.digits = Field(_("The six digits on your phone"), self.code)
        for thing in (
            self.behind, self.of, self.secret, self.digits, self.key, self.notice, self.progress, self.unlock,
        ):  # fmt: skip
            card.add(thing)
        self.promise = Text("", "caption", wrap=True, name="login.promise")
        self.promise.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.promise.setFixedWidth(400)
        return down(None, brand, 14, across(None, card, None), 10, across(None, self.promise, None), None)

    def render_state(self, state: State) -> None:
        self._render_people(state)
        self.face.show_person(state.who)
        self.face.setVisible(bool(state.who))
        self.title.setText(_("Locked") if state.locked_for else _("Good to see you"))
        self.behind.say(_behind(state))
        self.behind.setVisible(bool(self.behind.text()))
        self.secret.call(_("PIN or password") if state.takes_pin else _("Password"))
        self.digits.setVisible(state.takes_code)
        self.key.setVisible(state.takes_key)
        self.progress.setVisible(state.busy)
        self.unlock.setEnabled(not state.busy)
        self.unlock.setText(_("Opening …") if state.busy else _("Unlock"))
        self.notice.say("danger", state.sentence)
        self.promise.setText(_promise(state))

    def _render_people(self, state: State) -> None:
        names = tuple(way.name for way in state.ways)
        if names != self._names:
            self._names = names
            everybody = (("", _("Choose your name")),)
            self.who.show_options((*everybody, *((name, name) for name in names)))
        self.who.choose(state.who)
        self.who.setEnabled(not state.busy)
        self.of.setVisible(len(names) > 1)

    def _enter(self) -> None:
        self.loop.send(Entered(self.password.text(), self.code.text()))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case ForgetSecrets():
                self.password.clear()
                self.code.clear()
                self.password.setFocus()
            case _:
                self._work(effect, (self._opened, self._refused))

    def _opened(self) -> None:
        self.loop.send(Unlocked())

    def _refused(self, sentence: str, pin: bool) -> None:
        self.loop.send(Refused(sentence, pin))
        self.password.setFocus()
        self.password.selectAll()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)


def _behind(state: State) -> str:
    """Whose work waits behind the cover; of patients nothing is said here."""
    if state.locked_for and state.who != state.locked_for:
        return _("The work of %(name)s is saved and stays hers or his.") % {"name": state.locked_for}
    return state.who


def _promise(state: State) -> str:
    kept = _("What you write stays encrypted on this computer.")
    lost = _("Password forgotten? Two recovery sheets set a new one: posta station recover.")
    return f"{kept} {lost}" if state.sheets else kept
