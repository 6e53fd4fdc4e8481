# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule by day, week and month: what is shown, what is marked, and what is asked before a time is taken twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from clinic.domain.facts import Appointment
from clinic.domain.ids import FactId, UserId
from desktop.kit.words import _
from desktop.screens.schedule import happenings as h
from desktop.screens.schedule.happenings import Effect, Event, Form, Wish
from desktop.screens.schedule.layout import CLOSES, OPENS, STEP
from desktop.screens.schedule.spans import VIEWS, bounds, day_of, days, minute_of, moment, stepped

if TYPE_CHECKING:
    from clinic.domain.facts import Slot
    from clinic.domain.schedules import Outside
    from clinic.services.bookings import Agenda, Collision
    from clinic.services.overviews import Booked
    from clinic.services.people import PersonLine

Step = tuple["State", tuple[Effect, ...]]
SPECIALTY = "specialty "
"""How `whose` begins where it is not one practitioner."""


@dataclass(frozen=True, slots=True)
class State:
    """`side`: what stands at the right, '' nothing, else details, form, cancel, or ask (`wish` takes a time twice, or one
    `outside` of the hours). `whose`: a practitioner, or SPECIALTY and a name. `spot`: the free slot that the keyboard is at."""

    now: datetime
    view: str = "day"
    shown: date | None = None
    whose: UserId = UserId("")
    agenda: Agenda | None = None
    """None while what the view shows is read for the first time."""
    chosen: FactId = FactId("")
    side: str = ""
    form: Form | None = None
    text: str = ""
    people: tuple[PersonLine, ...] = ()
    wish: Wish | None = None
    collisions: tuple[Collision, ...] = ()
    outside: Outside | None = None
    spot: Slot | None = None
    busy: bool = False
    sentence: str = ""
    unread: str = ""
    """Why what is shown could not be read, or ''."""

    @property
    def day(self) -> date:
        return self.shown or day_of(self.now)

    @property
    def picked(self) -> Booked | None:
        """The appointment that is marked, if the view shows it."""
        rows = self.agenda.booked if self.agenda else ()
        return next((one for one in rows if one.appointment.id == self.chosen), None)

    @property
    def practitioners(self) -> tuple[tuple[UserId, str], ...]:
        return self.agenda.practitioners if self.agenda else ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the grid: a day, and whose it is; '' of everybody's."""

    day: date
    practitioner: UserId = UserId("")
    name: str = ""


def columns(state: State) -> tuple[Column, ...]:
    """By day one for each practitioner, by week one for each day; of those who are chosen."""
    chosen = members(state)
    if state.view == "week":
        one = next(iter(chosen)) if len(chosen) == 1 else UserId("")
        return tuple(Column(day, one) for day in days("week", state.day))
    people = [one for one in state.practitioners if one[0] in chosen] or state.practitioners
    return tuple(Column(state.day, user, name) for user, name in people) or (Column(state.day),)


def members(state: State) -> frozenset[UserId]:
    """Who is chosen; nobody: everybody's columns are shown."""
    if not state.whose.startswith(SPECIALTY):
        return frozenset((state.whose,)) if state.whose else frozenset()
    told = dict(state.agenda.specialties) if state.agenda else {}
    return told.get(state.whose.removeprefix(SPECIALTY), frozenset())


def free_in(state: State, column: Column) -> tuple[Slot, ...]:
    """Free slots to come of that column's practitioner, the earliest first; none where it is several people's."""
    found = state.agenda.slots if state.agenda and column.practitioner else ()
    return tuple(
        one
        for one in found
        if one.status == "free"
        and one.practitioner == column.practitioner
        and day_of(one.start) == column.day
        and one.start > state.now
    )


def whose(one: Appointment) -> UserId:
    """Whose column it stands in: of one that came with a name only, that name."""
    return one.practitioner or UserId(one.practitioner_name)


def rows_of(state: State, column: Column) -> tuple[Booked, ...]:
    """What stands in that column, the earliest first."""
    rows, chosen = state.agenda.booked if state.agenda else (), members(state)
    return tuple(
        one
        for one in rows
        if day_of(one.appointment.start) == column.day
        and (not column.practitioner or whose(one.appointment) == column.practitioner)
        and (not chosen or bool(column.practitioner) or whose(one.appointment) in chosen)
    )


