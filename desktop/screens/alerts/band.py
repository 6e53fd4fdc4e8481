# SPDX-License-Identifier: GPL-3.0-or-later
"""The band of open alerts on a chart: what, since when, whose, and a note of what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from clinic.domain.ids import FactId, PatientId, UserId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, NoteField
from desktop.kit.surfaces import Notice, Sign
from desktop.kit.text import Text, named
from desktop.kit.words import _, plural
from desktop.screens.alerts import words
from desktop.screens.alerts.logic import (
    FEW,
    Acknowledge,
    AlertsLoaded,
    Answered,
    AnswerLeft,
    AnswerOpened,
    AnswerSent,
    Effect,
    Event,
    FactsChanged,
    Failed,
    Load,
    MinutePassed,
    NoteTyped,
    OfferHandBack,
    OfferReopen,
    PatientShown,
    State,
    Taken,
    TakeOver,
    TakePressed,
    Unfolded,
    Warn,
    update,
)
from desktop.screens.layouts import across, down, holding
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.alerts import Alert

KINDS = frozenset({"DetectedIssue", "Observation", "Link"})
Send = Callable[[Event], None]


class AlertBand(QFrame):
    """Hidden while the chart has no open alert."""

    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__()
        named(self, "chart.alerts", _("Open alerts"))
        self.setProperty("kind", "card")
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        self._minute = QTimer(self, interval=20_000)
        self._minute.timeout.connect(lambda: self.loop.send(MinutePassed(room.clock.now())))
        self._minute.start()
        self.loop.show()

    def open(self, patient: PatientId) -> None:
        """Show the alerts of this chart."""
        self.loop.send(PatientShown(patient, self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something on this chart changed."""
        if kinds & KINDS:
            self.loop.send(FactsChanged())

    # widgets

    def _build(self) -> None:
        self.rows: list[AlertRow] = []
        self.lines = down(gap=6)
        self.more = QuietButton(" ", name="chart.alerts.more")
        self.more.clicked.connect(lambda: self.loop.send(Unfolded()))
        self.notice = Notice(name="chart.alerts.notice", tone="warn")
        self.answer = AnswerPanel(lambda event: self.loop.send(event))
        foot = across(self.more, None)
        self.setLayout(down(self.lines, foot, self.answer, self.notice, gap=3, margins=(14, 8, 10, 7)))

    # rendering

    def render_state(self, state: State) -> None:
        self.setVisible(bool(state.alerts) or bool(state.sentence))
        if state.answered is None:  # it goes before rows come: the window must not grow for a moment
            self.answer.render_state(state)
        self._keep_rows(len(state.shown))
        me = self._room.clinic.me.user
        for row, alert in zip(self.rows, state.shown, strict=False):
            row.show_alert(alert, me, state)
        self._render_more(state)
        self.answer.render_state(state)
        self.notice.say("warn", state.sentence)

    def _keep_rows(self, count: int) -> None:
        """As many rows as there are alerts; those that stay keep the keyboard."""
        while len(self.rows) < count:
            row = AlertRow(len(self.rows), lambda event: self.loop.send(event))
            self.rows.append(row)
            self.lines.addWidget(row)
        for number, row in enumerate(self.rows):
            row.setVisible(number < count)

    def _render_more(self, state: State) -> None:
        rest = len(state.alerts) - FEW
        self.more.setVisible(rest > 0 and not state.answering)
        more = plural("%(n)d more open alert", "%(n)d more open alerts", max(rest, 0))
        self.more.setText(_("Show fewer") if state.unfolded else more)
        self.more.setAccessibleName(self.more.text())

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case Load(patient):
                self._load(patient)
            case Acknowledge(alert, note, patient):
                self._help.write(
                    clinic.acknowledge,
                    alert,
                    note,
                    patient,
                    then=lambda _written: self.loop.send(Answered(alert, patient)),
                    failed=lambda sentence: self.loop.send(Failed(patient, sentence)),
                )
            case TakeOver(alert, before, patient):
                self._help.write(
                    clinic.take_over,
                    alert,
                    patient,
                    then=lambda _written: self.loop.send(Taken(alert, before, patient)),
                    failed=lambda sentence: self.loop.send(Failed(patient, sentence)),
                )
            case OfferReopen(alert, patient):
                self._offer(_("The alert is acknowledged."), lambda: self._reopen(alert, patient))
            case OfferHandBack(alert, before, patient):
                self._offer(_("The alert is yours now."), lambda: self._hand_back(alert, before, patient))
            case Warn(sentence):
                self._warn(sentence)

    def _load(self, patient: PatientId) -> None:
        now = self._room.clock.now()
        self._help.read(
            self._room.clinic.open_alerts,
            patient,
            then=lambda found: self.loop.send(AlertsLoaded(patient, found, now)),
            failed=lambda sentence: self.loop.send(Failed(patient, sentence)),
        )

    def _offer(self, sentence: str, undo: Callable[[], object]) -> None:
        self._room.ways.undoable.emit("ok", sentence, undo)

    def _reopen(self, alert: FactId, patient: PatientId) -> None:
        self._help.write(self._room.clinic.reopen_alert, alert, patient, then=self._undone, failed=self._warn)

    def _hand_back(self, alert: FactId, before: UserId, patient: PatientId) -> None:
        verb = self._room.clinic.hand_back
        self._help.write(verb, alert, before, patient, then=self._undone, failed=self._warn)

    def _undone(self, _written: object) -> None:
        self.loop.send(FactsChanged())

    def _warn(self, sentence: str) -> None:
        self._room.ways.said.emit("warn", sentence)


