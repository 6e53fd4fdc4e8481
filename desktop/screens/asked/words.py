# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request says to whoever answers it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.asking import BOOK, CANCEL
from desktop.kit.words import _, fmt_ago, fmt_day, fmt_moment, fmt_time
from desktop.screens.faces import known_by
from desktop.screens.phrases import coded, sentence_case
from desktop.screens.schedule.words import conflict_words

if TYPE_CHECKING:
    from clinic.protocol.letters import FreeTime
    from clinic.services.asked import Answer, AskedFor


def wish(row: AskedFor) -> str:
    """What she asks for, in a sentence."""
    one = row.request
    told = {"when": when(row), "before": fmt_moment(row.before.start) if row.before else _("an appointment")}
    if one.wish == CANCEL:
        return _("Does not come: %(before)s") % told
    if one.wish == BOOK:
        return _("Asks for an appointment: %(when)s") % told
    return _("Asks for another time: %(when)s instead of %(before)s") % told


def when(row: AskedFor) -> str:
    one = row.request
    if one.start is not None:
        said = fmt_moment(one.start)
    elif one.requested_from is not None and one.requested_until is not None:
        since, until = one.requested_from.astimezone(), one.requested_until.astimezone()
        said = f"{sentence_case(fmt_day(since))}, {fmt_time(since)}–{fmt_time(until)}"
    else:
        said = _("any time")
    whom = one.practitioner_name or _("whoever is free")
    return _("%(when)s with %(who)s") % {"when": said, "who": whom}


def about(row: AskedFor, now: datetime) -> str:
    """Why she comes, where and when she asked, and how she was known."""
    one = row.request
    known = ", ".join(known_by(row.identified)) or _("A number that nobody has confirmed")
    asked = _("asked at %(kiosk)s %(ago)s") % {"kiosk": one.device_name, "ago": fmt_ago(one.authored_at, now)}
    return " · ".join(part for part in (coded(one.reason) if one.reason else "", asked, known) if part)


def warning(row: AskedFor) -> str:
    """What stands in the way; '' for nothing."""
    said = [conflict_words(row.collisions)]
    for person, first in row.rivals:
        told = {"name": person.name.full}
        said.append(
            _("%(name)s asked for this time before.") % told
            if first
            else _("%(name)s asked for this time too, later.") % told
        )
    if row.request.wish != BOOK and row.before is None:
        said.append(_("The appointment it is about is not hers, or not on this computer."))
    elif row.request.wish != BOOK and row.before is not None and row.before.status != "booked":
        said.append(_("The appointment it is about is not booked any more."))
    elif not row.free and row.request.wish != CANCEL:
        said.append(_("Nothing is free near that time. Say no and propose another day, or call her."))
    return " ".join(part for part in said if part)


def grant(row: AskedFor, one: FreeTime) -> str:
    """On the button that gives her that time."""
    who = f" · {one.practitioner_name}" if one.practitioner != row.request.practitioner else ""
    at = _("Book %(when)s") if row.request.wish == BOOK else _("Move to %(when)s")
    return at % {"when": fmt_moment(one.start)} + who


def done(row: AskedFor, answer: Answer) -> str:
    name = row.person.name.full
    if answer.request.answer:
        return _("%(name)s is told no.") % {"name": name}
    if answer.after is None or answer.after.status == "cancelled":
        return _("The appointment of %(name)s was cancelled.") % {"name": name}
    told = {"name": name, "when": fmt_moment(answer.after.start)}
    if answer.before is not None:
        return _("%(name)s was moved to %(when)s.") % told
    return _("%(name)s is booked for %(when)s.") % told