def span_of(one: Appointment) -> tuple[int, int]:
    """(start, end) in minutes of the day it begins on."""
    start = minute_of(one.start)
    return start, min(24 * 60, start + max(1, one.minutes))


def in_conflict(state: State, appointment: FactId) -> tuple[Collision, ...]:
    """What shares its time though nobody wanted it so."""
    found = state.agenda.collisions.get(appointment, ()) if state.agenda else ()
    return tuple(one for one in found if not one.shared.agreed)


def update(state: State, event: Event) -> Step:
    match event:
        case h.Shown(now):
            return _load(replace(state, now=now))
        case h.Ticked(now):
            return replace(state, now=now), ()
        case h.FactsChanged():
            return _load(state)
        case h.AgendaLoaded(since, agenda) if since == bounds(state.view, state.day)[0]:
            return _loaded(state, agenda)
        case h.ReadFailed(sentence):
            return replace(state, unread=sentence), ()
        case h.ViewChosen(view) if view in VIEWS and view != state.view:
            return _turned(replace(state, view=view))
        case h.Stepped(by):
            return _turned(replace(state, shown=stepped(state.view, state.day, by)))
        case h.DayChosen(day, view):
            return _turned(replace(state, shown=day or day_of(state.now), view=view or state.view))
        case h.WhoseChosen(practitioner):
            return replace(state, whose=practitioner, spot=None), ()
        case h.FreeFound(slot):
            return _found(replace(state, busy=False), slot)
        case h.NameTyped() | h.PeopleFound() | h.PatientChosen():
            return _patient(state, event), (h.Find(event.text),) if isinstance(event, h.NameTyped) else ()
        case h.Written(appointment):
            return _load(replace(_closed(state) if state.busy else state, chosen=appointment or state.chosen))
        case h.WriteFailed(sentence):
            return _load(replace(state, sentence=sentence, busy=False))
        case h.Weighed(wish, collisions, outside) if state.busy and wish == state.wish:
            return _weighed(replace(state, outside=outside), collisions)
    return _acted(state, event)


def _acted(state: State, event: Event) -> Step:
    """What the person here does about appointments."""
    match event:
        case h.Chosen(appointment):
            return replace(_closed(state), chosen=appointment, side="details"), ()
        case h.Left():
            return _closed(state), ()
        case h.ChartPressed() if state.picked is not None:
            return state, (h.OpenChart(state.picked.person.patient),)
        case h.NewPressed():
            return _new(state, event), ()
        case h.MovePressed() if state.picked is not None:
            return _moving(state, state.picked), ()
        case h.CancelPressed() if state.picked is not None:
            return replace(_closed(state), side="cancel"), ()
        case h.CamePressed(came) if state.picked is not None and not state.busy:
            attend = h.Attend(state.picked.appointment, state.picked.person.name.full, came)
            return replace(state, busy=True, sentence=""), (attend,)
        case h.CancelSent(reason) if state.picked is not None and not state.busy:
            return _cancel(state, state.picked, reason)
        case h.FormTyped(form) if state.form is not None and form != state.form:
            return replace(state, form=form, sentence=""), ()
        case h.FormSent() if state.form is not None and not state.busy:
            return _sent(state, state.form)
        case h.Dropped(appointment, practitioner, day, minute) if not state.busy:
            return _dropped(replace(state, chosen=appointment), practitioner, day, minute)
        case h.Nudged(across, minutes) if state.picked is not None and not state.busy:
            return _nudged(state, state.picked.appointment, across, minutes)
        case h.AnywayPressed() if state.wish is not None and state.side == "ask" and not state.busy:
            despite = tuple(one.shared.other.id for one in state.collisions)
            return replace(state, busy=True), (h.Write(state.wish, despite, state.outside is not None),)
        case h.SpotMoved(across, down):
            return _spotted(state, across, down), ()
        case h.SpotTaken() if state.spot is not None:
            spot = state.spot
            return _new(state, h.NewPressed(spot.practitioner, day_of(spot.start), minute_of(spot.start))), ()
        case h.NextFreePressed() if not state.busy:
            after = state.spot.start if state.spot is not None else state.now
            effect = h.FindFree(max(after, state.now), tuple(sorted(members(state))))
            return replace(_closed(state), busy=True), (effect,)
    return state, ()


