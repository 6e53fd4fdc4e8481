# SPDX-License-Identifier: GPL-3.0-or-later
"""A band with the request that waits longest, and what answers it; hidden while nobody asks for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.asking import CANCEL
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import DangerButton, IconButton, QuietButton, SecondaryButton
from desktop.kit.fields import LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.asked import logic as a
from desktop.screens.asked import words
from desktop.screens.asked.logic import Effect, Event, State, update
from desktop.screens.layouts import across, down, holding
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.asked import Answer, AskedFor

KINDS = frozenset({"Appointment", "AppointmentRequest", "Patient", "Link", "VerificationResult"})
TIMES = 3


class AskedBand(Card):
    """`name`: of the page it stands on. Reads when it is told of something new, and when it is shown."""

    def __init__(self, room: Room, name: str) -> None:
        super().__init__(name=f"{name}.asked")
        self._room, self._help, self._name = room, room.helper(self), f"{name}.asked"
        self._may = room.clinic.allowed(Action.BOOK)
        self._build()
        self.hide()
        self.loop: Loop[State, Event, Effect] = Loop(State(), update, self._perform, self.render_state)
        self.look()

    def look(self) -> None:
        """Read what waits."""
        if self._may:
            self.loop.send(a.FactsChanged())

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS:
            self.look()

    def _build(self) -> None:
        name = self._name
        self.who = Text("", "strong", name=f"{name}.who", wrap=True)
        self.wish = Text("", "body", name=f"{name}.wish", wrap=True)
        self.about = Text("", "muted", wrap=True)
        self.warning = Notice(name=f"{name}.warning", tone="warn")
        self.count = Text("", "muted", name=f"{name}.count")
        self.before = IconButton("arrow-left", _("The request before"), name=f"{name}.before", bare=True)
        self.after = IconButton("arrow-right", _("The next request"), name=f"{name}.after", bare=True)
        self.before.clicked.connect(lambda: self.loop.send(a.Stepped(-1)))
        self.after.clicked.connect(lambda: self.loop.send(a.Stepped(1)))
        self.grants = [
            SecondaryButton("", name=f"{name}.grant.0", icon="check"),
            *(SecondaryButton("", name=f"{name}.grant.{n}") for n in range(1, TIMES)),
        ]
        for number, button in enumerate(self.grants):
            button.clicked.connect(lambda _on=False, at=number: self._grant(at))
        self.no = QuietButton(_("Say no …"), name=f"{name}.no", icon="x")
        self.no.clicked.connect(lambda: self.loop.send(a.NoPressed()))
        self.why = LineField(
            _("That day nobody is seen …"), name=f"{name}.why", spoken=_("Why not: she reads it")
        )
        self.send = DangerButton(_("Say no"), name=f"{name}.send", icon="x")
        self.send.clicked.connect(lambda: self.loop.send(a.NoSent(self.why.text())))
        self.why.returnPressed.connect(self.send.click)
        leave = QuietButton(_("Not now"), name=f"{name}.leave")
        leave.clicked.connect(lambda: self.loop.send(a.NoLeft()))
        yes = holding(across(*self.grants, self.no, None, gap=6))
        no = holding(across((self.why, 1), self.send, leave, gap=6))
        self.acts = QStackedWidget()
        for face in (yes, no):
            self.acts.addWidget(face)
        head = across((self.who, 1), self.count, self.before, self.after, gap=6)
        self.body.setContentsMargins(14, 8, 14, 8)
        self.add(_column(head, self.wish, self.about, self.warning, self.acts))

    def render_state(self, state: State) -> None:
        row = state.row
        self.setVisible(row is not None)
        if row is None:
            return
        asked = _("Asked for at a kiosk")
        self.who.setText(f"{asked}: {row.person.name.full}")
        self.setAccessibleName(f"{asked}: {row.person.name.full}. {words.wish(row)}")
        self.wish.setText(words.wish(row))
        self.about.setText(words.about(row, self._room.clock.now()))
        self.warning.say("warn", state.sentence or words.warning(row))
        several = len(state.rows) > 1
        self.count.setText(
            _("%(n)d of %(all)d") % {"n": state.place, "all": len(state.rows)} if several else ""
        )
        self.before.setVisible(several)
        self.after.setVisible(several)
        off = row.request.wish == CANCEL
        for number, button in enumerate(self.grants):
            given = row.free[number] if number < len(row.free) else None
            button.setVisible(given is not None or (off and number == 0))
            said = _("Call it off") if off else words.grant(row, given) if given is not None else ""
            button.setText(said)
            button.setAccessibleName(f"{said}: {row.person.name.full}")
            button.setEnabled(not state.busy and (not off or row.before is not None))
        self.no.setEnabled(not state.busy)
        came = self.acts.currentIndex() != int(state.refusing)
        self.acts.setCurrentIndex(int(state.refusing))
        if came and state.refusing:
            self.why.clear()
            self.why.setFocus()

    def _grant(self, at: int) -> None:
        row = self.loop.state.row
        if row is None:
            return
        self.loop.send(a.Granted(None if row.request.wish == CANCEL else row.free[at]))

    def _perform(self, effect: Effect) -> None:
        scheduling = self._room.clinic.scheduling
        match effect:
            case a.Load():
                self._help.read(
                    scheduling.asked, then=lambda rows: self.loop.send(a.Loaded(rows)), failed=self._failed
                )
            case a.Accept(row, given):
                why = _("Called off at the kiosk %(kiosk)s") % {"kiosk": row.request.device_name}
                self._help.write(
                    scheduling.accept, row, given, why,
                    then=lambda answer: self._answered(row, answer), failed=self._failed,
                )  # fmt: skip
            case a.Decline(row, why):
                self._help.write(
                    scheduling.decline, row, why,
                    then=lambda answer: self._answered(row, answer), failed=self._failed,
                )  # fmt: skip

    def _answered(self, row: AskedFor, answer: Answer) -> None:
        """She reads it at once if she is still there; it can be taken back."""
        self._tell(answer)

        def undo() -> None:
            self._help.write(
                self._room.clinic.scheduling.reopen, row, answer,
                then=self._tell, failed=lambda why: self._room.ways.said.emit("warn", why),
            )  # fmt: skip

        self._room.ways.undoable.emit("ok", words.done(row, answer), undo)
        self.loop.send(a.Done())

    def _tell(self, answer: Answer) -> None:
        if answer.kiosk:
            self._room.ways.answered.emit(answer.kiosk, answer.letter)

    def _failed(self, sentence: str) -> None:
        self.loop.send(a.Failed(sentence))


def _column(*things: object) -> QWidget:
    return holding(down(*things, gap=4))  # type: ignore[arg-type]  # widgets and layouts
