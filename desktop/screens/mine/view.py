# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one's own way in: one field for the password of now, and a card for each thing that can change."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.layouts import Page, across, down, holding, scrolling
from desktop.screens.mine.logic import (
    CodeDropped,
    CodeMade,
    CodeSubmitted,
    CodeWanted,
    Do,
    Done,
    Effect,
    Event,
    Failed,
    ForgetSecrets,
    Look,
    MakeCode,
    PasswordSubmitted,
    PinDropped,
    PinSubmitted,
    Read,
    Shown,
    State,
    update,
)
from desktop.screens.photos import QrView
from desktop.screens.room import Room


class MineView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("mine", _("My way in"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        self.loop.send(Shown())

    # widgets

    def _build(self) -> None:
        self.now = LineField(name="mine.now", secret=True)
        self.new = LineField(name="mine.password.new", secret=True)
        self.again = LineField(name="mine.password.again", secret=True)
        self.pin = LineField(name="mine.pin.new", secret=True)
        self.pin_again = LineField(name="mine.pin.again", secret=True)
        self.digits = LineField(name="mine.code.digits")
        self.notice = Notice(name="mine.notice")
        self.sheets = Text("", "muted", name="mine.sheets", wrap=True)
        how = _("Each change asks the password you have now.")
        first = Card(name="mine.first")
        first.add(
            across((Field(_("Your password now"), self.now), 1), (Text(how, "muted", wrap=True), 1), gap=16)
        )
        first.add(self.notice)
        inside = holding(
            down(
                Text(_("My way in"), "title"),
                first,
                across((self._password_card(), 1), (self._pin_card(), 1), gap=16),
                self._code_card(),
                self.sheets,
                None,
                gap=14,
                margins=(24, 20, 24, 20),
            )
        )
        self.setLayout(down(scrolling(inside, name="mine.scroll"), gap=0))

    def _password_card(self) -> QWidget:
        card = Card(_("Password"), name="mine.password")
        rule = _("At least 15 characters, or 5 words with spaces between them.")
        change = PrimaryButton(_("Change the password"), name="mine.password.change", icon="lock")
        change.clicked.connect(
            lambda: self.loop.send(PasswordSubmitted(self.now.text(), self.new.text(), self.again.text()))
        )
        self.change = change
        for thing in (
            Field(_("The new password"), self.new),
            Field(_("The same password again"), self.again),
            Text(rule, "muted", wrap=True),
        ):
            card.add(thing)
        card.add(across(None, change))
        return card

    def _pin_card(self) -> QWidget:
        card = Card(_("PIN"), name="mine.pin")
        what = _(
            "6 to 12 digits that show your work again after a lock, five tries. It opens nothing once Posta was closed."
        )
        self.set_pin = SecondaryButton(_("Set the PIN"), name="mine.pin.set", icon="check")
        self.set_pin.clicked.connect(
            lambda: self.loop.send(PinSubmitted(self.now.text(), self.pin.text(), self.pin_again.text()))
        )
        self.drop_pin = QuietButton(_("No PIN any more"), name="mine.pin.drop")
        self.drop_pin.clicked.connect(lambda: self.loop.send(PinDropped()))
        card.add(Field(_("PIN"), self.pin))
        card.add(Field(_("The same PIN again"), self.pin_again))
        card.add(Text(what, "muted", wrap=True))
        card.add(across(self.drop_pin, None, self.set_pin))
        return card

    def _code_card(self) -> QWidget:
        card = Card(_("Code of a phone"), name="mine.code")
        what = _(
            "Your phone shows six digits that are asked after your password. It stops who saw you type; "
            "against somebody who has this computer's disk only the password helps."
        )
        self.about_code = Text(what, "muted", wrap=True)
        self.want_code = SecondaryButton(_("Set up a phone"), name="mine.code.want", icon="qr")
        self.want_code.clicked.connect(lambda: self.loop.send(CodeWanted()))
        self.drop_code = QuietButton(_("No code any more"), name="mine.code.drop")
        self.drop_code.clicked.connect(lambda: self.loop.send(CodeDropped(self.now.text())))
        self.qr = QrView(name="mine.code.qr", spoken=_("QR for your phone's authenticator program"), side=180)
        self.typed = Text("", "strong", name="mine.code.typed", wrap=True)
        confirm = PrimaryButton(_("Ask it from now on"), name="mine.code.confirm", icon="check")
        confirm.clicked.connect(lambda: self.loop.send(CodeSubmitted(self.now.text(), self.digits.text())))
        scan = Text(_("Scan this with an authenticator program, or type:"), "body", wrap=True)
        steps = down(
            scan, self.typed, Field(_("The six digits it shows"), self.digits), across(None, confirm)
        )
        self.setting = holding(across(self.qr, (holding(steps), 1), gap=16))
        card.add(self.about_code)
        card.add(self.setting)
        card.add(across(self.drop_code, None, self.want_code))
        return card

    def render_state(self, state: State) -> None:
        mine = state.mine
        self.notice.say(state.tone or "info", state.sentence)
        for button in (self.change, self.set_pin, self.drop_pin, self.want_code, self.drop_code):
            button.setEnabled(not state.busy)
        self.drop_pin.setVisible(bool(mine and mine.pin))
        self.drop_code.setVisible(bool(mine and mine.code))
        self.want_code.setVisible(bool(mine and not mine.code) and not state.uri)
        self.setting.setVisible(bool(state.uri))
        self.qr.show_text(state.uri)
        self.typed.setText(state.typed)
        self.sheets.setText(_sheets(mine.sheets) if mine else "")

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case Look():
                self._help.read(
                    clinic.my_way_in, then=lambda mine: self.loop.send(Read(mine)), failed=self._failed
                )
            case MakeCode():
                self._help.read(
                    clinic.new_code,
                    then=lambda code: self.loop.send(CodeMade(code.uri, code.typed)),
                    failed=self._failed,
                )
            case Do(change, now, new):
                self._help.write(
                    clinic.change_my_way_in,
                    change,
                    now,
                    new,
                    then=lambda _nothing: self.loop.send(Done(change)),
                    failed=self._failed,
                )
            case ForgetSecrets():
                for field in (self.now, self.new, self.again, self.pin, self.pin_again, self.digits):
                    field.clear()

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))
        self.now.setFocus()


def _sheets(mark: str) -> str:
    if mark:
        return _("Recovery sheets: set %(mark)s. Two of them set a new password.") % {"mark": mark}
    return _(
        "No recovery sheets yet: a forgotten password locks you out. Ask for: posta station recovery-sheets."
    )
