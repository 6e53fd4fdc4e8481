# SPDX-License-Identifier: GPL-3.0-or-later
"""Weekly hours and days off as they are written, without pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.facts import AvailableTime, NotAvailable, Schedule
from clinic.domain.facts.schedules import DAY
from clinic.domain.ids import FactId, UserId
from desktop.kit.words import _, read_day

if TYPE_CHECKING:
    from clinic.services.schedules import TeamHours

WORKDAYS = 5
_SPAN = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2})?)?\s*(?:-|–|—|\ba\b|\bto\b|\bàs\b)\s*(\d{1,2})(?:[:.h](\d{2})?)?"
)
_BETWEEN = re.compile(r"[\s,;/&+]*(?:\b[ye]\b|\band\b)?[\s,;/&+]*")

Step = tuple["State", tuple["Effect", ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form of hours: of `days`, from Monday, the hours as typed; `since` and `until` days as typed."""

    location: FactId = FactId("")
    zone: str = ""
    minutes: int = 20
    specialty: str = ""
    since: str = ""
    until: str = ""
    days: tuple[str, ...] = ("",) * 7


@dataclass(frozen=True, slots=True)
class Off:
    """What stands in the form of days off; `hours` '' for whole days."""

    first: date
    last: date
    hours: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """`me`: who is here; `zone`: of this computer; `whose` '': everybody's days off; `which`: the hours in the form, '' new
    ones."""

    me: UserId
    zone: str
    off: Off
    known: TeamHours | None = None
    whose: UserId = UserId("")
    which: FactId = FactId("")
    draft: Draft = Draft()
    stale: bool = True
    """The form is filled in anew by what is read next; else what is typed stays."""
    busy: bool = False
    sentence: str = ""
    unread: str = ""

    @property
    def theirs(self) -> tuple[Schedule, ...]:
        """Hours of whoever is chosen, those that begin first before others."""
        found = self.known.hours.schedules if self.known else ()
        mine = [one for one in found if one.practitioner == self.whose]
        return tuple(sorted(mine, key=lambda one: (one.valid_from or date.min, one.id)))

    @property
    def before(self) -> Schedule | None:
        """The hours in the form as they are kept."""
        return next((one for one in self.theirs if one.id == self.which), None)

    @property
    def absences(self) -> tuple[NotAvailable, ...]:
        """Days off of whoever is chosen, with everybody's."""
        found = self.known.hours.absences if self.known else ()
        return tuple(one for one in found if one.practitioner in ("", self.whose))


# what is typed


def hours_typed(text: str) -> tuple[tuple[int, int], ...] | None:
    """(start, end) in minutes after midnight, as `8-12, 14:30-18`; () for nothing; None where it cannot be read."""
    found, at = [], 0
    for span in _SPAN.finditer(text):
        hour, minute, until_hour, until_minute = (int(part or 0) for part in span.groups())
        start, end = hour * 60 + minute, until_hour * 60 + until_minute
        gap = _BETWEEN.fullmatch(text, at, span.start())
        if gap is None or max(minute, until_minute) > 59 or not start < end <= DAY:
            return None
        found.append((start, end))
        at = span.end()
    return tuple(found) if _BETWEEN.fullmatch(text, at) else None


