# SPDX-License-Identifier: GPL-3.0-or-later
"""What her own appointments are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.asking import CANCEL, MOVE
from clinic.domain.facts import AskedStatus
from desktop.kit.words import _, fmt_ago, fmt_day, fmt_time
from kiosk.screens.things.logic import AFTERNOON, Choice, Own

if TYPE_CHECKING:
    from clinic.domain.facts import AppointmentRequest
    from clinic.services.requesting import Offers


@dataclass(frozen=True, slots=True)
class Said:
    """Display texts of a line or of what is done; `icon` and `tone` say the same without words."""

    title: str
    detail: str
    state: str
    icon: str
    tone: str


def when(start: datetime) -> str:
    return _("%(day)s at %(time)s") % {"day": fmt_day(start.astimezone()), "time": fmt_time(start)}


def half(since: datetime) -> str:
    """'Monday, 30 November, in the morning'."""
    local = since.astimezone()
    day = fmt_day(local)
    if local.hour >= AFTERNOON[0].hour:
        return _("%(day)s in the afternoon") % {"day": day}
    return _("%(day)s in the morning") % {"day": day}


def choice_words(one: Choice) -> str:
    return when(one.start) if one.start is not None else half(one.since)


def with_whom(name: str) -> str:
    return _("With %(name)s") % {"name": name} if name else _("With whoever is free first")


def line_words(one: Own) -> Said:
    """One line of the list."""
    if one.booked is not None:
        booked = one.booked
        return Said(when(booked.start), with_whom(booked.practitioner_name), _("It is booked"), "check", "ok")
    assert one.request is not None
    return request_words(one.request)


def request_words(one: AppointmentRequest) -> Said:
    """What was asked for, and how it stands."""
    title = wish_words(one)
    detail = "" if one.wish == CANCEL else with_whom(one.practitioner_name)
    match one.status:
        case AskedStatus.ACCEPTED if one.wish == CANCEL:
            return Said(title, detail, _("It is called off"), "check", "ok")
        case AskedStatus.ACCEPTED:
            return Said(title, detail, _("It is booked"), "check", "ok")
        case AskedStatus.DECLINED:
            return Said(title, detail, _("The clinic said no: %(why)s") % {"why": one.answer}, "x", "danger")
        case AskedStatus.CANCELLED:
            return Said(title, detail, _("You took it back"), "x", "neutral")
    return Said(title, detail, _("Asked for, not answered yet"), "clock", "warn")


def wish_words(one: AppointmentRequest) -> str:
    if one.wish == CANCEL:
        return _("You cannot come")
    at = one.start or one.requested_from
    said = "" if at is None else when(at) if one.start is not None else half(at)
    return _("Another time: %(when)s") % {"when": said} if one.wish == MOVE else said


def done_words(one: Own | None, online: bool) -> tuple[str, str, str]:
    """(title, a few words, what comes next) of the last wish. Never more than is so: only the clinic's answer says that it is
    booked."""
    if one is None or one.request is None:
        return _("It is being saved"), "", _("A moment, please.")
    off = one.request.wish == CANCEL
    match one.request.status:
        case AskedStatus.ACCEPTED if off:
            return _("It is called off"), "", _("The clinic knows that you do not come.")
        case AskedStatus.ACCEPTED:
            return _("It is booked"), "", _("The clinic expects you.")
        case AskedStatus.DECLINED:
            return _("The clinic said no"), "", one.request.answer
        case AskedStatus.CANCELLED:
            return _("You took it back"), "", _("Nothing is asked for any more.")
    few = _("Until the clinic answers, it stands.") if off else _("It is not booked yet.")
    if not online:
        return (
            _("It is asked for"),
            few,
            _(
                "There is no line to the clinic now. It is kept here and leaves by itself; your clinic answers when the line "
                "is back."
            ),
        )
    asked = _("The clinic is told that you do not come.") if off else _("The clinic is asked.")
    return _("It is asked for"), few, f"{asked} {_('You see the answer here, today or next time you come.')}"


def age_words(offers: Offers | None, online: bool, now: datetime) -> str:
    """How old the free times are, where that matters."""
    if offers is None or offers.as_of is None or not offers.times or online:
        return ""
    return _("Free times as the clinic told them %(ago)s") % {"ago": fmt_ago(offers.as_of, now)}