def _load(state: State) -> Step:
    since, until = bounds(state.view, state.day)
    return state, (h.Load(since, until),)


def _turned(state: State) -> Step:
    """Another page: nothing of the one before is shown in it, but for who there is."""
    return _load(replace(_closed(state), agenda=None, unread="", chosen=FactId(""), spot=None))


def _loaded(state: State, agenda: Agenda) -> Step:
    """What was marked may be gone."""
    state = replace(state, agenda=agenda, unread="")
    if state.side in ("details", "cancel") and state.picked is None:
        state = _closed(state)
    if state.spot is not None and not any(_same(state.spot, one) for one in agenda.slots):
        state = replace(state, spot=None)
    return state, ()


def _same(one: Slot, other: Slot) -> bool:
    return (one.practitioner, one.start, one.status) == (other.practitioner, other.start, other.status)


def _spotted(state: State, across: int, down: int) -> State:
    """The keyboard at another free slot: up and down in the column, aside to the nearest hour of the next column that has one."""
    shown = [free for column in columns(state) if (free := free_in(state, column))]
    if state.view == "month" or not shown:
        return replace(state, spot=None)
    here = next((n for n, free in enumerate(shown) if state.spot in free), None)
    if here is None or state.spot is None:
        return replace(state, spot=shown[0][0])
    at = max(0, min(len(shown) - 1, here + across))
    if at != here:
        wall = minute_of(state.spot.start)
        return replace(state, spot=min(shown[at], key=lambda one: abs(minute_of(one.start) - wall)))
    place = max(0, min(len(shown[here]) - 1, shown[here].index(state.spot) + down))
    return replace(state, spot=shown[here][place])


def _found(state: State, slot: Slot | None) -> Step:
    """Its page is shown, with the keyboard on it; by week, the week of whose it is."""
    if slot is None:
        return replace(state, sentence=_("There is no free slot in the next half year.")), ()
    view = "week" if state.view == "week" else "day"
    whose = slot.practitioner if view == "week" and len(members(state)) != 1 else state.whose
    after = replace(state, shown=day_of(slot.start), view=view, whose=whose)
    if bounds(view, after.day) == bounds(state.view, state.day):
        return replace(_closed(after), spot=slot), ()
    turned, effects = _turned(after)
    return replace(turned, spot=slot), effects


def _closed(state: State) -> State:
    return replace(
        state,
        side="",
        form=None,
        wish=None,
        collisions=(),
        outside=None,
        text="",
        people=(),
        sentence="",
        busy=False,
    )