def hours_said(spans: tuple[tuple[int, int], ...]) -> str:
    """As they are typed: 08:00-12:00, 14:30-18:00."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in sorted(spans))


def day_typed(text: str) -> date | None:
    """dd/mm/yyyy; None for nothing. Raises ValueError for what is no day."""
    if not text.strip():
        return None
    day = read_day(text)
    if day is None:
        raise ValueError(text)
    return day


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day_said(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def draft_of(one: Schedule) -> Draft:
    days = tuple(
        hours_said(tuple((part.starts, part.ends) for part in one.available if part.day == day))
        for day in range(7)
    )
    return Draft(
        one.location,
        one.zone,
        one.minutes,
        one.specialty,
        _day_said(one.valid_from),
        _day_said(one.valid_until),
        days,
    )


# events


@dataclass(frozen=True, slots=True)
class Asked:
    """It is shown, or something changed."""


@dataclass(frozen=True, slots=True)
class Came:
    known: TeamHours


@dataclass(frozen=True, slots=True)
class ReadFailed:
    sentence: str


@dataclass(frozen=True, slots=True)
class WhoseChosen:
    whose: UserId


@dataclass(frozen=True, slots=True)
class WhichChosen:
    which: FactId


@dataclass(frozen=True, slots=True)
class Typed:
    draft: Draft


@dataclass(frozen=True, slots=True)
class OffTyped:
    off: Off


@dataclass(frozen=True, slots=True)
class Filled:
    """Monday to Friday all alike."""

    hours: str


@dataclass(frozen=True, slots=True)
class KeepPressed:
    pass


@dataclass(frozen=True, slots=True)
class RemovePressed:
    pass


@dataclass(frozen=True, slots=True)
class OffPressed:
    pass


@dataclass(frozen=True, slots=True)
class OffRemoved:
    which: FactId


@dataclass(frozen=True, slots=True)
class Done:
    """`which`: the hours that are kept now, '' where they were removed; None: days off."""

    which: FactId | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


Event = (
    Asked | Came | ReadFailed | WhoseChosen | WhichChosen | Typed | OffTyped | Filled | KeepPressed | RemovePressed
    | OffPressed | OffRemoved | Done | Failed
)  # fmt: skip

# effects


@dataclass(frozen=True, slots=True)
class Load:
    pass


@dataclass(frozen=True, slots=True)
class Keep:
    """`before`: as it was, for undo; None for new hours."""

    wanted: Schedule
    before: Schedule | None


@dataclass(frozen=True, slots=True)
class KeepOff:
    wanted: NotAvailable


@dataclass(frozen=True, slots=True)
class Remove:
    what: Schedule | NotAvailable


Effect = Load | Keep | KeepOff | Remove


def update(state: State, event: Event) -> Step:
    match event:
        case Asked():
            return state, (Load(),)
        case Came(known):
            return _came(replace(state, known=known, unread="")), ()
        case ReadFailed(sentence):
            return replace(state, unread=sentence), ()
        case WhoseChosen(whose):
            return _opened(replace(state, whose=whose)), ()
        case WhichChosen(which):
            return _filled_in(replace(state, which=which, sentence="")), ()
        case Typed(draft):
            return replace(state, draft=draft, sentence=""), ()
        case OffTyped(off):
            late = max(off.first, off.last)
            return replace(state, off=replace(off, last=late), sentence=""), ()
        case Filled(hours):
            days = (hours,) * WORKDAYS + state.draft.days[WORKDAYS:]
            return replace(state, draft=replace(state.draft, days=days), sentence=""), ()
        case Done(which):
            after = replace(state, busy=False, sentence="")
            if which is None:
                return replace(after, off=replace(after.off, hours="", why="")), (Load(),)
            return replace(after, which=which, stale=True), (Load(),)
        case Failed(sentence):
            return replace(state, busy=False, sentence=sentence), ()
    return _pressed(state, event) if not state.busy else (state, ())


def _pressed(state: State, event: Event) -> Step:
    match event:
        case KeepPressed() if state.whose:
            return _keep(state)
        case RemovePressed() if state.before is not None:
            return replace(state, busy=True), (Remove(state.before),)
        case OffPressed():
            return _off(state)
        case OffRemoved(which):
            found = next((one for one in state.absences if one.id == which), None)
            return (state, ()) if found is None else (replace(state, busy=True), (Remove(found),))
    return state, ()


def _came(state: State) -> State:
    """Whoever is here first, if she sees patients; what is being typed stays."""
    known = state.known
    users = [user for user, _name in known.practitioners] if known else []
    if state.whose in users or (
        not state.whose and known is not None and known.everybody and not state.stale
    ):
        if state.stale or (state.which and state.before is None):
            return _opened(state) if state.before is None else _filled_in(state)
        return state
    return _opened(replace(state, whose=state.me if state.me in users else next(iter(users), UserId(""))))


def _opened(state: State) -> State:
    """The hours of whoever is chosen, the first of them."""
    theirs = state.theirs
    which = FactId(theirs[0].id) if theirs else FactId("")
    return _filled_in(replace(state, which=which, sentence=""))


def _filled_in(state: State) -> State:
    before = state.before
    draft = draft_of(before) if before is not None else Draft(zone=state.zone)
    return replace(state, draft=draft, stale=False)


def _keep(state: State) -> Step:
    draft, before = state.draft, state.before
    read = [hours_typed(text) for text in draft.days]
    wrong = next((n for n, spans in enumerate(read) if spans is None), None)
    if wrong is not None:
        return replace(state, sentence=_("Write hours as 8:00-12:00, 14:00-18:00: “%(text)s” cannot be read.") % {
            "text": draft.days[wrong]
        }), ()  # fmt: skip
    try:
        since, until = day_typed(draft.since), day_typed(draft.until)
    except ValueError:
        return replace(state, sentence=_("Write the days as dd/mm/yyyy, or nothing.")), ()
    available = tuple(
        AvailableTime(day=day, starts=start, ends=end)
        for day, spans in enumerate(read)
        for start, end in sorted(spans or ())
    )
    base = before or Schedule(id=FactId(""), practitioner=state.whose, zone=draft.zone)
    wanted = replace(
        base, zone=draft.zone, location=draft.location, minutes=draft.minutes, specialty=draft.specialty,
        valid_from=since, valid_until=until, available=available,
    )  # fmt: skip
    return replace(state, busy=True, sentence=""), (Keep(wanted, before),)


def _off(state: State) -> Step:
    spans = hours_typed(state.off.hours)
    if spans is None or len(spans) > 1:
        return replace(state, sentence=_("Write one time as 14:00-18:00, or nothing for whole days.")), ()
    start, end = spans[0] if spans else (0, DAY)
    zone = next((one.zone for one in state.theirs), state.zone)
    wanted = NotAvailable(
        id=FactId(""), first=state.off.first, last=state.off.last, zone=zone, practitioner=state.whose,
        description=state.off.why, starts=start, ends=end,
    )  # fmt: skip
    return replace(state, busy=True, sentence=""), (KeepOff(wanted),)
