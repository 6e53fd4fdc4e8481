# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schedule says about appointments and their conflicts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from desktop.kit.words import (
    N_,
    _,
    fmt_date,
    fmt_day,
    fmt_moment,
    fmt_month,
    fmt_time,
    fmt_weekday,
    plural,
)
from desktop.screens.phrases import sentence_case
from desktop.screens.schedule.layout import Lane
from desktop.screens.schedule.spans import days

if TYPE_CHECKING:
    from clinic.domain.facts import Appointment, Slot
    from clinic.domain.schedules import Outside
    from clinic.services.bookings import Collision
    from clinic.services.overviews import Booked
    from desktop.screens.schedule.logic import Column, State

STATES = {
    "proposed": (N_("Proposed"), "help-circle", "neutral"),
    "pending": (N_("Asked for"), "help-circle", "neutral"),
    "waitlist": (N_("On the waiting list"), "clock", "neutral"),
    "booked": (N_("Booked"), "calendar", "primary"),
    "arrived": (N_("Arrived"), "check", "info"),
    "checked-in": (N_("Arrived"), "check", "info"),
    "fulfilled": (N_("Was seen"), "check-square", "ok"),
    "noshow": (N_("Did not come"), "x", "neutral"),
}
"""FHIR Appointment.status: (words, icon, tone)."""


def state_of(one: Appointment) -> tuple[str, str, str]:
    """(words, icon, tone) of how it stands; a word of another program as it came."""
    said, icon, tone = STATES.get(one.status, (one.status, "help-circle", "neutral"))
    return _(said), icon, tone


def whom(one: Appointment) -> str:
    return one.practitioner_name or _("nobody named yet")


def times(one: Appointment) -> str:
    """From when to when."""
    return f"{fmt_time(one.start)}–{fmt_time(one.start + timedelta(minutes=one.minutes))}"


def collision_words(one: Collision) -> str:
    """The other appointment, in a sentence."""
    other = one.shared.other
    told = {"with": whom(other), "time": times(other), "name": name_in(one)}
    if one.shared.patient:
        return _("%(name)s has another appointment then: %(time)s with %(with)s.") % told
    if one.shared.agreed:
        return _("Booked beside %(name)s, %(time)s, on purpose.") % told
    return _("%(with)s has another patient then: %(name)s, %(time)s.") % told


def name_in(one: Collision) -> str:
    return one.person.name.full if one.person else _("somebody whose record is not here")


def conflict_words(found: tuple[Collision, ...]) -> str:
    return " ".join(collision_words(one) for one in found)


def spoken(one: Booked, conflicts: tuple[Collision, ...], lane: Lane) -> str:
    """What a screen reader says of a block."""
    slot = one.appointment
    parts = [times(slot), one.person.name.full, slot.reason, whom(slot), state_of(slot)[0]]
    if conflicts:
        parts.append(f"{_('Conflict')}: {conflict_words(conflicts)}")
    elif lane.of > 1:
        parts.append(_("side by side with others"))
    return ", ".join(part for part in parts if part)


def period(view: str, day: date) -> str:
    """What the page shows, as its title."""
    if view == "day":
        return f"{sentence_case(fmt_day(day))}, {day.year}"
    if view == "month":
        return sentence_case(fmt_month(day))
    shown = days(view, day)
    return f"{fmt_date(shown[0])} – {fmt_date(shown[-1])}"


def heading(column: Column, view: str) -> str:
    """Over a column: the day, or whose it is."""
    if view == "week":
        return sentence_case(fmt_weekday(column.day))
    return column.name or _("Nobody named yet")


def spot_words(state: State, spot: Slot) -> str:
    """The free slot that the keyboard is at, for a screen reader."""
    told = {"when": fmt_moment(spot.start), "name": dict(state.practitioners).get(spot.practitioner, "")}
    return _("Free: %(when)s, %(name)s. Enter books there.") % told


def met_words(found: tuple[Collision, ...], outside: Outside | None) -> str:
    """What is in the way of an appointment with whoever is here."""
    unusual = _("It is outside of your hours.") if outside is not None else ""
    return " ".join(part for part in (conflict_words(found), unusual) if part)


def outside_words(name: str, found: Outside) -> str:
    """Why nobody is usually booked then, with `name` the practitioner's."""
    told = {"name": name or _("nobody named yet")}
    off = found.absence
    if off is None:
        return _("%(name)s does not work then: it is outside of the hours.") % told
    why = off.description or ("" if off.practitioner else _("holiday"))
    return (
        _("%(name)s is off then: %(why)s.") % {**told, "why": why}
        if why
        else _("%(name)s is off then.") % told
    )


def counted(count: int) -> str:
    return plural("%(n)d appointment", "%(n)d appointments", count) if count else ""


def conflicts_counted(count: int) -> str:
    return plural("%(n)d in conflict", "%(n)d in conflict", count) if count else ""


def done_words(name: str, before: Appointment | None, wanted: Appointment) -> str:
    """What was done, for the message at the foot."""
    told = {"name": name, "when": fmt_moment(wanted.start), "with": wanted.practitioner_name}
    if before is None:
        return _("%(name)s is booked for %(when)s.") % told
    if wanted.practitioner != before.practitioner:
        return _("%(name)s was moved to %(when)s, with %(with)s.") % told
    return _("%(name)s was moved to %(when)s.") % told


def attended_words(name: str, came: bool) -> str:
    """What was written down about whoever was booked."""
    said = _("%(name)s has arrived.") if came else _("%(name)s did not come.")
    return said % {"name": name}


def may_come(one: Appointment, now: datetime) -> bool:
    """Whether it can be said that she is here."""
    return one.status in ("booked", "noshow") and one.start.astimezone().date() <= now.astimezone().date()


def may_miss(one: Appointment, now: datetime) -> bool:
    """Whether it can be said that she did not come."""
    return one.status in ("booked", "arrived") and one.start <= now
