# SPDX-License-Identifier: GPL-3.0-or-later
"""Weekly hours at the left, days off at the right; all by keys, by mouse and by finger, with a way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic.domain.facts import Schedule
from clinic.domain.ids import FactId, UserId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, DayField, Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_date, zone_here
from desktop.screens.hours import logic as t
from desktop.screens.hours.logic import Effect, Event, Off, State, update
from desktop.screens.hours.words import kept_words, off_words, removed_words, weekday
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.facts import NotAvailable

LENGTHS = (10, 15, 20, 30, 40, 45, 60, 90)
USUAL = ("08:00-12:00", "08:00-14:00", "14:00-18:00", "08:00-12:00, 14:00-18:00", "09:00-17:00")


class HoursPane(QWidget):
    left = Signal()

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._filling = False
        today = room.today() + timedelta(days=1)
        self._build()
        state = State(UserId(""), zone_here(), Off(today, today))
        self.loop: Loop[State, Event, Effect] = Loop(state, update, self._perform, self.render_state)
        self._listen()

    def look(self) -> None:
        """Read what stands."""
        if not self.loop.state.me:
            self.loop.state = replace(self.loop.state, me=self._room.clinic.timing.me)
        self.loop.send(t.Asked())
        self.whose.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _build(self) -> None:
        self.back = SecondaryButton(_("Back to the schedule"), name="hours.back", icon="arrow-left")
        self.whose = Choice([], name="hours.whose", spoken=_("Whose hours"))
        self.notice = Notice(name="hours.notice")
        head = across(Text(_("Hours and days off"), "title"), None, self.whose, self.back)
        self.hours, self.off = self._hours(), self._off()
        kept = down((scrolling(self.hours, name="hours.area"), 1), across(self.keep, self.remove, None))
        body = across((kept, 3), (self.off, 2), gap=12)
        self.setLayout(down(head, self.notice, (body, 1), gap=8, margins=(20, 16, 20, 14)))

    def _hours(self) -> QWidget:
        self.which = Choice([], name="hours.which", spoken=_("Which hours"))
        self.fill = Choice([], name="hours.fill", spoken=_("Monday to Friday alike"))
        grid = QGridLayout()
        grid.setSpacing(6)
        self.days = [
            LineField(_("No hours"), name=f"hours.day.{day}", spoken=weekday(day)) for day in range(7)
        ]
        for day, field in enumerate(self.days):
            grid.addWidget(Text(weekday(day), "body"), day, 0)
            grid.addWidget(field, day, 1)
        grid.setColumnStretch(1, 1)
        self.minutes = Choice([], name="hours.minutes", spoken=_("How long"))
        self.place = Choice([], name="hours.place", spoken=_("Facility"))
        self.zone = Choice([], name="hours.zone", spoken=_("Time zone of the facility"))
        self.specialty = LineField(_("Paediatrics"), name="hours.specialty", spoken=_("Specialty"))
        self.since = LineField(_("dd/mm/yyyy"), name="hours.since", spoken=_("From the day"))
        self.until = LineField(_("dd/mm/yyyy"), name="hours.until", spoken=_("Until the day"))
        self.keep = PrimaryButton(_("Keep these hours"), name="hours.keep", icon="check", shortcut="Ctrl+S")
        self.remove = QuietButton(_("Remove them"), name="hours.remove", icon="x")
        card = Card(_("Weekly hours"), name="hours.card")
        card.add(
            down(
                across((Field(_("Which hours"), self.which), 1), (Field(_("Monday to Friday alike"), self.fill), 1)),
                Text(_("Written as 8:00-12:00, 14:00-18:00; a day without hours stays empty."), "muted", wrap=True),
                grid,
                across((Field(_("One appointment"), self.minutes), 1), (Field(_("Specialty"), self.specialty), 2)),
                across((Field(_("Facility"), self.place), 1), (Field(_("Time zone of the facility"), self.zone), 1)),
                across((Field(_("From the day"), self.since), 1), (Field(_("Until the day"), self.until), 1)),
                None,
            ), 1,
        )  # fmt: skip
        return card

    def _off(self) -> QWidget:
        self.list = LineList(name="hours.off.list", spoken=_("Days off to come"))
        self.take = QuietButton(_("Remove the marked days off"), name="hours.off.remove", icon="x")
        self.first = DayField(name="hours.off.first", spoken=_("First day"))
        self.last = DayField(name="hours.off.last", spoken=_("Last day"))
        self.part = LineField(_("Whole days"), name="hours.off.part", spoken=_("Only from – to"))
        self.why = LineField(_("Holidays, a congress …"), name="hours.off.why", spoken=_("Why"))
        self.add = SecondaryButton(_("Add days off"), name="hours.off.add", icon="plus")
        card = Card(_("Days off"), name="hours.off")
        card.add(self.list, 1)
        card.add(across(self.take, None))
        card.add(across((Field(_("First day"), self.first), 1), (Field(_("Last day"), self.last), 1)))
        card.add(across((Field(_("Only from – to"), self.part), 1), (Field(_("Why"), self.why), 1)))
        card.add(across(self.add, None))
        return holding(down((card, 1), gap=0))

    def _listen(self) -> None:
        send = self.loop.send
        self.back.clicked.connect(self.left)
        self.whose.chosen.connect(lambda user: send(t.WhoseChosen(UserId(user))))
        self.which.chosen.connect(lambda which: send(t.WhichChosen(FactId(which))))
        self.fill.chosen.connect(lambda hours: send(t.Filled(hours)) if hours else None)
        for choice in (self.minutes, self.place, self.zone):
            choice.chosen.connect(lambda _key: self._typed())
        for field in (*self.days, self.specialty, self.since, self.until):
            field.textEdited.connect(lambda _text: self._typed())
            field.returnPressed.connect(self.keep.click)
        self.keep.clicked.connect(lambda: send(t.KeepPressed()))
        self.remove.clicked.connect(lambda: send(t.RemovePressed()))
        for day in (self.first, self.last):
            day.dateChanged.connect(lambda _day: self._off_typed())
        for line in (self.part, self.why):
            line.textEdited.connect(lambda _text: self._off_typed())
            line.returnPressed.connect(self.add.click)
        self.add.clicked.connect(lambda: send(t.OffPressed()))
        self.take.clicked.connect(lambda: send(t.OffRemoved(FactId(self.list.key()))))
        self.notice.acted.connect(lambda: send(t.Asked()))

    def _typed(self) -> None:
        if not self._filling:
            draft = t.Draft(
                FactId(self.place.key()), self.zone.key(), int(self.minutes.key() or 20), self.specialty.text(),
                self.since.text(), self.until.text(), tuple(field.text() for field in self.days),
            )  # fmt: skip
            self.loop.send(t.Typed(draft))

    def _off_typed(self) -> None:
        if not self._filling:
            self.loop.send(
                t.OffTyped(Off(self.first.day(), self.last.day(), self.part.text(), self.why.text()))
            )

    # rendering

    def render_state(self, state: State) -> None:
        self._filling = True
        try:
            self._render(state)
        finally:
            self._filling = False

    def _render(self, state: State) -> None:
        if state.unread:
            self.notice.say("danger", state.unread, action=_("Try again"))
        else:
            self.notice.say("warn", state.sentence)
        known = state.known
        people = list(known.practitioners) if known else []
        everybody = [("", _("Everybody: holidays"))] if known and known.everybody else []
        self.whose.show_options([*people, *everybody])
        self.whose.choose(state.whose)
        may = bool(state.whose) and known is not None
        self.hours.setEnabled(may)
        self._show_hours(state)
        self.keep.setEnabled(may and not state.busy)
        self._show_off(state)

    def _show_hours(self, state: State) -> None:
        draft, facilities = state.draft, state.known.facilities if state.known else ()
        places = dict(facilities)
        self.which.show_options(
            [
                *((one.id, _span(one, places.get(one.location, ""))) for one in state.theirs),
                ("", _("New hours")),
            ],
        )
        self.which.choose(state.which)
        self.fill.show_options([("", _("Choose …")), *((hours, hours) for hours in USUAL)])
        self.fill.choose("")
        self.minutes.show_options(
            [(str(n), _("%(n)d min") % {"n": n}) for n in sorted({*LENGTHS, draft.minutes})]
        )
        self.minutes.choose(str(draft.minutes))
        self.place.show_options([("", _("Not said")), *facilities])
        self.place.choose(draft.location)
        self.zone.show_options([(name, name.replace("_", " ")) for name in _zones(draft.zone)])
        self.zone.choose(draft.zone)
        texts = (draft.specialty, draft.since, draft.until, *draft.days)
        for field, text in zip((self.specialty, self.since, self.until, *self.days), texts, strict=True):
            if field.text() != text:
                field.setText(text)
        self.remove.setEnabled(state.before is not None and not state.busy)

    def _show_off(self, state: State) -> None:
        self.list.show_lines([
            Line(
                one.id, one.description or (_("Holiday") if not one.practitioner else _("Off")), off_words(one),
                icon="calendar",
            )
            for one in state.absences
        ])  # fmt: skip
        off = state.off
        for day, shown in ((self.first, off.first), (self.last, off.last)):
            if day.day() != shown:
                day.show_day(shown)
        for line, text in ((self.part, off.hours), (self.why, off.why)):
            if line.text() != text:
                line.setText(text)
        may = bool(state.whose) or bool(state.known and state.known.everybody)
        self.add.setEnabled(may and not state.busy)
        self.take.setEnabled(bool(state.absences) and not state.busy)

    # doing

    def _perform(self, effect: Effect) -> None:
        timing, send = self._room.clinic.timing, self.loop.send
        match effect:
            case t.Load():
                self._help.read(
                    timing.all,
                    then=lambda known: send(t.Came(known)),
                    failed=lambda why: send(t.ReadFailed(why)),
                )
            case t.Keep(wanted, before):
                self._help.write(
                    timing.keep, wanted, then=lambda made: self._kept(made, before), failed=self._failed
                )
            case t.KeepOff(wanted):
                self._help.write(timing.keep_off, wanted, then=self._off_kept, failed=self._failed)
            case t.Remove(what):
                self._help.write(timing.remove, what, then=self._removed, failed=self._failed)

    def _kept(self, made: Schedule, before: Schedule | None) -> None:
        timing, said = self._room.clinic.timing, kept_words(made)
        if before is None:
            self._help.undoable(said, timing.remove, made)
        else:
            self._help.undoable(said, timing.put_back, before)
        self.loop.send(t.Done(FactId(made.id)))

    def _off_kept(self, made: NotAvailable) -> None:
        said = _("Days off: %(when)s.") % {"when": off_words(made)}
        self._help.undoable(said, self._room.clinic.timing.remove, made)
        self.loop.send(t.Done())

    def _removed(self, before: Schedule | NotAvailable) -> None:
        self._help.undoable(removed_words(before), self._room.clinic.timing.put_back, before)
        self.loop.send(t.Done(FactId("") if isinstance(before, Schedule) else None))

    def _failed(self, sentence: str) -> None:
        self.loop.send(t.Failed(sentence))


def _span(one: Schedule, place: str) -> str:
    """Which hours these are: their facility and their days."""
    since = _("from %(day)s") % {"day": fmt_date(one.valid_from)} if one.valid_from else ""
    until = _("until %(day)s") % {"day": fmt_date(one.valid_until)} if one.valid_until else ""
    return " ".join(part for part in (place, since, until) if part) or _("The usual hours")


def _zones(first: str) -> list[str]:
    """`first`, then all that this computer knows by a place."""
    return list(dict.fromkeys((first, *_places()))) if first else list(_places())


@cache
def _places() -> tuple[str, ...]:
    return tuple(
        sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    )
