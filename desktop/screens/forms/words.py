# SPDX-License-Identifier: GPL-3.0-or-later
"""A form as its reader sees it: questions, units, answers and days in her language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem
from clinic.domain.forms import NUMBERS, fits
from desktop.kit.words import N_, _, fmt_date, fmt_value, language
from desktop.screens.lines import Line
from desktop.screens.phrases import UNITS

if TYPE_CHECKING:
    from clinic.services.charts import Asked

WORDED = {"wk": N_("weeks"), "mo": N_("months"), "a": N_("years"), "d": N_("days")}


def unit_words(unit: str) -> str:
    """A UCUM unit as people write it."""
    return _(WORDED[unit]) if unit in WORDED else UNITS.get(unit, unit)


def title(asked: Asked) -> str:
    """The form's title, or its name where this computer does not hold that version."""
    if asked.form is None:
        return asked.response.questionnaire.rpartition(":")[2]
    return q.title(asked.form, language())


def question_words(item: FormItem) -> str:
    """The question with its unit."""
    unit = unit_words(item.unit)
    return q.question(item, language()) + (f" ({unit})" if unit else "")


def range_words(item: FormItem) -> str:
    """What a number may be, or how a day is written; '' for anything."""
    if item.kind == "date":
        return _("Day/month/year, such as 07/03/2026")
    if item.kind not in NUMBERS or (item.low is None and item.high is None):
        return ""
    low, high = ("" if end is None else fmt_value(end) for end in (item.low, item.high))
    if low and high:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    return _("from %(low)s") % {"low": low} if low else _("up to %(high)s") % {"high": high}


def trouble_words(item: FormItem, given: tuple[str, ...]) -> str:
    """What has to be put right in this answer."""
    if not given:
        return _("This has to be answered.")
    if item.kind == "date":
        return _("This is no day. Write day/month/year.")
    if item.kind in NUMBERS:
        said = range_words(item)
        return _("Write a number: %(range)s.") % {"range": said} if said else _("Write a number.")
    return _("Choose one of the answers.")


def answer_words(item: FormItem, answer: str) -> str:
    if item.kind in NUMBERS and fits(item, (answer,)):
        return fmt_value(Decimal(answer), unit_words(item.unit))
    if item.kind == "date" and fits(item, (answer,)):
        return fmt_date(date.fromisoformat(answer))
    return q.in_words(item, answer, language())


def lines(asked: Asked) -> list[Line]:
    """Question and answer, one under the other, with the headings of the form; as it stood then where the form is not here."""
    if asked.form is None:
        return [Line(one.key, one.question, ", ".join(one.answers)) for one in asked.response.said]
    given = q.kept(asked.form, q.given_in(asked.response))
    found, heading = [], None
    for item in asked.form.items:
        if item.kind == "group":
            heading = Line("", q.question(item, language()), heading=True)
        elif given.get(item.key):
            if item.within and heading is not None:
                found.append(heading)
                heading = None
            said = ", ".join(answer_words(item, one) for one in given[item.key])
            found.append(Line(item.key, q.question(item, language()), said))
    return found
