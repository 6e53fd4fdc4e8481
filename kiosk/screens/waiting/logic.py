# SPDX-License-Identifier: GPL-3.0-or-later
"""What the waiting room says: calm, with a number, and what to do when the clinic cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.kit.words import _, fmt_day, fmt_time, plural
from kiosk.flow import Journey


@dataclass(frozen=True, slots=True)
class Shown:
    """Display texts; `tone` as in the kit. `state` is the sentence at the foot."""

    title: str
    hint: str
    ticket: str
    place: str
    wait: str
    tone: str
    state: str


def own_things(journey: Journey) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(title, lines) of what the patient's card brought along: appointments, medicine, messages."""
    known = journey.known
    if known is None:
        return ()
    appointments = tuple(
        _("%(day)s at %(time)s") % {"day": fmt_day(each.start), "time": fmt_time(each.start)}
        for each in known.appointments
    )
    found = (
        (_("Your next visit"), appointments),
        (_("Your medicine"), known.prescriptions),
        (_("Messages for you"), known.messages),
    )
    return tuple((title, lines) for title, lines in found if lines)


def shown(journey: Journey) -> Shown:
    """The waiting room of this journey."""
    ticket = journey.visit.ticket if journey.visit else ""
    title, hint = _heading(journey)
    place, wait = _place(journey)
    tone, state = _state(journey)
    return Shown(title, hint, ticket, place, wait, tone, state)


def _heading(journey: Journey) -> tuple[str, str]:
    if not journey.by_video:
        return _("Please wait here"), _("A person of the clinic will come to you.")
    if journey.talked and journey.call_reason in ("lost", "no media"):
        return _("The call was cut"), _("Please stay seated. The clinic will call you again.")
    if journey.talked:
        return _("The call has ended"), _("Stay a moment: your summary is being written.")
    if journey.call_reason in ("no answer", "cancelled", "declined"):
        return _("We will call you again"), _("Please stay seated. The screen rings when it is your turn.")
    if journey.place is not None and journey.place.status == "in-progress":
        return _("It is your turn"), _("The clinician is opening your record and will call you here.")
    return _("Please take a seat"), _("The screen rings when it is your turn.")


def _place(journey: Journey) -> tuple[str, str]:
    place = journey.place
    if place is None or place.place < 1 or journey.talked or not journey.by_video:
        return "", ""
    first = place.place == 1
    ahead = (
        _("You are number 1, the next one")
        if first
        else _("You are number %(place)d") % {"place": place.place}
    )
    if place.wait_minutes < 1:
        return ahead, _("A moment")
    return ahead, plural("About %(n)d minute", "About %(n)d minutes", place.wait_minutes)


def _state(journey: Journey) -> tuple[str, str]:
    if journey.to_file:
        return "info", _("Your answers are being saved.")
    if not journey.online:
        return "warn", _(
            "The line to the clinic is down. What you told is safe here and goes out by itself. Call a "
            "person."
        )
    return "ok", _("The clinic has your answers.") if journey.place else _(
        "Your answers are saved and on their way."
    )
