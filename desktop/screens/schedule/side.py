# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside the grid: the appointment that is marked, the form that books or moves one, why one is cancelled, and the question
before a time is taken twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.ids import PatientId, UserId
from desktop.kit.buttons import DangerButton, IconButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, DayField, Field, LineField
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_day
from desktop.screens.faces import person_row
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import OpeningList
from desktop.screens.phrases import person_detail, sentence_case
from desktop.screens.schedule import happenings as h
from desktop.screens.schedule.layout import STEP
from desktop.screens.schedule.logic import Form, State, forbidden, in_conflict, whose
from desktop.screens.schedule.spans import day_of
from desktop.screens.schedule.words import (
    conflict_words,
    may_come,
    may_miss,
    outside_words,
    state_of,
    times,
    whom,
)

LENGTHS = (10, 20, 30, 40, 60, 90)
Send = Callable[[h.Event], None]


class Side(Card):
    """`width` in letters: it grows with them."""

    def __init__(self, send: Send) -> None:
        super().__init__(name="schedule.side")
        self._send = send
        self._shown: Form | None = None
        self.faces = QStackedWidget()
        self.details, self.form = self._details(), self._form()
        self.cancelling, self.asking = self._cancelling(), self._asking()
        for face in (self.details, self.form, self.cancelling, self.asking):
            self.faces.addWidget(face)
        self.notice = Notice(name="schedule.side.notice")
        self.leave = IconButton("x", _("Close"), name="schedule.side.close", bare=True)
        self.leave.clicked.connect(lambda: send(h.Left()))
        self.head = Text("", "heading", name="schedule.side.title", wrap=True)
        self.add(across((self.head, 1), self.leave))
        self.add(self.notice)
        self.add(scrolling(self.faces, name="schedule.side.area"), 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self._send(h.Left())
            return
        super().keyPressEvent(event)

    # faces

    def _details(self) -> QWidget:
        self.name = Text("", "title", name="schedule.details.name", wrap=True)
        self.about = Text("", "muted", wrap=True)
        self.when = Text("", "strong", name="schedule.details.when", wrap=True)
        self.who = Text("", "body", wrap=True)
        self.reason = Text("", "body", name="schedule.details.reason", wrap=True)
        self.sign, self.state = Sign("calendar"), Text("", "body", name="schedule.details.state", wrap=True)
        self.conflict = Notice(name="schedule.details.conflict", tone="warn")
        self.chart = PrimaryButton(_("Open the chart"), name="schedule.chart", icon="clipboard")
        self.move = SecondaryButton(_("Move …"), name="schedule.move", icon="calendar")
        self.cancel = QuietButton(_("Cancel the appointment …"), name="schedule.cancel", icon="x")
        self.came = SecondaryButton(_("Has arrived"), name="schedule.came", icon="check")
        self.missed = SecondaryButton(_("Did not come"), name="schedule.missed", icon="x")
        for button, event in (
            (self.came, h.CamePressed(came=True)),
            (self.missed, h.CamePressed(came=False)),
            (self.chart, h.ChartPressed()),
            (self.move, h.MovePressed()),
            (self.cancel, h.CancelPressed()),
        ):
            button.clicked.connect(lambda _on=False, told=event: self._send(told))
        return holding(
            down(
                self.name, self.about, self.when, self.who, self.reason, across(self.sign, (self.state, 1)), self.conflict,
                None, across((self.came, 1), (self.missed, 1)), self.chart, self.move, self.cancel,
            )
        )  # fmt: skip

    def _form(self) -> QWidget:
        self.search = SearchField(_("Name, DNI or birth date"), name="schedule.form.search")
        self.search.asked.connect(lambda text: self._send(h.NameTyped(text)))
        self.people = OpeningList(name="schedule.form.people", spoken=_("People found"))
        self.people.setMinimumHeight(110)
        self.people.opened.connect(self._choose)
        self.people.clicked.connect(lambda _index: self._choose(self.people.key()))
        self.search.returnPressed.connect(self._first)
        self.person = Text("", "strong", name="schedule.form.person", wrap=True)
        self.other = QuietButton(_("Somebody else"), name="schedule.form.other", icon="search")
        self.other.clicked.connect(lambda: self._send(h.PatientChosen(PatientId(""))))
        self.day = DayField(name="schedule.form.day", spoken=_("Day"))
        self.time = Choice([], name="schedule.form.time", spoken=_("Time"))
        self.minutes = Choice([], name="schedule.form.minutes", spoken=_("How long"))
        self.with_whom = Choice([], name="schedule.form.whom", spoken=_("With whom"))
        self.why = LineField(_("Check-up"), name="schedule.form.reason", spoken=_("Reason"))
        self.send = PrimaryButton(_("Book"), name="schedule.form.send", icon="check")
        self.send.clicked.connect(lambda: self._send(h.FormSent()))
        self.why.returnPressed.connect(self.send.click)
        self.why.textEdited.connect(lambda _text: self._typed())
        self.day.dateChanged.connect(lambda _day: self._typed())
        for choice in (self.time, self.minutes, self.with_whom):
            choice.chosen.connect(lambda _key: self._typed())
        self.why_field = Field(_("Reason"), self.why)
        return holding(
            down(
                self.search, (self.people, 1), self.person, across(self.other, None),
                across((Field(_("Day"), self.day), 1), (Field(_("Time"), self.time), 1)),
                across((Field(_("How long"), self.minutes), 1), (Field(_("With whom"), self.with_whom), 1)),
                self.why_field, self.send, None,
            )
        )  # fmt: skip

    def _cancelling(self) -> QWidget:
        self.whose = Text("", "body", name="schedule.cancel.whose", wrap=True)
        self.because = LineField(
            _("She called, she travels …"), name="schedule.cancel.reason", spoken=_("Why it is cancelled")
        )
        self.let_go = DangerButton(_("Cancel the appointment"), name="schedule.cancel.send", icon="x")
        self.let_go.clicked.connect(lambda: self._send(h.CancelSent(self.because.text())))
        self.because.returnPressed.connect(self.let_go.click)
        keep = QuietButton(_("Keep it"), name="schedule.cancel.keep")
        keep.clicked.connect(lambda: self._send(h.Left()))
        return holding(
            down(self.whose, Field(_("Why it is cancelled"), self.because), self.let_go, keep, None)
        )

    def _asking(self) -> QWidget:
        self.question = Text("", "body", name="schedule.ask.question", wrap=True)
        self.others = Text("", "strong", name="schedule.ask.others", wrap=True, tone="warn")
        self.hint = Text("", "body", name="schedule.ask.hint", wrap=True)
        self.anyway = DangerButton(_("Book it beside"), name="schedule.ask.anyway", icon="alert-triangle")
        self.anyway.clicked.connect(lambda: self._send(h.AnywayPressed()))
        self.back = SecondaryButton(_("Leave it as it is"), name="schedule.ask.back")
        self.back.clicked.connect(lambda: self._send(h.Left()))
        return holding(down(self.question, self.others, self.hint, self.back, self.anyway, None))

    # what is typed

    def _choose(self, patient: str) -> None:
        if patient:
            self._send(h.PatientChosen(PatientId(patient)))
            self.why.setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self) -> None:
        """Enter in the finder goes to who was found; who it is, is chosen there."""
        if self.people.model().rowCount():
            self.people.setFocus(Qt.FocusReason.OtherFocusReason)
            if not self.people.currentIndex().isValid():
                self.people.setCurrentIndex(self.people.model().index(0, 0))

    def _typed(self) -> None:
        if self._shown is None:
            return
        hour, minute = (self.time.key() or "9:0").split(":")
        self._send(
            h.FormTyped(
                replace(
                    self._shown,
                    day=self.day.day(),
                    minute=int(hour) * 60 + int(minute),
                    minutes=int(self.minutes.key() or 20),
                    practitioner=UserId(self.with_whom.key()),
                    reason=self.why.text(),
                )
            )
        )

    # rendering

    def render_state(self, state: State) -> None:
        """What stands at the right; nothing hides it."""
        faces = {"details": self.details, "form": self.form, "cancel": self.cancelling, "ask": self.asking}
        face = faces.get(state.side)
        came = self.isHidden() or self.faces.currentWidget() is not face
        self.setVisible(face is not None)
        if face is None:
            self._shown = None
            return
        self.faces.setCurrentWidget(face)
        self.notice.say("warn", state.sentence)
        self.head.setText(self._headline(state))
        {"details": self._show_details, "form": self._show_form, "cancel": self._show_cancel, "ask": self._show_ask}[
            state.side
        ](state)  # fmt: skip
        if came:
            self._take_hands(state)

    def _headline(self, state: State) -> str:
        match state.side:
            case "form" if state.form is not None and state.form.moved is None:
                return _("New appointment")
            case "form":
                return _("Move the appointment")
            case "cancel":
                return _("Cancel the appointment")
            case "ask":
                return _("This time is taken") if state.collisions else _("Outside of the hours")
        return _("Appointment")

    def _take_hands(self, state: State) -> None:
        """The keyboard goes where it is used next; to a mark in the grid it stays there."""
        first: dict[str, QWidget] = {"cancel": self.because, "ask": self.back}
        if state.side == "form":
            first["form"] = self.search if state.form and state.form.person is None else self.day
        if state.side == "cancel":
            self.because.clear()
        if state.side in first:
            first[state.side].setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_details(self, state: State) -> None:
        picked = state.picked
        if picked is None:
            return
        slot, person = picked.appointment, picked.person
        said, icon, tone = state_of(slot)
        self.name.setText(person.name.full)
        self.about.setText(person_detail(person, state.now.date()))
        self.when.setText(f"{sentence_case(fmt_day(slot.start.astimezone()))}, {times(slot)}")
        self.who.setText(whom(slot))
        self.reason.setText(slot.reason)
        self.reason.setVisible(bool(slot.reason))
        self.sign.show_icon(icon, tone)
        self.state.setText(said)
        found = in_conflict(state, slot.id)
        beside = state.agenda.collisions.get(slot.id, ()) if state.agenda and not found else ()
        self.conflict.say("warn" if found else "info", conflict_words(found or beside))
        for button, may in ((self.came, may_come), (self.missed, may_miss)):
            button.setVisible(may(slot, state.now))
            button.setEnabled(not state.busy)
        for button in (self.move, self.cancel):
            button.setEnabled(slot.status == "booked" and not state.busy)

    def _show_form(self, state: State) -> None:
        form = state.form
        if form is None:
            return
        chosen = form.person is not None
        if self._shown is None or self._shown.moved != form.moved:
            self.search.setText(state.text)
        for widget, on in ((self.search, not chosen), (self.people, not chosen), (self.person, chosen)):
            widget.setVisible(on)
        self.other.setVisible(chosen and form.moved is None)
        self.people.show_rows([person_row(one, state.now) for one in state.people])
        if form.person is not None:
            detail = person_detail(form.person, state.now.date())
            self.person.setText(f"{form.person.name.full}\n{detail}")
        self._shown = None  # what is filled in was not typed
        self._fill(state, form)
        self._shown = form
        self.why_field.setVisible(form.moved is None)
        self.send.setText(_("Book") if form.moved is None else _("Move"))
        self.send.setEnabled(not state.busy)

    def _fill(self, state: State, form: Form) -> None:
        if self.day.day() != form.day:
            self.day.show_day(form.day)
        self.day.allow(first=min(form.day, day_of(state.now)))
        minutes = sorted({*range(6 * 60, 22 * 60, STEP), form.minute})
        self.time.show_options([(f"{m // 60:02d}:{m % 60:02d}",) * 2 for m in minutes])
        self.time.choose(f"{form.minute // 60:02d}:{form.minute % 60:02d}")
        spans = sorted({*LENGTHS, form.minutes})
        self.minutes.show_options([(str(n), _("%(n)d min") % {"n": n}) for n in spans])
        self.minutes.choose(str(form.minutes))
        self.with_whom.show_options(
            [(user, name or _("nobody named yet")) for user, name in state.practitioners]
        )
        self.with_whom.choose(form.practitioner)
        if self.why.text() != form.reason:
            self.why.setText(form.reason)

    def _show_cancel(self, state: State) -> None:
        if state.picked is not None:
            slot = state.picked.appointment
            told = {"name": state.picked.person.name.full, "time": times(slot), "with": whom(slot)}
            self.whose.setText(_("%(name)s, %(time)s with %(with)s.") % told)
        self.let_go.setEnabled(not state.busy)

    def _show_ask(self, state: State) -> None:
        wish = state.wish
        if wish is None:
            return
        day = fmt_day(wish.wanted.start.astimezone())
        self.question.setText(f"{wish.name}: {day}, {times(wish.wanted)}")
        name = dict(state.practitioners).get(whose(wish.wanted), wish.wanted.practitioner_name)
        unusual = outside_words(name, state.outside) if state.outside is not None else ""
        self.others.setText(" ".join(filter(None, (conflict_words(state.collisions), unusual))))
        never = forbidden(state)
        self.hint.setText(_hint(state))
        self.anyway.setVisible(not never)
        self.anyway.setText(_anyway(state, new=wish.before is None))
        self.anyway.setEnabled(not state.busy)


def _hint(state: State) -> str:
    if forbidden(state):
        return _("Nobody is in two places at once: choose another time, or move that one first.")
    if state.collisions:
        return _("One of the two will wait. Whoever looks at the schedule sees that it was meant so.")
    return _("Choose another time, or go on if it was agreed.")


def _anyway(state: State, new: bool) -> str:
    if state.collisions:
        return _("Book it beside") if new else _("Move it beside")
    return _("Book it anyway") if new else _("Move it anyway")
