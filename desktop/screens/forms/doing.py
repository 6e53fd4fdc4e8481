# SPDX-License-Identifier: GPL-3.0-or-later
"""What the forms of a chart ask of the services; called on workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.ids import EncounterId, FactId, PatientId

if TYPE_CHECKING:
    from clinic.domain.facts import Questionnaire, QuestionnaireResponse
    from clinic.domain.questionnaires import Given
    from clinic.services.charts import Asked
    from clinic.services.desks import Desk


class Filling:
    """By the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def to_fill_in(self) -> tuple[Questionnaire, ...]:
        from clinic.services.forms import to_fill_in

        return to_fill_in(self._desk)

    def begin(self, url: str, version: int, window: PatientId, encounter: EncounterId) -> Asked:
        from clinic.services.forms import begin

        return begin(self._desk, url, version, window, encounter)

    def amend(self, response: FactId, window: PatientId) -> Asked:
        from clinic.services.forms import begin_amending

        return begin_amending(self._desk, response, window)

    def draft(self, response: FactId, window: PatientId) -> Asked:
        from clinic.services.forms import draft

        return draft(self._desk, response, window)

    def keep(
        self, response: QuestionnaireResponse, given: Given, window: PatientId, reason: str
    ) -> QuestionnaireResponse:
        from clinic.services.forms import keep_draft

        return keep_draft(self._desk, response, given, window, reason)

    def complete(
        self, response: QuestionnaireResponse, given: Given, window: PatientId, reason: str
    ) -> QuestionnaireResponse:
        from clinic.services.forms import complete

        return complete(self._desk, response, given, window, reason)

    def throw_away(self, response: FactId, window: PatientId) -> object:
        from clinic.services.forms import throw_away

        return throw_away(self._desk, response, window)

    def take_up(self, response: FactId, window: PatientId) -> object:
        from clinic.services.forms import take_up

        return take_up(self._desk, response, window)
