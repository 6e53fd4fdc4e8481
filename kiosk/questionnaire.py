# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of an intake as this kiosk asks them: of each questionnaire the newest version it holds and understands.

The first two screens, reason and symptoms, are made of the general one; what follows is an interview
(`clinic.domain.questionnaires`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from clinic.domain import questionnaires as q
from clinic.domain.facts import FormItem, Questionnaire
from clinic.domain.questionnaires import GENERAL, REASON, SYMPTOMS, Interview, Passed
from clinic.domain.red_flags import coded, raised
from clinic.domain.values import Coding


@dataclass(frozen=True, slots=True)
class Choice:
    """One tile: a drawing and its word in every language."""

    item: FormItem
    id: str
    picture: str

    def word(self, language: str) -> str:
        """The word in that language, in that of the questionnaire where there is none."""
        return q.option(self.item, self.id, language)

    def coding(self, language: str) -> Coding:
        """The code; `display` as the patient saw it."""
        own = next(one for one in self.item.options if one.code == self.id)
        return Coding(system=own.system, code=own.code, display=self.word(language))


@dataclass(frozen=True, slots=True)
class Questions:
    """`forms`: by url; `passed`: newer versions that are not asked here, because this program does not understand them."""

    forms: Mapping[str, Questionnaire]
    passed: tuple[Passed, ...] = ()

    @property
    def reasons(self) -> tuple[Choice, ...]:
        return choices(self._item(REASON))

    def reason(self, key: str) -> Choice:
        return next(choice for choice in self.reasons if choice.id == key)

    def symptoms_of(self, reason: str) -> tuple[Choice, ...]:
        """The tiles shown after that reason."""
        return choices(self._item(f"{SYMPTOMS}.{reason}"))

    def interview(self, reason: str, symptoms: Iterable[str], born: date | None, today: date) -> Interview:
        """What is asked after the first two screens, nothing of it answered yet."""
        told = tuple(symptoms)
        known = {REASON: (reason,), SYMPTOMS: told, q.AGE: _years(born, today)}
        return Interview(self.forms, known, {GENERAL: {REASON: (reason,), f"{SYMPTOMS}.{reason}": told}})

    def flags(self, told: Interview, born: date | None, today: date, language: str) -> tuple[Coding, ...]:
        """The red flags of what was told so far, each once."""
        asked = dict.fromkeys(form.url for form, _item in q.path(told))
        found = [flag for url in asked for flag in raised(self.forms[url], told.answers(url), born, today)]
        return coded({flag.code: flag for flag in found}.values(), language)

    def _item(self, key: str) -> FormItem:
        return next(item for item in self.forms[GENERAL].items if item.key == key)


def choices(item: FormItem) -> tuple[Choice, ...]:
    """Its tiles, in order."""
    return tuple(Choice(item, one.code, q.face(item, one.code).picture or "other") for one in item.options)


def load(held: Iterable[Questionnaire] = ()) -> Questions:
    """What comes with the program and what the clinic put out. Every intake begins with the general one: what
    ships is asked where the clinic retired all that is understood here."""
    from clinic.exchange.shipped_questionnaires import shipped

    forms, passed = q.in_use((*shipped(), *held))
    return Questions({GENERAL: q.in_use(shipped())[0][GENERAL], **forms}, passed)


def _years(born: date | None, today: date) -> tuple[str, ...]:
    if born is None or born > today:
        return ()
    return (str(today.year - born.year - ((today.month, today.day) < (born.month, born.day))),)
