# SPDX-License-Identifier: GPL-3.0-or-later
"""The organisation's own rules in plain words: what each is for, what holds where nothing is said, what is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.policies import HELP_PHONE, HOURS, IDLE_LOCK, KEEP_YEARS, SIGN_AGAIN, YES
from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_date, plural
from desktop.screens.lines import Line

if TYPE_CHECKING:
    from clinic.services.organising import Setting

TITLES = {
    HOURS: N_("Opening hours"),
    IDLE_LOCK: N_("Until an untouched screen covers itself"),
    KEEP_YEARS: N_("How long charts are kept"),
    HELP_PHONE: N_("Whom a closed kiosk says to phone"),
    SIGN_AGAIN: N_("Password again at signing"),
}
_FOR = {
    HOURS: N_(
        "A chart that is opened while the clinic is closed, by somebody without a reason of that day, is put before whoever "
        "reviews the audit. Nothing is locked by it: a night on call goes on. Each computer goes by its own clock."
    ),
    IDLE_LOCK: N_(
        "At most so many minutes; each person may choose fewer under “My way in”. It keeps the next person in the room from "
        "reading; it does not stop who can change the program."
    ),
    KEEP_YEARS: N_(
        "From the last entry, with its consents and with who opened it. Nothing is deleted by it: it says from when a chart "
        "is called past its time. More than the law asks for can be set, never less."
    ),
    HELP_PHONE: N_(
        "A kiosk whose data was destroyed shows this number to whoever stands before it. Set it before you order that: "
        "afterwards the kiosk hears nothing more."
    ),
    SIGN_AGAIN: N_(
        "Whoever signs a note types her password once more, so that nobody signs at a screen that was left open. Wrong ones "
        "count as at the login and make one wait; what is written stays."
    ),
}
HOW = {
    HOURS: N_("Like Mo-Fr 07:00-20:00; Sa 08:00-13:00"),
    IDLE_LOCK: N_("A number of minutes"),
    KEEP_YEARS: N_("A number of years"),
    HELP_PHONE: N_("Like +54 385 421 0000"),
    SIGN_AGAIN: N_("yes or no"),
}


def setting_line(one: Setting) -> Line:
    mark = Mark(_("Set"), "primary") if one.said else Mark(_("Default"), "neutral")
    return Line(one.key, _(TITLES[one.key]), value_words(one.key, one.holds), marks=(mark,), icon="sliders")


def about_setting(one: Setting) -> str:
    """What it is for, what holds, the default, the law, and the statement behind it."""
    said = [_(_FOR[one.key]), _("Now: %(value)s") % {"value": value_words(one.key, one.holds)}]
    said.append(_("Where nobody says anything: %(value)s") % {"value": value_words(one.key, one.default)})
    if one.source:
        said.append(_("The law: %(source)s") % {"source": one.source})
    if one.at is not None:
        said.append(_("Signed by %(name)s on %(day)s.") % {"name": one.by, "day": fmt_date(one.at)})
    said.append(
        _(
            "What you set is signed with your key as “%(key)s” into the list of the organisation, which every computer "
            "checks and everybody can read, and stands in the audit."
        )
        % {"key": one.key}
    )
    return "\n\n".join(said)


def value_words(key: str, value: str) -> str:
    """A value as people say it."""
    if key == HOURS:
        return value or _("no hours: no opening counts as out of hours")
    if key == HELP_PHONE:
        return value or _("no number: it says to ask the staff")
    if key == SIGN_AGAIN:
        return _("yes") if value == YES else _("no")
    number = int(value)
    if key == IDLE_LOCK:
        return plural("%(n)d minute", "%(n)d minutes", number)
    return plural("%(n)d year", "%(n)d years", number)
