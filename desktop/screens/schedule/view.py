# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule by day, week and month, over the reads and writes of the clinic."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QStackedWidget

from clinic.domain.ids import FactId, UserId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import IconButton, SecondaryButton
from desktop.kit.fields import Choice, DayField
from desktop.kit.navigation import TabBar
from desktop.kit.surfaces import EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _
from desktop.screens.asked.view import AskedBand
from desktop.screens.hours.view import HoursPane
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.room import Room
from desktop.screens.schedule import happenings as h
from desktop.screens.schedule.faces import cells, strips
from desktop.screens.schedule.grid import Grid
from desktop.screens.schedule.happenings import Effect, Event
from desktop.screens.schedule.layout import OPENS
from desktop.screens.schedule.logic import SPECIALTY, State, columns, in_conflict, update
from desktop.screens.schedule.month import Month
from desktop.screens.schedule.side import Side
from desktop.screens.schedule.spans import day_of, minute_of
from desktop.screens.schedule.words import (
    attended_words,
    conflicts_counted,
    counted,
    done_words,
    period,
    spot_words,
)

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment, Slot

KINDS = frozenset(
    {"Appointment", "AppointmentRequest", "NotAvailable", "Schedule", "Slot", "Patient", "Link"}
)
TICK_MS = 30_000
WIDE = 900
"""From this width on, what is marked stands beside the grid; in less room instead of it."""


