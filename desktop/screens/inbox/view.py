# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of what waits for a choice on the left; what is open, side by side, on the right."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, NoteField
from desktop.kit.navigation import TabBar
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_moment
from desktop.screens.inbox.compare import Compare
from desktop.screens.inbox.logic import (
    WHOLE,
    Done,
    Effect,
    Event,
    Failed,
    JoinPressed,
    LetGoPressed,
    Load,
    Loaded,
    Move,
    MovePressed,
    Open,
    Opened,
    Picked,
    RowChosen,
    Settle,
    SettlePressed,
    Shown,
    State,
    TabChosen,
    Typed,
    Undo,
    UndoPressed,
    update,
)
from desktop.screens.inbox.words import clash_words, kind_word, rows, waiting_words
from desktop.screens.layouts import Page, across, down, scrolling
from desktop.screens.lines import LineList
from desktop.screens.room import Room

QUIET = frozenset({"Sync", "AuditEvent", "AuditHead", "Receipt", "MediaStep", "CallReport"})
"""Kinds of change after which nothing new can wait here."""


class InboxView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("inbox", _("To choose"))
        self._room, self._help = room, room.helper(self)
        self._compare: Compare | None = None
        self._shown: tuple[object, ...] = ()
        self._free: tuple[datetime, ...] = ()
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        self.loop.send(Shown(self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed: the number in the menu is counted anew, whatever page shows."""
        if kinds - QUIET:
            self.refresh()

    # widgets

    def _build(self) -> None:
        self.notice = Notice(name="inbox.notice")
        self.count = Text("", "muted", name="inbox.count")
        self.tabs = TabBar((("open", _("To choose")), ("done", _("Chosen here"))), name="inbox.tab")
        self.tabs.chosen.connect(lambda key: self.loop.send(TabChosen(key)))
        self.list = LineList(name="inbox.list", spoken=_("What waits for a choice"))
        self.list.chosen.connect(self._row_chosen)
        hint = _(
            "When two people write the same thing apart, both versions wait here until somebody chooses."
        )
        self.empty = EmptyState("check", _("Nothing to choose"), hint, name="inbox.empty")
        left = Card(name="inbox.left")
        for thing, stretch in ((self.tabs, 0), (self.list, 1), (self.empty, 1)):
            left.add(thing, stretch)
        head = across(Text(_("Written twice"), "title"), 10, self.count, None)
        body = across((left, 4), (self._right(), 7), gap=14)
        self.setLayout(down(head, self.notice, (body, 1), gap=12, margins=(20, 16, 20, 18)))
        for number in range(1, 5):
            self._key(f"Ctrl+{number}", lambda side=number - 1: self.loop.send(Picked(WHOLE, side)))
        self._key("Ctrl+J", lambda: self._join())
        self._key("Ctrl+Return", lambda: self.loop.send(SettlePressed()))

    def _key(self, keys: str, act: object) -> None:
        QShortcut(QKeySequence(keys), self, act)  # type: ignore[call-overload]

    def _right(self) -> Card:
        self.heading = Text("", "heading", name="inbox.heading", wrap=True)
        self.about = Text("", "body", name="inbox.about", wrap=True)
        self.sides = QWidget()
        self.sides.setLayout(down())
        self.filler = QWidget()
        self.area = scrolling(self.sides, name="inbox.sides")
        self.text = NoteField(_("The text that is to stand"), name="inbox.joined", lines=4)
        self.text.textChanged.connect(lambda: self.loop.send(Typed(self.text.toPlainText())))
        self.joining = Field(_("Joined by hand"), self.text)
        self.join = SecondaryButton(_("Join them"), name="inbox.join", icon="pen")
        self.join.setToolTip(f"{_('Join them')} (Ctrl+J)")
        self.join.clicked.connect(self._join)
        self.chart = QuietButton(_("Open the chart"), name="inbox.chart", icon="file")
        self.chart.clicked.connect(self._open_chart)
        self.let_go = QuietButton(_("Cancel the appointment"), name="inbox.let_go", icon="x")
        self.let_go.clicked.connect(lambda: self.loop.send(LetGoPressed()))
        self.undo = SecondaryButton(_("Take the choice back"), name="inbox.undo", icon="refresh")
        self.undo.clicked.connect(lambda: self.loop.send(UndoPressed(self.loop.state.chosen)))
        self.settle = PrimaryButton(_("Let this stand"), name="inbox.settle", icon="check")
        self.settle.setToolTip(f"{self.settle.text()} (Ctrl+Enter)")
        self.settle.clicked.connect(lambda: self.loop.send(SettlePressed()))
        self.times, self._times = QWidget(), QGridLayout()
        self.times.setLayout(self._times)
        self._times.setContentsMargins(0, 8, 0, 0)
        self.text.setMaximumHeight(self.text.minimumHeight() + 30)
        card = Card(name="inbox.right")
        for thing, stretch in (
            (self.heading, 0),
            (self.about, 0),
            (self.area, 1),
            (self.times, 0),
            (self.filler, 1),
            (self.joining, 0),
        ):
            card.add(thing, stretch)
        card.add(across(self.chart, self.let_go, None, self.join, self.undo, self.settle))
        return card

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say(state.tone or "info", state.sentence)
        waiting = state.found.waiting if state.found else 0
        self.count.setText(waiting_words(waiting) if waiting else "")
        self._room.ways.to_choose.emit(waiting)
        self.tabs.choose(state.tab)
        lines = rows(state)
        self.list.show_lines(lines)
        if state.chosen:
            self.list.choose(state.chosen)
        self.list.setVisible(bool(lines))
        self.empty.setVisible(state.found is not None and not lines)
        self._render_open(state)

    def _render_open(self, state: State) -> None:
        one, clash = state.opened, state.clash if state.tab == "open" else None
        done = state.tab == "done" and bool(state.chosen)
        self._render_words(state)
        self._render_sides(state)
        self._render_times(clash.free if clash else ())
        self.times.setEnabled(not state.busy)
        self.join.setVisible(bool(state.joins) and state.joined is None)
        self.joining.setVisible(state.joined is not None)
        if state.joined is not None:
            self.text.show_text(state.joined)
        self.settle.setVisible(one is not None)
        self.settle.setText(_("Both notes stand") if one is not None and one.notes else _("Let this stand"))
        self.settle.setEnabled(state.ready)
        self.chart.setVisible(bool(self._patient(state)))
        self.let_go.setVisible(clash is not None)
        self.let_go.setEnabled(not state.busy)
        self.undo.setVisible(done)
        self.undo.setEnabled(not state.busy)

    def _render_words(self, state: State) -> None:
        one, clash = state.opened, state.clash
        if one is not None:
            name = one.person.name.full if one.person else ""
            self.heading.setText(" · ".join(part for part in (name, kind_word(one)) if part))
            self.about.setText(self._what_to_do(state))
        elif clash is not None:
            self.heading.setText(clash.person.name.full if clash.person else _("Lost its time"))
            self.about.setText(clash_words(clash))
        elif state.tab == "done" and state.chosen:
            self.heading.setText(_("Chosen here"))
            self.about.setText(_("Taking it back puts the versions side by side again, on every computer."))
        else:
            self.heading.setText("")
            self.about.setText(_("Choose a line on the left.") if state.found and rows(state) else "")

    def _what_to_do(self, state: State) -> str:
        one = state.opened
        assert one is not None
        if one.notes:
            return _(
                "Two people signed a note of the same visit. Neither is changed: read both, and add to one if they disagree."
            )
        if one.whole:
            return _("This is signed: it can be taken as it is, not joined.")
        if len(one.suggested) == len(one.names):
            return _("Each line was changed by one person only: both changes are taken already.")
        return _("What differs is marked. Nothing is lost: the other version stays in the history.")

    def _render_sides(self, state: State) -> None:
        one = state.opened
        shown = (one.key, one.seen) if one is not None else ()
        if shown != self._shown:
            self._shown = shown
            if self._compare is not None:
                self._compare.hide()
                self._compare.deleteLater()
            self._compare = None
            if one is not None:
                self._compare = Compare(one, self._room.clinic.choosing.name_of, self._picked)
                layout = self.sides.layout()
                assert layout is not None
                layout.addWidget(self._compare)
        self.area.setVisible(one is not None)
        self.filler.setVisible(one is None)
        if self._compare is not None:
            self._compare.render_state(state)

    def _render_times(self, free: tuple[datetime, ...]) -> None:
        if self._free != free:
            self._free = free
            self._offer(free)
        self.times.setVisible(bool(free))

    def _offer(self, free: tuple[datetime, ...]) -> None:
        while (item := self._times.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        for number, at in enumerate(free):
            button = SecondaryButton(fmt_moment(at), name=f"inbox.time.{number + 1}", icon="clock")
            button.clicked.connect(lambda _on=False, when=at: self.loop.send(MovePressed(when)))
            self._times.addWidget(button, number // 3, number % 3)
            button.show()

    # doing

    def _row_chosen(self, key: str) -> None:
        self.loop.send(RowChosen(key))

    def _join(self) -> None:
        self.loop.send(JoinPressed())
        if self.loop.state.joined is not None:
            self.text.setFocus()

    @staticmethod
    def _patient(state: State) -> str:
        if state.opened is not None:
            return state.opened.patient
        return state.clash.appointment.patient if state.clash is not None else ""

    def _open_chart(self) -> None:
        self._room.ways.chart.emit(self._patient(self.loop.state), "summary")

    def _perform(self, effect: Effect) -> None:
        choosing = self._room.clinic.choosing
        failed = self._failed
        match effect:
            case Load():
                self._help.read(
                    choosing.read, then=lambda found: self.loop.send(Loaded(found)), failed=self._unread
                )
            case Open(kind, fact):
                self._help.read(
                    choosing.open, kind, fact, then=lambda one: self.loop.send(Opened(one)), failed=failed
                )
            case Settle():
                self._help.write(
                    choosing.settle, effect, then=lambda _none: self._settled(effect), failed=failed
                )
            case Undo(kind, fact, patient):
                self._help.write(
                    choosing.undo,
                    kind,
                    fact,
                    patient,
                    then=lambda _none: self.loop.send(Done()),
                    failed=failed,
                )
            case Move(clash, at):
                self._help.write(
                    choosing.move, clash, at, then=lambda _none: self._moved(effect), failed=failed
                )

    def _picked(self, name: str, side: int) -> None:
        self.loop.send(Picked(name, side))

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))

    def _unread(self, sentence: str) -> None:
        self.notice.say("danger", sentence)

    def _settled(self, effect: Settle) -> None:
        one = effect.dispute

        def undo() -> None:
            self.loop.send(UndoPressed(one.key))

        said = _("Both notes stand.") if one.notes else _("Chosen. The other version stays in the history.")
        self._room.ways.undoable.emit("ok", said, undo)
        self.loop.send(Done())

    def _moved(self, effect: Move) -> None:
        def undo() -> None:
            self._help.write(
                self._room.clinic.choosing.put_back,
                effect.clash,
                then=lambda _none: self.refresh(),
                failed=self._failed,
            )

        said = _("The appointment was moved.") if effect.at else _("The appointment was cancelled.")
        self._room.ways.undoable.emit("ok", said, undo)
        self.loop.send(Done())
