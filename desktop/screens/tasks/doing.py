# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a chart and of Today ask of the services; called on workers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.keys.rights import Action, user_may

if TYPE_CHECKING:
    from clinic.domain.facts import Task
    from clinic.services.desks import Desk
    from clinic.services.plans import Due


class Planning:
    """Of the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def name_of(self, user: UserId) -> str:
        return self._desk.trust.name_of(user) if user else ""

    def colleagues(self) -> tuple[tuple[UserId, str], ...]:
        """Who of this team may write on its charts, but for who is here: (id, name), by name."""
        log, me = self._desk.trust, self._desk.someone.user
        known = {
            user: log.name_of(user)
            for user in log.members(self._desk.team)
            if user != me and user_may(log, user, Action.WRITE_NOTE)
        }
        return tuple(sorted(known.items(), key=lambda one: (one[1], one[0])))

    def due(self) -> tuple[Due, ...]:
        """Open tasks of all charts here, the late ones first; reviews are asked for elsewhere."""
        from clinic.keys.testimony import REVIEW_CODE
        from clinic.services.gate import allowed
        from clinic.services.plans import due_tasks

        if not allowed(self._desk, Action.OPEN_CHART):
            return ()
        return tuple(one for one in due_tasks(self._desk) if one.task.code != REVIEW_CODE)

    def plan(
        self, patient: PatientId, title: str, due: date | None, owner: UserId, encounter: EncounterId
    ) -> Task:
        from clinic.services.plans import plan

        return plan(self._desk, title, patient, due=due, owner=owner, encounter=encounter)

    def take(self, task: FactId, patient: PatientId) -> object:
        from clinic.services.plans import take

        return take(self._desk, task, patient)

    def done(self, task: FactId, patient: PatientId, note: str) -> object:
        from clinic.services.plans import done

        return done(self._desk, task, patient, note)

    def cancel(self, task: FactId, why: str, patient: PatientId) -> object:
        from clinic.services.plans import cancel

        return cancel(self._desk, task, why, patient)

    def reopen(self, task: FactId, patient: PatientId) -> object:
        from clinic.services.plans import reopen

        return reopen(self._desk, task, patient)