class ScheduleView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("schedule", _("Schedule"))
        self._room, self._help = room, room.helper(self)
        self._place: tuple[str, date] | None = None
        self._said_spot: Slot | None = None
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        self._listen()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(lambda: self.loop.send(h.Ticked(self._room.clock.now())))
        self._tick.start()
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        self.loop.send(h.Shown(self._room.clock.now()))
        self.asked.look()

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if self.isVisible():
            self.asked.told(kinds)
        if kinds & KINDS and self.isVisible():
            self.loop.send(h.FactsChanged())

    # widgets

    def _build(self) -> None:
        self.period = Text("", "heading", name="schedule.period", wrap=True)
        self.count = Text("", "muted", name="schedule.count")
        self.new = SecondaryButton(_("New appointment"), name="schedule.new", icon="plus", shortcut="Ctrl+N")
        self.before = IconButton("arrow-left", _("Before"), name="schedule.before", shortcut="Alt+Left")
        self.after = IconButton("arrow-right", _("Next"), name="schedule.after", shortcut="Alt+Right")
        self.today = SecondaryButton(_("Today"), name="schedule.today", shortcut="Alt+T")
        self.free = SecondaryButton(_("Next free"), name="schedule.free", icon="clock", shortcut="Alt+F")
        self.hours = SecondaryButton(_("Hours …"), name="schedule.hours", icon="calendar", shortcut="Alt+H")
        self.jump = DayField(name="schedule.jump", spoken=_("Go to a day"))
        self.tabs = TabBar(
            (("day", _("Day")), ("week", _("Week")), ("month", _("Month"))), name="schedule.view"
        )
        self.whose = Choice([], name="schedule.whose", spoken=_("Whose appointments"))
        self.notice, self.grid, self.month = Notice(name="schedule.notice"), Grid(), Month()
        self.empty = EmptyState(
            "calendar",
            _("Nobody to see patients"),
            _("Once somebody of this team may write notes, her column stands here."),
            name="schedule.empty",
        )
        self.loading = EmptyState("clock", _("Reading the schedule …"), name="schedule.loading")
        self.faces = QStackedWidget()
        self.team: HoursPane | None = None
        for face in (self.grid, self.month, self.empty, self.loading):
            self.faces.addWidget(face)
        self.asked = AskedBand(self._room, "schedule")
        self.side = Side(lambda event: self.loop.send(event))
        head = across(Text(_("Schedule"), "title"), 10, (self.period, 1), self.hours, self.new)
        ways = across(self.before, self.today, self.after, self.jump, None, self.whose, self.free, gap=6)
        which = across((self.tabs, 1), self.count)
        body = across((self.faces, 1), self.side, gap=12)
        self.pages = QStackedWidget()
        self.pages.addWidget(
            holding(
                down(head, ways, which, self.asked, self.notice, (body, 1), gap=8, margins=(20, 16, 20, 14))
            )
        )
        self.setLayout(down(self.pages, gap=0))
        self.side.hide()

    def _listen(self) -> None:
        send, canvas = self.loop.send, self.grid.canvas
        self.new.clicked.connect(lambda: send(h.NewPressed()))
        self.before.clicked.connect(lambda: send(h.Stepped(-1)))
        self.after.clicked.connect(lambda: send(h.Stepped(1)))
        self.today.clicked.connect(lambda: send(h.DayChosen()))
        self.jump.dateChanged.connect(lambda _day: self._jumped())
        self.tabs.chosen.connect(lambda view: send(h.ViewChosen(view)))
        self.whose.chosen.connect(lambda user: send(h.WhoseChosen(UserId(user))))
        self.month.opened.connect(lambda day: send(h.DayChosen(day, "day")))
        canvas.chosen.connect(lambda key: send(h.Chosen(FactId(key))))
        canvas.empty_chosen.connect(self._empty_chosen)
        canvas.dropped.connect(self._dropped)
        canvas.spot_moved.connect(lambda across, down: send(h.SpotMoved(across, down)))
        canvas.spot_taken.connect(lambda: send(h.SpotTaken()))
        self.free.clicked.connect(lambda: send(h.NextFreePressed()))
        self.hours.clicked.connect(self._to_hours)
        canvas.nudged.connect(lambda across, minutes: send(h.Nudged(across, minutes)))
        self.notice.acted.connect(self.refresh)
        for key, view in (("Alt+D", "day"), ("Alt+W", "week"), ("Alt+M", "month")):
            QShortcut(QKeySequence(key), self, lambda to=view: send(h.ViewChosen(to)))

    def _to_hours(self) -> None:
        """It is made when it is wanted first: few ever open it."""
        if self.team is None:
            self.team = HoursPane(self._room)
            self.team.left.connect(self._from_hours)
            self.pages.addWidget(self.team)
        self.pages.setCurrentWidget(self.team)
        self.team.look()

    def _from_hours(self) -> None:
        self.pages.setCurrentIndex(0)
        self.hours.setFocus(Qt.FocusReason.OtherFocusReason)
        self.refresh()

    def _jumped(self) -> None:
        if self.jump.day() != self.loop.state.day:
            self.loop.send(h.DayChosen(self.jump.day()))

    def _empty_chosen(self, column: int, minute: int) -> None:
        shown = columns(self.loop.state)[column]
        self.loop.send(h.NewPressed(shown.practitioner, shown.day, minute))

    def _dropped(self, key: str, column: int, minute: int) -> None:
        shown = columns(self.loop.state)[column]
        self.loop.send(h.Dropped(FactId(key), shown.practitioner, shown.day, minute))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """In little room what stands at the right takes the grid's place."""
        wide = self.width() >= WIDE
        self.faces.setVisible(wide or self.side.isHidden())
        self.side.setMaximumWidth(360 if wide else 16_777_215)
        self.side.setMinimumWidth(340 if wide else 0)

    # rendering

    def render_state(self, state: State) -> None:
        self.period.setText(period(state.view, state.day))
        self.tabs.choose(state.view)
        if self.jump.day() != state.day:
            self.jump.show_day(state.day)
        told = state.agenda.specialties if state.agenda else ()
        special = [(SPECIALTY + name, name) for name, _users in told]
        self.whose.show_options([("", _("Everybody")), *special, *((u, n) for u, n in state.practitioners)])
        self.whose.choose(state.whose)
        self.free.setEnabled(not state.busy)
        self._count(state)
        self._notice(state)
        self._face(state)
        self.side.render_state(state)
        self._share()

    def _count(self, state: State) -> None:
        rows = state.agenda.booked if state.agenda else ()
        clashes = sum(bool(in_conflict(state, one.appointment.id)) for one in rows)
        told = counted(len(rows)) or (_("No appointments here") if state.agenda else "")
        self.count.setText(" · ".join(part for part in (told, conflicts_counted(clashes)) if part))

    def _notice(self, state: State) -> None:
        if state.unread:
            self.notice.say("danger", state.unread, action=_("Try again"))
        else:
            self.notice.say("warn", "" if state.side else state.sentence)

    def _face(self, state: State) -> None:
        if state.agenda is None:
            self.faces.setCurrentWidget(self.loading)
        elif state.view == "month":
            self.month.show_cells(cells(state))
            self.faces.setCurrentWidget(self.month)
        elif not state.practitioners:
            self.faces.setCurrentWidget(self.empty)
        else:
            self.grid.show_strips(*strips(state), state.chosen)
            self.faces.setCurrentWidget(self.grid)
            self._scroll(state)
            self._spot(state)

    def _scroll(self, state: State) -> None:
        """A page that is new is shown from now on, another day from where work begins; one that was scrolled stays."""
        if self._place == (state.view, state.day):
            return
        self._place = (state.view, state.day)
        today = any(one.day == day_of(state.now) for one in columns(state))
        minute = minute_of(state.now) if today else OPENS + 60
        QTimer.singleShot(0, self.grid, lambda: self.grid.show_minute(minute))

    def _spot(self, state: State) -> None:
        """The free slot that is marked is in sight, and said."""
        if state.spot == self._said_spot:
            return
        self._said_spot = spot = state.spot
        self.grid.say_spot(spot_words(state, spot) if spot is not None else "")
        if spot is not None:
            QTimer.singleShot(0, self.grid, lambda: self.grid.reach(minute_of(spot.start), spot.minutes))

    # doing

    def _perform(self, effect: Effect) -> None:
        send, clinic = self.loop.send, self._room.clinic
        match effect:
            case h.Load(since, until):
                self._help.read(
                    clinic.scheduling.agenda, since, until,
                    then=lambda agenda: send(h.AgendaLoaded(since, agenda)),
                    failed=lambda why: send(h.ReadFailed(why)),
                )  # fmt: skip
            case h.Find(text):
                self._help.read(
                    clinic.find, text, then=lambda people: send(h.PeopleFound(text, people)), failed=self._failed
                )  # fmt: skip
            case h.FindFree(after, whose):
                self._help.read(
                    clinic.scheduling.next_free, after, whose, then=self._free_found, failed=self._failed
                )
            case h.Weigh(wish):
                self._help.read(
                    clinic.scheduling.weigh, wish, then=lambda found: send(h.Weighed(wish, *found)), failed=self._failed
                )  # fmt: skip
            case h.Write(wish, despite, anyway):
                self._help.write(
                    clinic.scheduling.write, wish, despite, anyway,
                    then=lambda made: self._written(wish, made), failed=self._failed,
                )  # fmt: skip
            case h.Cancel():
                self._help.write(
                    clinic.scheduling.cancel, effect, then=lambda _done: self._cancelled(effect), failed=self._failed
                )  # fmt: skip
            case h.Attend(one, name, came):
                self._help.write(
                    clinic.scheduling.attend, one, came, then=lambda before: self._attended(before, name, came),
                    failed=self._failed,
                )  # fmt: skip
            case h.OpenChart(patient):
                self._room.ways.chart.emit(patient, "summary")

    def _free_found(self, slot: Slot | None) -> None:
        """The keyboard is at it, so that Enter books there."""
        self.loop.send(h.FreeFound(slot))
        if slot is not None:
            self.grid.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _written(self, wish: h.Wish, made: FactId) -> None:
        scheduling, said = self._room.clinic.scheduling, done_words(wish.name, wish.before, wish.wanted)
        if wish.before is None:
            self._help.undoable(said, scheduling.take_back, made, wish.wanted.patient)
        else:
            self._help.undoable(said, scheduling.restore, wish.before)
        self.loop.send(h.Written(made))

    def _cancelled(self, asked: h.Cancel) -> None:
        said = _("The appointment of %(name)s was cancelled.") % {"name": asked.name}
        self._help.undoable(said, self._room.clinic.scheduling.restore, asked.appointment)
        self.loop.send(h.Written(FactId("")))

    def _attended(self, before: Appointment, name: str, came: bool) -> None:
        self._help.undoable(attended_words(name, came), self._room.clinic.scheduling.restore, before)
        self.loop.send(h.Written(FactId("")))

    def _failed(self, sentence: str) -> None:
        self.loop.send(h.WriteFailed(sentence))