class AlertRow(QWidget):
    """One alert; its words are renewed in place."""

    def __init__(self, number: int, send: Send) -> None:
        super().__init__()
        name = f"chart.alert.{number}"
        named(self, name)
        self._alert = FactId("")
        self.sign = Sign("alert-triangle", "danger", 22)
        self.severity = Text("", "strong", name=f"{name}.severity")
        self.title = Text("", "strong", name=f"{name}.title", wrap=True)
        self.detail = Text("", "muted", name=f"{name}.detail", wrap=True)
        self.owner = Text("", "body", name=f"{name}.owner", wrap=True)
        self.take = SecondaryButton(_("I take it"), name=f"{name}.take", icon="hand")
        self.take.setSizePolicy(_keeping_its_place(self.take))
        self.take.clicked.connect(lambda: send(TakePressed(self._alert)))
        self.answer = SecondaryButton(_("Acknowledge …"), name=f"{name}.answer", icon="check")
        self.answer.clicked.connect(lambda: send(AnswerOpened(self._alert)))
        head = across(self.severity, (self.title, 1), gap=10)
        said = holding(down(head, across((self.detail, 1)), gap=1))
        self.owner.setFixedWidth(190)
        self.setLayout(across(self.sign, (said, 1), self.owner, self.take, self.answer, gap=12))

    def show_alert(self, alert: Alert, me: UserId, state: State) -> None:
        self._alert = alert.standing.alert.id
        flag, owner = words.severity(alert), words.owner_flag(alert, me, state.now)
        self.sign.show_icon(flag.icon, flag.tone)
        self.severity.say(flag.text, flag.tone)
        self.title.setText(words.title(alert))
        self.detail.setText(words.detail(alert, state.now))
        self.owner.say(owner.text, owner.tone if owner.tone != "neutral" else "")
        self.setAccessibleName(words.spoken(alert, me, state.now))
        mine, busy = alert.standing.alert.owner == me, bool(state.busy)
        self.take.setVisible(not mine)
        self.take.setEnabled(not busy)
        self.answer.setEnabled(not busy and state.answered is not alert)
        self.take.setAccessibleName(f"{_('I take it')}: {words.title(alert)}")
        self.answer.setAccessibleName(f"{_('Acknowledge …')}: {words.title(alert)}")


def _keeping_its_place(widget: QWidget) -> QSizePolicy:
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    return policy


class AnswerPanel(QWidget):
    """What was done about one alert."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        named(self, "chart.alerts.answer")
        self._send, self._for = send, FactId("")
        self.note = NoteField(
            _("For example: oxygen 2 L/min, reading repeated, sent to hospital"),
            name="chart.alerts.note",
            spoken=_("What was done, or why nothing is needed"),
            lines=2,
        )
        self.note.setFixedHeight(self.note.minimumHeight())
        self.note.textChanged.connect(self._typed)
        self.leave = QuietButton(_("Not now"), name="chart.alerts.leave")
        self.leave.clicked.connect(lambda: send(AnswerLeft()))
        self.done = PrimaryButton(_("Acknowledge"), name="chart.alerts.done", icon="check")
        self.done.clicked.connect(lambda: send(AnswerSent(self.note.toPlainText())))
        field = Field(_("What was done, or why nothing is needed"), self.note)
        buttons = down(None, across(self.leave, self.done))
        self.setLayout(across((field, 1), buttons, gap=12, margins=(34, 0, 0, 0)))

    def _typed(self) -> None:
        if self._for:
            self._send(NoteTyped(self.note.toPlainText()))

    def render_state(self, state: State) -> None:
        alert = state.answered
        self.setVisible(alert is not None)
        if alert is None:
            self._for = FactId("")
            return
        self.done.setAccessibleName(f"{_('Acknowledge')}: {words.title(alert)}")
        for part in (self.note, self.leave, self.done):
            part.setEnabled(not state.busy)
        if self._for != state.answering:
            self._for = FactId("")  # the words of another alert are not typed by anybody
            self.note.setPlainText(state.drafts.get(state.answering, ""))
            self._for = state.answering
            self.note.setFocus()
