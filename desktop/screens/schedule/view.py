# SPDX-License-Identifier: GPL-3.0-or-later
"""The coming appointments, day by day."""

from __future__ import annotations

from datetime import timedelta

from clinic.domain.ids import PatientId
from desktop.kit.bridge import Loop
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_day, fmt_time, plural
from desktop.screens.layouts import Page, across, down
from desktop.screens.lines import Line, LineList
from desktop.screens.phrases import sentence_case
from desktop.screens.room import Room
from desktop.screens.schedule.logic import (
    BookedLoaded,
    Effect,
    Event,
    FactsChanged,
    Failed,
    LoadBooked,
    OpenChart,
    Opened,
    Shown,
    State,
    days,
    update,
)

WEEKS = 6


class ScheduleView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("schedule", _("Schedule"))
        self._room, self._help = room, room.helper(self)
        self.list = LineList(name="schedule.list", spoken=_("Appointments"))
        self.list.opened.connect(lambda key: self.loop.send(Opened(PatientId(key.split("/")[0]))))
        hint = _("The next appointment is booked at the end of a visit.")
        self.empty = EmptyState(
            "calendar", _("No appointments in the coming weeks"), hint, name="schedule.empty"
        )
        self.notice = Notice(name="schedule.notice")
        self.count = Text("", "muted")
        card = Card(name="schedule.card")
        card.body.setContentsMargins(6, 6, 6, 6)
        card.add(self.list, 1)
        card.add(self.empty, 1)
        head = across(Text(_("Schedule"), "title"), 10, self.count, None)
        self.setLayout(down(head, self.notice, (card, 1), gap=12, margins=(20, 16, 20, 18)))
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        self.loop.send(Shown(self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if "Appointment" in kinds and self.isVisible():
            self.loop.send(FactsChanged())

    def render_state(self, state: State) -> None:
        lines: list[Line] = []
        for day, booked in days(state.booked):
            lines.append(Line(f"day {day}", sentence_case(fmt_day(day)), heading=True))
            for one in booked:
                slot, name = one.appointment, one.person.name.full
                lines.append(
                    Line(
                        f"{one.person.patient}/{slot.id}",
                        name,
                        " · ".join(p for p in (slot.reason, slot.practitioner_name) if p),
                        fmt_time(slot.start),
                        face=name,
                        photo=one.person.photo,
                    )
                )
        self.list.show_lines(lines)
        self.list.setVisible(bool(lines))
        self.empty.setVisible(state.loaded and not lines)
        n = len(state.booked)
        self.count.setText(plural("%(n)d appointment", "%(n)d appointments", n) if n else "")
        self.notice.say("danger", state.sentence)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case LoadBooked():
                start = self._room.clock.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
                self._help.read(
                    self._room.clinic.booked,
                    start,
                    start + timedelta(weeks=WEEKS),
                    then=lambda booked: self.loop.send(BookedLoaded(booked)),
                    failed=lambda sentence: self.loop.send(Failed(sentence)),
                )
            case OpenChart(patient):
                self._room.ways.chart.emit(patient, "summary")
