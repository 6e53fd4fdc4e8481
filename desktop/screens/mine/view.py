# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one's own way in: one field for the password of now, and a card for each thing that can change."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.kit.bridge import Desk as Worker
from desktop.kit.bridge import Loop
from desktop.kit.buttons import SecondaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, plural, tell
from desktop.screens.layouts import Page, across, down, holding, scrolling
from desktop.screens.mine.cards import CodeCard, KeyCard, PasswordCard, PinCard, SheetsCard
from desktop.screens.mine.logic import (
    AskFolder,
    AwaitNewcomer,
    Change,
    CodeMade,
    DigitsMade,
    Do,
    Done,
    Effect,
    Event,
    Failed,
    FolderChosen,
    ForgetSecrets,
    Look,
    LookAtSessions,
    MakeCode,
    MinutesChosen,
    NewcomerCame,
    NewcomerFailed,
    Read,
    SendAway,
    SessionsRead,
    Shown,
    State,
    Welcome,
    update,
)
from desktop.screens.mine.others import OthersCard
from desktop.screens.mine.sessions import SessionsCard
from desktop.screens.room import Room


class MineView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("mine", _("My way in"))
        self._room, self._help, self._waiting = room, room.helper(self), Worker(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.loop.show()
        if self.loop.state.digits:  # the page was made anew in another language
            self._await_newcomer()

    def refresh(self) -> None:
        self.loop.send(Shown())

    # widgets

    def _build(self) -> None:
        self.now = LineField(name="mine.now", secret=True)
        self.notice = Notice(name="mine.notice")
        self.password, self.pin = PasswordCard(self._typed), PinCard(self._typed)
        self.code, self.key = CodeCard(self._typed), KeyCard(self._typed)
        self.sheets, self.others = SheetsCard(self._typed), OthersCard(self._typed)
        self.sessions = SessionsCard(self._typed)
        inside = holding(
            down(
                across((self.password, 1), (self.pin, 1), gap=16),
                across((self.code, 1), (self.key, 1), gap=16),
                across((self.sheets, 1), (self.others, 1), gap=16),
                self.sessions,
                None,
                gap=14,
                margins=(24, 14, 24, 20),
            )
        )
        self.devices = SecondaryButton(_("Try camera and microphone"), name="mine.devices", icon="sliders")
        self.devices.clicked.connect(lambda: self._room.ways.devices.emit())
        title = across((Text(_("My way in"), "title"), 1), self.devices)
        head = down(title, self._first(), gap=14, margins=(24, 20, 34, 0))
        self.setLayout(down(head, (scrolling(inside, name="mine.scroll"), 1), gap=0))

    def _first(self) -> QWidget:
        self.minutes = Choice((), name="mine.minutes", spoken=_("The screen covers itself"))
        self.minutes.chosen.connect(lambda key: self.loop.send(MinutesChosen(int(key))))
        card = Card(name="mine.first")
        card.add(
            across(
                (Field(_("Your password now"), self.now, hint=_("Each change asks for it.")), 1),
                (
                    Field(
                        _("The screen covers itself"),
                        self.minutes,
                        hint=_("Untouched; never during a call. Ctrl+L covers it at once."),
                    ),
                    1,
                ),
                gap=16,
            )
        )
        card.add(self.notice)
        return card

    def _typed(self, event: Event | None = None) -> str:
        """The password of now; cards send their events through here."""
        if event is not None:
            self.loop.send(event)
        return self.now.text()

    def render_state(self, state: State) -> None:
        mine = state.mine
        self.notice.say(state.tone or "info", state.sentence)
        if mine is not None:
            self._render_minutes(mine.minutes, mine.most)
        for card in (self.password, self.pin, self.code, self.key, self.sheets, self.others, self.sessions):
            card.render_state(state)

    def _render_minutes(self, minutes: int, most: int) -> None:
        options = tuple(
            (str(n), plural("after %(n)d minute", "after %(n)d minutes", n)) for n in range(1, most + 1)
        )
        if self.minutes.count() != len(options):
            self.minutes.show_options(options)
        self.minutes.choose(str(minutes))

    # doing

    def _perform(self, effect: Effect) -> None:
        mine = self._room.clinic.mine
        match effect:
            case Look():
                self._help.read(
                    mine.read, then=lambda found: self.loop.send(Read(found)), failed=self._failed
                )
            case LookAtSessions():
                self._help.read(
                    mine.sessions,
                    then=lambda found: self.loop.send(SessionsRead(found)),
                    failed=lambda _sentence: self.loop.send(SessionsRead(None)),
                )
            case MakeCode():
                self._help.read(
                    mine.new_code,
                    then=lambda code: self.loop.send(CodeMade(code.uri, code.typed)),
                    failed=self._failed,
                )
            case AskFolder(now):
                title = _("Where to write the sheets: a USB stick")
                self.loop.send(FolderChosen(now, QFileDialog.getExistingDirectory(self, title)))
            case Do():
                self._help.by_hand(
                    mine.change, effect, then=lambda _done: self._done(effect), failed=self._failed
                )
            case Welcome(code, name, password):
                self._help.read(
                    mine.welcome,
                    code,
                    name,
                    password,
                    then=lambda digits: self.loop.send(DigitsMade(digits)),
                    failed=self._failed,
                )
            case AwaitNewcomer():
                self._await_newcomer()
            case SendAway():
                mine.send_away()
            case ForgetSecrets():
                self.now.clear()
                for card in (self.password, self.pin, self.code, self.key, self.others):
                    card.forget()

    def _await_newcomer(self) -> None:
        self._waiting.watch(
            self._room.clinic.mine.newcomer(),
            then=lambda _nothing: self.loop.send(NewcomerCame()),
            failed=lambda error: self.loop.send(NewcomerFailed(tell(error))),
        )

    def _done(self, effect: Do) -> None:
        shown = effect.new if effect.change in (Change.SHEETS, Change.NO_OTHER, Change.MINUTES) else ""
        self.loop.send(Done(effect.change, shown))
        if effect.change == Change.MINUTES:
            self._room.ways.lock_time.emit()

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))
        self.now.setFocus()