def _new(state: State, pressed: h.NewPressed) -> State:
    """An empty form for that place; by the button, for the next full step of the day that is shown."""
    day, minute = pressed.day or state.day, pressed.minute
    if minute < 0:
        minute = 9 * 60
        if day <= day_of(state.now):
            day, minute = day_of(state.now), max(OPENS, (minute_of(state.now) // STEP + 1) * STEP)
        if minute >= CLOSES:
            day, minute = day + timedelta(days=1), 9 * 60
    known, chosen = [user for user, _name in state.practitioners], sorted(members(state))
    first = pressed.practitioner or next(iter((*chosen, *known)), UserId(""))
    slot = _slot_at(state, pressed)
    form = Form(day, minute, practitioner=first)
    if slot is not None:
        form = replace(form, minute=minute_of(slot.start), minutes=slot.minutes)
    return replace(_closed(state), side="form", form=form, spot=slot or state.spot)


def _slot_at(state: State, pressed: h.NewPressed) -> Slot | None:
    """The free slot that holds that place of the grid."""
    if pressed.minute < 0 or pressed.day is None:
        return None
    free = free_in(state, Column(pressed.day, pressed.practitioner))
    return next(
        (one for one in free if minute_of(one.start) <= pressed.minute < minute_of(one.start) + one.minutes),
        None,
    )


def _moving(state: State, one: Booked) -> State:
    slot = one.appointment
    form = Form(
        day_of(slot.start),
        minute_of(slot.start),
        slot.minutes,
        whose(slot),
        one.person,
        slot.reason,
        moved=slot,
    )
    return replace(_closed(state), side="form", form=form)


def _patient(state: State, event: h.NameTyped | h.PeopleFound | h.PatientChosen) -> State:
    match event:
        case h.NameTyped(text):
            return replace(state, text=text)
        case h.PeopleFound(text, people) if text == state.text and state.form is not None:
            return replace(state, people=people)
        case h.PatientChosen(patient) if state.form is not None:
            found = next((one for one in state.people if one.patient == patient), None)
            return replace(state, form=replace(state.form, person=found), sentence="")
    return state


def _sent(state: State, form: Form) -> Step:
    if form.person is None:
        return replace(state, sentence=_("Choose the patient first.")), ()
    start = moment(form.day, form.minute)
    if start is None:
        return replace(state, sentence=_missing()), ()
    return _weigh(state, _wish(state, form, form.person, start))


def _wish(state: State, form: Form, person: PersonLine, start: datetime) -> Wish:
    name = person.name.full
    if form.moved is not None:
        wanted = replace(_with(state, form.moved, form.practitioner), start=start, minutes=form.minutes)
        return Wish(wanted, name, form.moved)
    wanted = Appointment(
        id=FactId(""),
        patient=person.patient,
        start=start,
        minutes=form.minutes,
        practitioner=form.practitioner,
        reason=form.reason.strip(),
    )
    return Wish(wanted, name)


def _with(state: State, one: Appointment, practitioner: UserId) -> Appointment:
    """The appointment in that practitioner's column."""
    if practitioner == whose(one):
        return one
    return replace(
        one, practitioner=practitioner, practitioner_name=dict(state.practitioners).get(practitioner, "")
    )


def _dropped(state: State, practitioner: UserId, day: date, minute: int) -> Step:
    picked = state.picked
    if picked is None:
        return state, ()
    slot = picked.appointment
    start = moment(day, minute)
    if start is None:
        return replace(state, sentence=_missing()), ()
    wanted = replace(_with(state, slot, practitioner or whose(slot)), start=start)
    if wanted == slot:
        return replace(_closed(state), side="details"), ()
    return _weigh(_closed(state), Wish(wanted, picked.person.name.full, slot))


def _nudged(state: State, slot: Appointment, across: int, minutes: int) -> Step:
    """One column aside or one step of time; at the edge of the grid it stays."""
    shown = columns(state)
    here = [n for n, one in enumerate(shown) if one.day == day_of(slot.start)]
    if state.view == "month" or not here:
        return state, ()
    at = next((n for n in here if shown[n].practitioner in ("", whose(slot))), here[0]) + across
    minute = minute_of(slot.start) + minutes
    if not 0 <= at < len(shown) or not 0 <= minute < 24 * 60:
        return state, ()
    return _dropped(state, shown[at].practitioner, shown[at].day, minute)


def _weigh(state: State, wish: Wish) -> Step:
    return replace(state, wish=wish, collisions=(), outside=None, sentence="", busy=True), (h.Weigh(wish),)


def _weighed(state: State, collisions: tuple[Collision, ...]) -> Step:
    """A free time is taken; one that is taken, or outside of the hours, is asked about first, or refused."""
    if state.wish is None or (not collisions and state.outside is None):
        return state, (h.Write(state.wish),) if state.wish else ()
    return replace(state, side="ask", collisions=collisions, busy=False), ()


def _cancel(state: State, one: Booked, reason: str) -> Step:
    if not reason.strip():
        return replace(state, sentence=_("Say why this appointment is cancelled.")), ()
    asked = h.Cancel(one.appointment, one.person.name.full, reason.strip())
    return replace(state, busy=True, sentence=""), (asked,)


def _missing() -> str:
    return _("The clocks go forward then: that time does not exist on that day. Choose another.")


def forbidden(state: State) -> bool:
    """Whether the time that is asked for cannot be taken at all."""
    return any(one.shared.forbidden for one in state.collisions)
