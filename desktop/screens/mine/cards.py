# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards of one's own way in. `typed()` gives the password of now; with an event it sends that first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, LineField
from desktop.kit.surfaces import Card
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.layouts import across, down, holding
from desktop.screens.mine.logic import (
    Change,
    CodeWanted,
    Dropped,
    KeyWanted,
    PinDropped,
    SheetsWanted,
    State,
    Submitted,
)
from desktop.screens.photos import QrView

Typed = Callable[..., str]
"""typed() -> the password of now; typed(event) sends it."""


def secret(name: str) -> LineField:
    """A hidden line."""
    field = LineField(name=name, secret=True)
    field.setMaxLength(1024)
    return field


class PasswordCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Password"), name="mine.password")
        self._typed = typed
        self.new, self.again = secret("mine.password.new"), secret("mine.password.again")
        self.change = PrimaryButton(_("Change the password"), name="mine.password.change", icon="lock")
        self.change.clicked.connect(self._submit)
        self.again.returnPressed.connect(self._submit)
        rule = _("At least 15 characters, or 5 words with spaces between them; beside a code or a key, 8.")
        self.add(Field(_("The new password"), self.new))
        self.add(Field(_("The same password again"), self.again))
        self.add(Text(rule, "muted", wrap=True))
        self.body.addStretch(1)
        self.add(across(None, self.change))

    def _submit(self) -> None:
        self._typed(Submitted(Change.PASSWORD, self._typed(), self.new.text(), self.again.text()))

    def render_state(self, state: State) -> None:
        self.change.setEnabled(not state.busy)

    def forget(self) -> None:
        for field in (self.new, self.again):
            field.clear()


class PinCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("PIN"), name="mine.pin")
        self._typed = typed
        self.pin, self.again = secret("mine.pin.new"), secret("mine.pin.again")
        for field in (self.pin, self.again):
            field.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhHiddenText)
        self.set_pin = SecondaryButton(_("Set the PIN"), name="mine.pin.set", icon="check")
        self.set_pin.clicked.connect(self._submit)
        self.again.returnPressed.connect(self._submit)
        self.drop = QuietButton(_("No PIN any more"), name="mine.pin.drop")
        self.drop.clicked.connect(lambda: typed(PinDropped()))
        what = _(
            "6 to 12 digits that show your work again after a lock, five tries. It opens nothing once Posta was closed."
        )
        self.add(Field(_("PIN"), self.pin))
        self.add(Field(_("The same PIN again"), self.again))
        self.add(Text(what, "muted", wrap=True))
        self.body.addStretch(1)
        self.add(across(self.drop, None, self.set_pin))

    def _submit(self) -> None:
        self._typed(Submitted(Change.PIN, self._typed(), self.pin.text(), self.again.text()))

    def render_state(self, state: State) -> None:
        has = bool(state.mine and state.mine.pin)
        self.drop.setVisible(has)
        self.set_pin.setText(_("Another PIN") if has else _("Set the PIN"))
        for button in (self.set_pin, self.drop):
            button.setEnabled(not state.busy)

    def forget(self) -> None:
        for field in (self.pin, self.again):
            field.clear()


class CodeCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Code of a phone"), name="mine.code")
        self._typed = typed
        what = _(
            "Your phone shows six digits that are asked after your password. It stops who saw you type; "
            "against somebody who has this computer's disk only the password helps."
        )
        self.about = Text(what, "muted", wrap=True)
        self.want = SecondaryButton(_("Set up a phone"), name="mine.code.want", icon="qr")
        self.want.clicked.connect(lambda: typed(CodeWanted()))
        self.drop = QuietButton(_("No code any more"), name="mine.code.drop")
        self.drop.clicked.connect(lambda: typed(Dropped(Change.NO_CODE, typed())))
        self.qr = QrView(name="mine.code.qr", spoken=_("QR for your phone's authenticator program"), side=180)
        self.typing = Text("", "strong", name="mine.code.typed", wrap=True)
        self.typing.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.digits = LineField(name="mine.code.digits")
        self.digits.setMaxLength(9)
        self.digits.returnPressed.connect(self._submit)
        self.confirm = PrimaryButton(_("Ask it from now on"), name="mine.code.confirm", icon="check")
        self.confirm.clicked.connect(self._submit)
        steps = down(
            Text(_("Scan this with an authenticator program, or type:"), "body", wrap=True),
            self.typing,
            Field(_("The six digits it shows"), self.digits),
            None,
        )
        self.setting = holding(across(self.qr, (holding(steps), 1), gap=16))
        self.add(self.about)
        self.add(self.setting)
        self.body.addStretch(1)
        self.add(across(self.drop, None, self.want, self.confirm))

    def _submit(self) -> None:
        self._typed(Submitted(Change.CODE, self._typed(), self.digits.text(), self.digits.text()))

    def render_state(self, state: State) -> None:
        has, setting = bool(state.mine and state.mine.code), bool(state.uri)
        self.drop.setVisible(has)
        self.want.setVisible(not has and not setting)
        self.setting.setVisible(setting)
        self.confirm.setVisible(setting)
        self.qr.show_text(state.uri)
        self.typing.setText(state.typed)
        for button in (self.want, self.drop, self.confirm):
            button.setEnabled(not state.busy)

    def forget(self) -> None:
        self.digits.clear()


class KeyCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Security key"), name="mine.key")
        what = _(
            "A key on USB (FIDO2) becomes part of your way in: without it nothing but your recovery sheets opens this "
            "computer for you, not even for who has its disk and your password."
        )
        self.pin = secret("mine.key.pin")
        self.pin_field = Field(_("The key's own PIN, if it has one"), self.pin)
        self.want = SecondaryButton(_("Add the key that is plugged in"), name="mine.key.want", icon="usb")
        self.want.clicked.connect(lambda: typed(KeyWanted(typed(), self.pin.text())))
        self.drop = QuietButton(_("No key any more"), name="mine.key.drop")
        self.drop.clicked.connect(lambda: typed(Dropped(Change.NO_KEY, typed())))
        self.add(Text(what, "muted", wrap=True))
        self.add(self.pin_field)
        self.body.addStretch(1)
        self.add(across(self.drop, None, self.want))

    def render_state(self, state: State) -> None:
        has = bool(state.mine and state.mine.key)
        self.drop.setVisible(has)
        self.want.setVisible(not has)
        self.pin_field.setVisible(not has)
        for button in (self.want, self.drop):
            button.setEnabled(not state.busy)

    def forget(self) -> None:
        self.pin.clear()


class SheetsCard(Card):
    def __init__(self, typed: Typed) -> None:
        super().__init__(_("Recovery sheets"), name="mine.sheets")
        what = _(
            "Three sheets of paper for three people or places. Any two of them set a new password when yours is lost, also "
            "without your phone or key; one alone tells nothing."
        )
        self.holds = Text("", "strong", name="mine.sheets.holds", wrap=True)
        self.make = SecondaryButton(_("Make three sheets"), name="mine.sheets.make", icon="printer")
        self.make.clicked.connect(lambda: typed(SheetsWanted(typed())))
        self.add(Text(what, "muted", wrap=True))
        self.add(self.holds)
        self.body.addStretch(1)
        self.add(across(None, self.make))

    def render_state(self, state: State) -> None:
        self.holds.setText(_sheets(state.mine.sheets) if state.mine else "")
        self.make.setEnabled(not state.busy)


def _sheets(mark: str) -> str:
    if mark:
        said = _("Set %(mark)s holds. To use two of them: posta station recover.")
        return said % {"mark": mark}
    return _("You have none yet: a forgotten password would lock you out.")
