# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of hours says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from clinic.domain.facts import Schedule
from clinic.domain.facts.schedules import DAY
from desktop.kit.words import _, fmt_date, fmt_dayname
from desktop.screens.hours.logic import hours_said
from desktop.screens.phrases import sentence_case

if TYPE_CHECKING:
    from clinic.domain.facts import NotAvailable

_MONDAY = date(2026, 11, 30)


def weekday(number: int) -> str:
    """0: Monday, in the reader's language."""
    return sentence_case(fmt_dayname(_MONDAY + timedelta(days=number)))


def off_words(one: NotAvailable) -> str:
    """From when to when somebody is off."""
    days = fmt_date(one.first)
    if one.last != one.first:
        days = f"{days} – {fmt_date(one.last)}"
    whole = (one.starts, one.ends) == (0, DAY)
    return days if whole else f"{days}, {hours_said(((one.starts, one.ends),))}"


def kept_words(made: Schedule) -> str:
    return _("The hours of %(name)s are kept.") % {"name": made.practitioner_name}


def removed_words(before: Schedule | NotAvailable) -> str:
    if isinstance(before, Schedule):
        return _("The hours of %(name)s were removed.") % {"name": before.practitioner_name}
    return _("The days off were removed: %(when)s.") % {"when": off_words(before)}
