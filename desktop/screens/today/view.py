# SPDX-License-Identifier: GPL-3.0-or-later
"""The waiting room: the queue on the left, the chosen person and today's appointments on the right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from clinic.domain.ids import DeviceId, PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.people import Avatar
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_day, fmt_time, plural
from desktop.screens.alerts.rows import alert_line
from desktop.screens.asked.view import AskedBand
from desktop.screens.backups.band import BackupBand
from desktop.screens.backups.logic import State as Backups
from desktop.screens.emergency.band import GlassBand, ReviewBand
from desktop.screens.faces import claim_words, known_by, mark, person_row, waiting_row
from desktop.screens.kiosks import Bad, KiosksBand
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.lease import LeaseBand
from desktop.screens.lines import Line, LineList, OpeningList
from desktop.screens.marks import Marks
from desktop.screens.notices.band import NoticeBand
from desktop.screens.notices.logic import State as Told
from desktop.screens.phrases import (
    coded,
    measured,
    missing_inputs,
    person_detail,
    points,
    red_flags,
    sentence_case,
    urgency,
)
from desktop.screens.room import Room
from desktop.screens.schedule.words import attended_words, may_come, may_miss, state_of
from desktop.screens.tasks.rows import due_line
from desktop.screens.today.logic import (
    Alarm,
    AlertOpened,
    AlertsLoaded,
    Announce,
    Attend,
    Attended,
    BookedLoaded,
    BookedOpened,
    CallPressed,
    CamePressed,
    ConfirmIdentity,
    CountWaiting,
    Effect,
    Event,
    FactsChanged,
    Failed,
    IdentityAsked,
    IdentityLeft,
    LoadAlerts,
    LoadQueue,
    LoadTasks,
    MatchConfirmed,
    MinutePassed,
    OpenChart,
    OpenVisit,
    QueueLoaded,
    RowChosen,
    RowOpened,
    SlotChosen,
    State,
    TaskOpened,
    TasksLoaded,
    update,
)
from desktop.screens.visit.happenings import VisitOpened

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment
    from clinic.protocol.letters import Vouched
    from clinic.services.overviews import Booked
    from clinic.services.waiting import Waiting

KINDS = frozenset(
    {
        "Encounter",
        "Observation",
        "Patient",
        "Link",
        "Appointment",
        "DetectedIssue",
        "VerificationResult",
        "Task",
    }
)
ALERTS_SHOWN, TASKS_SHOWN = 3, 2
"""So many are seen at once, and half of the next one: the rest is scrolled to."""


class TodayView(Page):
    """`present`: whether a kiosk is connected now."""

    def __init__(
        self,
        room: Room,
        present: Callable[[DeviceId], bool],
        state: State | None = None,
        backup: Backups | None = None,
        told: Told | None = None,
        kiosks: Bad | None = None,
    ) -> None:
        super().__init__("today", _("Today"))
        self._room, self._present, self._help = room, present, room.helper(self)
        self.backup, self.reviews = BackupBand(room, backup), ReviewBand(room)
        self.opened, self.glass = NoticeBand(room, told), GlassBand(room)
        self.lease, self.kiosks, self.asked = LeaseBand(room), KiosksBand(kiosks), AskedBand(room, "today")
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now(), me=room.clinic.me.user),
            update,
            self._perform,
            self.render_state,
        )
        self._minute = QTimer(self, interval=20_000)
        self._minute.timeout.connect(lambda: self.loop.send(MinutePassed(room.clock.now())))
        self._minute.start()
        self.loop.show()
        self.loop.send(FactsChanged())

    def refresh(self) -> None:
        """The minutes waited are of now."""
        self.reach_changed()
        self.backup.look()
        self.opened.look()
        self.reviews.look()
        self.glass.look()
        self.lease.look()
        self.asked.look()

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS:
            self.loop.send(FactsChanged())
        self.asked.told(kinds)
        if kinds & {"AuditEvent", "AccessReview"}:
            self.opened.look()
        if "AccessReview" in kinds:
            self.glass.look()
        if "Task" in kinds:
            self.reviews.look()

    def show_unread(self, n: int) -> None:
        """Messages wait to be opened: a button says how many and leads there."""
        self.unread.setText(plural("%(n)d unread message", "%(n)d unread messages", n))
        self.unread.setAccessibleName(self.unread.text())
        self.unread.setVisible(bool(n))

    def reach_changed(self) -> None:
        """A kiosk came or went."""
        self.loop.send(MinutePassed(self._room.clock.now()))

    # widgets

    def _build(self) -> None:
        self.title = Text(_("Waiting room"), "title")
        self.day = Text("", "muted")
        self.notice = Notice(name="today.notice")
        queue = holding(down(self._alerts_card(), (self._queue_card(), 1), gap=14))
        side = down((self._person_card(), 3), self._tasks_card(), (self._booked_card(), 2), gap=14)
        body = across((queue, 5), (side, 4), gap=14)
        self.unread = QuietButton("", name="today.unread", icon="message")
        self.unread.clicked.connect(self._room.ways.messages)
        self.unread.hide()
        head = across(self.title, 10, self.day, None, self.unread)
        self.setLayout(
            down(
                head,
                self.notice,
                self.lease,
                self.kiosks,
                self.asked,
                self.glass,
                self.opened,
                self.reviews,
                self.backup,
                (body, 1),
                gap=12,
                margins=(20, 16, 20, 18),
            )
        )

    def _alerts_card(self) -> Card:
        self.alerts = LineList(name="today.alerts", spoken=_("Open alerts"))
        self.alerts.chosen.connect(lambda key: self.loop.send(AlertOpened(key)))
        self.alerts_card = Card(_("Open alerts"), name="today.alerts.card")
        self.alerts_card.body.setContentsMargins(14, 8, 4, 4)
        self.alerts_card.body.setSpacing(4)
        self.alerts_card.add(self.alerts)
        return self.alerts_card

    def _tasks_card(self) -> Card:
        self.tasks = LineList(name="today.tasks", spoken=_("Tasks that are due"))
        self.tasks.chosen.connect(lambda key: self.loop.send(TaskOpened(key)))
        self.tasks_card = Card(_("Tasks that are due"), name="today.tasks.card")
        self.tasks_card.body.setContentsMargins(14, 8, 4, 4)
        self.tasks_card.body.setSpacing(4)
        self.tasks_card.add(self.tasks)
        return self.tasks_card

    def _queue_card(self) -> Card:
        self.queue = OpeningList(name="today.queue", spoken=_("Waiting room"))
        self.queue.setProperty("kind", "inside")
        self.queue.picked.connect(lambda key: self.loop.send(RowChosen(key)))
        self.queue.opened.connect(lambda key: self.loop.send(RowOpened(key)))
        hint = _("Whoever arrives at a kiosk appears here by itself, the most urgent first.")
        self.empty = EmptyState("users", _("Nobody is waiting"), hint, name="today.empty")
        card = Card(name="today.waiting")
        card.body.setContentsMargins(2, 2, 2, 2)
        card.add(self.queue, 1)
        card.add(self.empty, 1)
        return card

    def _person_card(self) -> Card:
        self.face = Avatar(52, name="today.face")
        self.name = Text("", "heading", name="today.name", wrap=True)
        self.line = Text("", "muted", wrap=True)
        self.reason = Text("", "body", name="today.reason", wrap=True)
        self.flagged = Text("", "strong", name="today.flagged", wrap=True)
        self.score = Text("", "strong", name="today.score", wrap=True)
        self.vitals = Marks()
        self.call = PrimaryButton(
            _("Call"), name="today.call", icon="video", spoken=_("Open the visit and ring the kiosk")
        )
        self.call.clicked.connect(lambda: self.loop.send(CallPressed()))
        self.open = SecondaryButton(_("Open the visit"), name="today.open", icon="stethoscope")
        self.open.clicked.connect(lambda: self.loop.send(RowOpened(self.loop.state.chosen)))
        self.confirm = SecondaryButton(_("Confirm identity"), name="today.confirm", icon="id")
        self.confirm.clicked.connect(lambda: self.loop.send(IdentityAsked()))
        who = across(self.face, (holding(down(self.name, self.line, gap=2)), 1), gap=12)
        self.about = holding(down(who, self.flagged, self.reason, self.score, self.vitals, None, gap=10))
        self.matching = self._matching()
        self.nobody = EmptyState("user", _("Choose somebody in the queue"), name="today.nobody")
        card = Card(name="today.person")
        card.add(self.about, 1)
        card.add(self.matching, 1)
        card.add(self.nobody, 1)
        self.buttons = holding(across((self.call, 3), (self.open, 2), gap=8))
        card.add(self.confirm)
        card.add(self.buttons)
        return card

    def _matching(self) -> QWidget:
        self.ask = Text("", "strong", name="today.match.question", wrap=True)
        self.matches = OpeningList(name="today.matches", spoken=_("People it may be"))
        self.matches.opened.connect(lambda _key: self._match())
        self.match_yes = PrimaryButton(_("It is this person"), name="today.match.yes", icon="check")
        self.match_yes.clicked.connect(self._match)
        leave = QuietButton(_("Not now"), name="today.match.leave")
        leave.clicked.connect(lambda: self.loop.send(IdentityLeft()))
        how = _("Look at the face, ask for the birth date, or look at the document. It can be undone.")
        return holding(
            down(
                self.ask,
                Text(how, "muted", wrap=True),
                (self.matches, 1),
                across(leave, None, self.match_yes),
            )
        )

    def _booked_card(self) -> Card:
        self.booked = LineList(name="today.appointments", spoken=_("Appointments today"))
        self.booked.opened.connect(lambda key: self.loop.send(BookedOpened(key)))
        self.booked.selectionModel().currentChanged.connect(
            lambda _now, _before: self.loop.send(SlotChosen(self.booked.key()))
        )
        self.came = SecondaryButton(_("Has arrived"), name="today.came", icon="check")
        self.missed = SecondaryButton(_("Did not come"), name="today.missed", icon="x")
        self.chart = SecondaryButton(_("Open the chart"), name="today.chart", icon="clipboard")
        self.came.clicked.connect(lambda: self.loop.send(CamePressed(came=True)))
        self.missed.clicked.connect(lambda: self.loop.send(CamePressed(came=False)))
        self.chart.clicked.connect(lambda: self.loop.send(BookedOpened(self.loop.state.slot)))
        self.attend = holding(across(self.came, self.missed, None, self.chart, gap=6))
        self.free = Text(_("No appointments are booked for today."), "muted", wrap=True)
        card = Card(_("Appointments today"), name="today.booked")
        card.add(self.booked, 1)
        card.add(self.attend)
        card.add(self.free)
        card.body.addStretch(0)
        return card

    # rendering

    def render_state(self, state: State) -> None:
        n = len(state.rows)
        waiting = plural("%(n)d person", "%(n)d people", n) if n else _("empty") if state.loaded else ""
        self.day.setText(" · ".join(part for part in (sentence_case(fmt_day(state.now)), waiting) if part))
        rows = [waiting_row(row, state.now, self._present(row.encounter.kiosk)) for row in state.rows]
        self.queue.show_rows(rows)
        self.queue.pick(state.chosen)
        self.queue.setVisible(bool(rows))
        self.empty.setVisible(state.loaded and not rows)
        self.notice.say("danger", state.sentence)
        self._render_alerts(state)
        self._render_tasks(state)
        self._render_person(state)
        self._render_booked(state)

    def _render_alerts(self, state: State) -> None:
        alerts = state.to_answer
        count = len(alerts)
        self.alerts_card.setVisible(bool(count))
        if not count:
            return
        self.alerts_card.set_title(plural("%(n)d open alert to answer", "%(n)d open alerts to answer", count))
        self.alerts.show_lines([alert_line(one, state.now) for one in alerts])
        _fit(self.alerts, count, ALERTS_SHOWN)

    def _render_tasks(self, state: State) -> None:
        due = state.to_do
        self.tasks_card.setVisible(bool(due))
        if not due:
            return
        self.tasks_card.set_title(plural("%(n)d task is due", "%(n)d tasks are due", len(due)))
        named, today = self._room.clinic.planning.name_of, state.now.astimezone().date()
        self.tasks.show_lines([due_line(one, named, today) for one in due])
        _fit(self.tasks, len(due), TASKS_SHOWN)

    def _render_person(self, state: State) -> None:
        row = state.selected
        self.nobody.setVisible(row is None)
        self.about.setVisible(row is not None and not state.confirming)
        self.matching.setVisible(row is not None and state.confirming)
        self.buttons.setVisible(row is not None and not state.confirming)
        unknown = row is not None and not row.verified and not state.confirming
        self.confirm.setVisible(unknown and bool(row and row.matches))
        if row is None:
            return
        self._render_row(row, state.now)
        self.call.setEnabled(bool(row.encounter.kiosk))
        self.ask.setText(claim_words(row))
        self.matches.show_rows([person_row(match, state.now) for match in row.matches])
        if row.matches and not self.matches.key():
            self.matches.pick(row.matches[0].patient)

    def _render_row(self, row: Waiting, now: datetime) -> None:
        self.face.show_person(row.person.name.full, row.person.photo)
        self.name.setText(row.person.name.full)
        self.line.setText("\n".join((person_detail(row.person, now.date()), *known_by(row.identified))))
        symptoms = ", ".join(coded(one).lower() for one in row.encounter.symptoms)
        why = coded(row.encounter.reason) or _("No reason given")
        self.reason.setText(f"{why}: {symptoms}" if symptoms else why)
        self.flagged.say(red_flags(row.encounter), "danger")
        self.flagged.setVisible(bool(row.encounter.red_flags))
        flag = urgency(row.news2)
        self.score.say(f"NEWS2 {points(row.news2)} · {flag.text}", flag.tone)
        missing = missing_inputs(row.news2)
        if missing:
            self.score.say(missing, "neutral")
        self.vitals.show_marks([mark(flag) for flag in measured(row.readings)])

    def _render_booked(self, state: State) -> None:
        self.booked.show_lines([_booked_line(one) for one in state.booked])
        self.booked.setVisible(bool(state.booked))
        self.free.setVisible(not state.booked)
        marked = state.marked
        self.booked.choose(state.slot)
        self.attend.setVisible(marked is not None)
        if marked is not None:
            for button, may in ((self.came, may_come), (self.missed, may_miss)):
                button.setVisible(may(marked.appointment, state.now))
                button.setEnabled(not state.writing)

    # doing

    def _match(self) -> None:
        self.loop.send(MatchConfirmed(PatientId(self.matches.key())))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case LoadQueue():
                self._load()
            case LoadAlerts():
                self._help.read(
                    self._room.clinic.alerts,
                    then=lambda found: self.loop.send(AlertsLoaded(found)),
                    failed=self._failed,
                )
            case LoadTasks():
                self._help.read(
                    self._room.clinic.planning.due,
                    then=lambda found: self.loop.send(TasksLoaded(found)),
                    failed=self._failed,
                )
            case OpenVisit(encounter, patient, kiosk, ring):
                now = self._room.clock.now()
                opened = VisitOpened(encounter, patient, kiosk, now, self._present(kiosk), ring)
                self._room.ways.visit.emit(opened)
            case OpenChart(patient, tab):
                self._room.ways.chart.emit(patient, tab)
            case ConfirmIdentity(encounter, kiosk, provisional, other):
                self._help.write(
                    self._room.clinic.vouch,
                    encounter,
                    other,
                    failed=self._failed,
                    then=lambda letter: self._confirmed(kiosk, letter, provisional, other),
                )
            case Attend(one, name, came):
                scheduling = self._room.clinic.scheduling
                self._help.write(
                    scheduling.attend, one, came, then=lambda before: self._attended(before, name, came),
                    failed=self._failed,
                )  # fmt: skip
            case Announce(arrived):
                QApplication.beep()
                self._room.ways.arrived.emit(arrived)
            case Alarm(rows):
                QApplication.beep()
                self._room.ways.flagged.emit(rows)
            case CountWaiting(rows):
                self._room.ways.queue.emit(rows)

    def _load(self) -> None:
        now = self._room.clock.now()
        start = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        self._help.read(
            self._room.clinic.queue,
            then=lambda rows: self.loop.send(QueueLoaded(rows, now)),
            failed=self._failed,
        )
        self._help.read(
            self._room.clinic.booked,
            start,
            start + timedelta(days=1),
            failed=self._failed,
            then=lambda booked: self.loop.send(BookedLoaded(booked)),
        )

    def _confirmed(
        self, kiosk: DeviceId, letter: Vouched | None, provisional: PatientId, other: PatientId
    ) -> None:
        if letter is not None:
            self._room.ways.vouched.emit(kiosk, letter)
        self._room.ways.identity.emit(provisional, other)
        self.loop.send(FactsChanged())

    def _attended(self, before: Appointment, name: str, came: bool) -> None:
        self._help.undoable(attended_words(name, came), self._room.clinic.scheduling.restore, before)
        self.loop.send(Attended())

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))


def _fit(rows: LineList, count: int, most: int) -> None:
    """As tall as its rows; of more than `most` half of the next one shows."""
    tall = sum(rows.sizeHintForRow(row) for row in range(min(count, most)))
    rows.setFixedHeight(tall + (tall // (2 * most) if count > most else 2))


def _booked_line(one: Booked) -> Line:
    slot = one.appointment
    said, _icon, _tone = state_of(slot)
    why = slot.reason or _("Visit")
    return Line(
        slot.id,
        one.person.name.full,
        why if slot.status == "booked" else f"{said} · {why}",
        fmt_time(slot.start),
        face=one.person.name.full,
        photo=one.person.photo,
    )
