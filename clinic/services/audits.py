# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit entries: who did what to whose record, chained per device."""

from collections.abc import Iterable
from datetime import datetime

from clinic.domain.facts import AuditEvent
from clinic.domain.ids import FactId, PatientId
from clinic.keys.audit import chained, entry_hash
from clinic.services.desks import Desk, Written
from clinic.store.writing import WritePage

_HEAD = "audit head"


def audit(desk: Desk, action: str, patient: PatientId, outcome: str = "success", entity: str = "") -> Written:
    """Write the entry, durably, before the act it speaks of is shown."""
    return desk.write_within(
        lambda page: (_entry(desk, page, action, patient, desk.clock.now(), desk.name_here, outcome, entity),)
    )


def audit_earlier(desk: Desk, action: str, tried: Iterable[tuple[datetime, str, str]]) -> Written:
    """Write down what happened while the store was closed, in one turn: (when, who said to be there, what)."""
    return desk.write_within(
        lambda page: tuple(
            _entry(desk, page, action, PatientId(""), at, agent, "failure", entity)
            for at, agent, entity in tried
        )
    )


def entry_of(
    desk: Desk, page: WritePage, action: str, patient: PatientId, agent: str, entity: str
) -> AuditEvent:
    """An entry to be filed with what it speaks of, in one transaction."""
    return _entry(desk, page, action, patient, desk.clock.now(), agent, "success", entity)


def _entry(
    desk: Desk, page: WritePage, action: str, patient: PatientId, at: datetime, agent: str, outcome: str, entity: str
) -> AuditEvent:  # fmt: skip
    event = AuditEvent(
        id=FactId(desk.new_id()), patient=patient, action=action, recorded_at=at, agent=agent, device=desk.device,
        outcome=outcome, entity=entity,
    )  # fmt: skip
    event = chained(event, page.meta(_HEAD) or b"")
    page.put_meta(_HEAD, entry_hash(event))
    return event
