# SPDX-License-Identifier: GPL-3.0-or-later
"""What the consents of a chart ask of the services; called on workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.domain.facts import Decision
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.keys.rights import Action
from desktop.kit.words import language as here
from desktop.screens.consents.logic import Form
from desktop.screens.files import keep_file

if TYPE_CHECKING:
    from clinic.services.desks import Desk


class Consenting:
    """Of the person at one desk, who signs as witness."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def may_take(self) -> bool:
        return self._allowed(Action.TAKE_CONSENT)

    @property
    def may_export(self) -> bool:
        return self._allowed(Action.EXPORT)

    def name_of(self, user: UserId) -> str:
        return self._desk.trust.name_of(user) if user else ""

    def standing(self, patient: PatientId) -> dict[str, Decision]:
        """What counts now; what nobody asked is left out."""
        from clinic.services.consents import standing

        return standing(self._desk, patient)

    def form(self, language: str) -> Form:
        """What is read aloud before the answers."""
        from clinic.services.consents import spoken_form

        made = spoken_form(self._desk, language)
        items = tuple((item.scope, item.question) for item in made.items)
        return Form(made.language, made.title, made.intro, items, made.closing)

    def say(
        self, patient: PatientId, answers: Mapping[str, Decision], language: str, how: str, until: str
    ) -> object:
        """What she answered; `until`: '', 'day' or 'year'."""
        from clinic.services.consents import say

        ends = end_of(until, self._desk.clock.now())
        return say(self._desk, patient, answers, language, window=patient, valid_until=ends, how=how)

    def take_back(self, patient: PatientId, scopes: tuple[str, ...]) -> object:
        """She takes permissions back."""
        from clinic.services.consents import withdraw

        return withdraw(self._desk, patient, scopes, here(), window=patient)

    def keep_evidence(self, patient: PatientId, consent: FactId, path: Path) -> str:
        """The evidence of one statement as a file that anybody can check; answers the path."""
        from clinic.services.evidence import consent_evidence

        return keep_file(path, consent_evidence(self._desk, patient, consent).encode())

    def _allowed(self, action: Action) -> bool:
        from clinic.services.gate import allowed

        return allowed(self._desk, action)


def end_of(until: str, now: datetime) -> datetime | None:
    """When a permission of that length ends: at midnight where the clinic is, in a year, or never."""
    if until == "day":
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=1)
    return now + timedelta(days=365) if until == "year" else None
