# SPDX-License-Identifier: GPL-3.0-or-later
"""The card that takes a new computer into the clinic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton
from desktop.kit.fields import Field, LineField
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text, named
from desktop.kit.words import _
from desktop.screens.join.logic import (
    Admitted,
    AskToJoin,
    DigitsMade,
    Effect,
    Event,
    Failed,
    Form,
    GoToLogin,
    State,
    Step,
    Submitted,
    WaitForAdmission,
    needs_address,
    update,
)
from desktop.screens.layouts import Page, across, down, holding

Ask = Callable[[Form, Callable[[str], object], Callable[[str], object]], None]
"""(form, digits made, failed with a sentence)"""
Wait = Callable[[Callable[[], object], Callable[[str], object]], None]
"""(admitted, failed with a sentence)"""


class JoinView(Page):
    """`ask` posts the request, `wait` waits for the administrator, `done` goes on to login, `found` to a new
    organisation."""

    def __init__(
        self,
        state: State,
        ask: Ask,
        wait: Wait,
        done: Callable[[], object],
        found: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__("join", _("Join a clinic"))
        self._found = found
        self._ask, self._wait, self._done = ask, wait, done
        self._build(state)
        self.loop: Loop[State, Event, Effect] = Loop(state, update, self._perform, self.render_state)
        self.loop.show()

    def _build(self, state: State) -> None:
        self.code = LineField(name="join.code")
        self.server = LineField("https://", name="join.server", spoken=_("Address of the centre"))
        self.who = LineField(_("Dr. Laura Benítez"), name="join.name", spoken=_("Your name"))
        self.device = LineField(_("Consulting room 2"), name="join.device", spoken=_("Name of this computer"))
        self.password = LineField(name="join.password", secret=True)
        self.again = LineField(name="join.again", secret=True)
        self.own = QuietButton(_("The centre has a certificate file …"), name="join.authority", icon="shield")
        self.own.clicked.connect(self._choose_authority)
        self.file, self._authority = Text("", "muted", name="join.authority.file", wrap=True), ""
        self.notice = Notice(name="join.notice")
        self.next = PrimaryButton(_("Ask to join"), name="join.next", icon="arrow-right")
        self.next.clicked.connect(self._submit)
        for field in (self.code, self.server, self.who, self.device, self.password, self.again):
            field.returnPressed.connect(self._submit)
        self.code.setText(state.code)
        self.device.setText(state.device)
        self.form, self.compare = self._form(), self._compare()
        self.code.textChanged.connect(self._ask_where)
        self._ask_where(state.code)
        card = Card(name="join.card")
        card.setFixedWidth(520)
        card.body.setContentsMargins(32, 26, 32, 26)
        for thing in (self.form, self.compare, self.notice):
            card.add(thing)
        self.other = self._other_way()
        brand = across(None, Sign("posta", size=30), Text("Posta", "display"), None, gap=10)
        self.setLayout(
            down(None, brand, 14, across(None, card, None), 10, across(None, self.other, None), None)
        )

    def _other_way(self) -> QWidget:
        self.found = QuietButton(_("Set up a new organisation"), name="join.found", icon="plus")
        self.found.clicked.connect(self._found)
        return holding(across(Text(_("The first one here, without a code?"), "muted"), self.found))

    def _form(self) -> QWidget:
        rule = _("At least 15 characters, or 5 words with spaces between them.")
        self.where = Field(_("Address of the centre"), self.server)
        lost = _("Nobody can look it up for you: keep it where only you find it.")
        return holding(
            down(
                Text(_("Join your clinic"), "title"),
                Text(
                    _("Your administrator gave you a code. It works once, on one computer."),
                    "muted",
                    wrap=True,
                ),
                6,
                Field(_("Code"), self.code),
                self.where,
                across(
                    (Field(_("Your name"), self.who), 1),
                    (Field(_("Name of this computer"), self.device), 1),
                    gap=12,
                ),
                across(
                    (Field(_("Password"), self.password), 1),
                    (Field(_("The same password again"), self.again), 1),
                    gap=12,
                ),
                Text(f"{rule} {lost}", "muted", wrap=True),
                across(self.own, (self.file, 1)),
                4,
                self.next,
                gap=10,
            )
        )

    def _compare(self) -> QWidget:
        self.digits = Text("", "display", name="join.digits")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        waiting = named(QProgressBar(), "join.progress", _("Waiting for the administrator"))
        waiting.setRange(0, 0)
        waiting.setTextVisible(False)
        how = _(
            "Read these six digits to your administrator, by phone or side by side. "
            "They must see the same ones."
        )
        return holding(
            down(
                Text(_("Compare the digits"), "title"),
                Text(how, "body", wrap=True),
                10,
                self.digits,
                10,
                waiting,
                Text(_("This page goes on by itself once you are admitted."), "muted", wrap=True),
                gap=8,
            )
        )

    def _choose_authority(self) -> None:
        """Only where the clinic's server shows a certificate of its own; none chosen is none."""
        title = _("Certificate file of the centre")
        self._authority, _kind = QFileDialog.getOpenFileName(
            self, title, "", "PEM (*.pem *.crt *.cer);;* (*)"
        )
        self.file.say(Path(self._authority).name)

    def _ask_where(self, code: str) -> None:
        self.where.setVisible(needs_address(code))

    def render_state(self, state: State) -> None:
        comparing = state.step in (Step.COMPARING, Step.ADMITTED)
        self.form.setVisible(not comparing)
        self.other.setVisible(not comparing)
        self.found.setEnabled(state.step is Step.FORM)
        self.compare.setVisible(comparing)
        self.digits.setText(" ".join((state.digits[:3], state.digits[3:])))
        self.next.setEnabled(state.step is Step.FORM)
        self.next.setText(_("Asking …") if state.step is Step.ASKING else _("Ask to join"))
        self.notice.say("warn", state.sentence)

    def _submit(self) -> None:
        form = Form(
            self.code.text().strip(),
            self.who.text().strip(),
            self.device.text().strip(),
            self.password.text(),
            self.again.text(),
            self.server.text().strip(),
            self._authority,
        )
        self.loop.send(Submitted(form))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case AskToJoin(form):
                self._ask(form, self._made, self._failed)
            case WaitForAdmission():
                self._wait(self._admitted, self._failed)
            case GoToLogin():
                self._done()

    def _made(self, digits: str) -> None:
        self.loop.send(DigitsMade(digits))

    def _admitted(self) -> None:
        self.loop.send(Admitted())

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))
