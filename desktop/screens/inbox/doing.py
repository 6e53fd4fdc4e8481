# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page asks of the services; called on workers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId, PatientId, UserId
from clinic.keys.rights import Action
from desktop.screens.inbox.logic import Found, Settle

if TYPE_CHECKING:
    from clinic.services.choosing import Dispute
    from clinic.services.clashes import Clash
    from clinic.services.desks import Desk


class Choosing:
    """Of the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def read(self) -> Found:
        """Everything that waits for who is here, and what was chosen here. Raises Unavailable for the disk."""
        from clinic.services import choosing, clashes
        from clinic.services.gate import allowed

        desk = self._desk
        if not allowed(desk, Action.FIND):
            return Found()
        booked = clashes.clashes(desk) if allowed(desk, Action.BOOK) else ()
        return Found(choosing.disputes(desk), booked, choosing.choices(desk))

    def open(self, kind: str, fact: FactId) -> Dispute:
        from clinic.services.choosing import dispute_of

        return dispute_of(self._desk, kind, fact)

    def settle(self, asked: Settle) -> None:
        """Raises Refusal, Unavailable: nothing is written then."""
        from clinic.services.choosing import choose

        one = asked.dispute
        choose(self._desk, one.kind, one.fact, one.seen, asked.picks, asked.typed, one.patient)

    def undo(self, kind: str, fact: FactId, patient: PatientId) -> None:
        from clinic.services.choosing import undo_choice

        undo_choice(self._desk, kind, fact, patient)

    def move(self, clash: Clash, at: datetime | None) -> None:
        """Another time, or (None) none."""
        from clinic.services import clashes

        name, window = clash.appointment.id, clash.appointment.patient
        if at is None:
            clashes.let_go(self._desk, name, window)
        else:
            clashes.move(self._desk, name, at, window)

    def put_back(self, clash: Clash) -> None:
        from clinic.services import clashes

        clashes.put_back(self._desk, clash.appointment.id, clash.appointment.start, clash.appointment.patient)

    def name_of(self, user: UserId) -> str:
        """Of a colleague; '' for nobody we know."""
        return self._desk.trust.name_of(user)
