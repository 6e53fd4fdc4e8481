# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that no patient should wait with. The rules are data of the questionnaire, each with its source (decision 51)."""

from collections.abc import Iterable
from datetime import date

from clinic.domain.facts import Questionnaire, RedFlag
from clinic.domain.questionnaires import Given, holds, kept, said_in
from clinic.domain.values import Coding

RED_FLAG = "urn:posta:red-flag"
"""System of the codes by which an Encounter names its flags."""


def raised(form: Questionnaire, given: Given, born: date | None, today: date) -> tuple[RedFlag, ...]:
    """The rules that hold for what was told so far, each once, in the order of the form. Nothing told, or an age nobody
    knows, raises none; the answer of a question that is not asked any more neither."""
    answers = kept(form, given)
    found: dict[str, RedFlag] = {}
    for item in form.items:
        for flag in item.red_flags:
            told = set(flag.answers) & set(answers.get(item.key, ()))
            where = all(holds(one, answers.get(one.question, ())) for one in flag.enable_when)
            if told and where and _young_enough(flag.under_days, born, today):
                found.setdefault(flag.code, flag)
    return tuple(flag for flag in found.values() if flag.unless not in found)


def coded(flags: Iterable[RedFlag], language: str) -> tuple[Coding, ...]:
    """As an Encounter keeps them."""
    return tuple(
        Coding(system=RED_FLAG, code=one.code, display=said_in(one.words, language, one.code))
        for one in flags
    )


def _young_enough(under_days: int, born: date | None, today: date) -> bool:
    return not under_days or (born is not None and 0 <= (today - born).days < under_days)
