# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of emergencies asks of the services; called on workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.errors import Unavailable
from clinic.domain.facts import EmergencySummary
from clinic.domain.ids import FactId, PatientId
from clinic.keys.rights import Action
from desktop.screens.emergency.logic import Open, Reading, Review

if TYPE_CHECKING:
    from clinic.services.break_glass import Asking
    from clinic.services.desks import Desk
    from clinic.transport.security_key import UsbKey


class Emergencies:
    """Of the person at one desk. `asking` is the telephone's: custodians are asked by letter."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._typed = desk, ""
        self.asking: Asking | None = None

    def find(self, text: str) -> tuple[EmergencySummary, ...]:
        from clinic.services.emergency import find_elsewhere
        from clinic.services.people import search_begins

        search_begins(self._desk, self._typed, text, "people of other teams")
        self._typed = text
        return find_elsewhere(self._desk, text)

    def team(self, summary: EmergencySummary) -> str:
        """The name of the team whose patient it is."""
        known = self._desk.trust.by_team.get(summary.team)
        return known.name if known else ""

    def summary(self, patient: PatientId, reason: str) -> EmergencySummary:
        """After the audit entry. Raises Refusal."""
        from clinic.services.emergency import open_summary

        return open_summary(self._desk, patient, reason)

    def ask(self, patient: PatientId, reason: str, password: str, with_key: bool) -> Reading:
        """The whole chart from a custodian; waits. Raises Refusal, Unavailable."""
        if self.asking is None:
            raise Unavailable("This desk is not connected. Wait a moment, then ask again.")
        self.asking.ask(patient, reason, password, self._key() if with_key else None)
        return self.read(patient)

    def read(self, patient: PatientId) -> Reading:
        """The chart while it is open."""
        from clinic.services.break_glass import whole_chart
        from desktop.screens.emergency.rows import parts

        shown = whole_chart(self._desk, patient, self._desk.clock.now())
        return Reading(patient, shown.chart.person.name.full, parts(shown.chart), shown.until, shown.closed)

    def state(self) -> tuple[tuple[Open, ...], tuple[Review, ...], bool]:
        """What is open, what is to be reviewed, whether a security key is asked; charts whose time is over are forgotten."""
        from clinic.services.break_glass import open_charts

        opened = tuple(
            Open(one.patient, one.until) for one in open_charts(self._desk, self._desk.clock.now())
        )
        return opened, self.reviews(), self.asks_key

    def reviews(self) -> tuple[Review, ...]:
        """What the own team has to look into; none for who opens no charts."""
        from clinic.keys.testimony import REVIEW_CODE
        from clinic.services.gate import allowed
        from clinic.services.plans import due_tasks

        if not allowed(self._desk, Action.OPEN_CHART):
            return ()
        me = self._desk.someone.user
        return tuple(
            Review(due.task.id, due.task.patient, due.person.name.full if due.person else "", due.task.note, due.task.due,
                   due.late, due.task.author == me)
            for due in due_tasks(self._desk)
            if due.task.code == REVIEW_CODE
        )  # fmt: skip

    def close_review(self, review: FactId, patient: PatientId, note: str) -> None:
        """Raises Refusal for one's own, or without a note."""
        from clinic.services.plans import done

        done(self._desk, review, patient, note)

    @property
    def asks_key(self) -> bool:
        """Whether the way in of the person here asks for her security key."""
        from clinic.services.ways_in import ways

        return any(way.asks_key for way in ways(self._desk) if way.label == self._desk.label)

    def _key(self) -> UsbKey:
        from clinic.transport.security_key import UsbKey

        return UsbKey(self._desk.random)
