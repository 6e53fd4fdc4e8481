# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit entries: who did what to whose record, chained per device."""

from clinic.domain.facts import AuditEvent
from clinic.domain.ids import FactId, PatientId
from clinic.keys.audit import chained, entry_hash
from clinic.services.desks import Desk, Written
from clinic.store.writing import WritePage

_HEAD = "audit head"


def audit(desk: Desk, action: str, patient: PatientId, outcome: str = "success", entity: str = "") -> Written:
    """Write the entry, durably, before the act it speaks of is shown."""

    def entry(page: WritePage) -> tuple[AuditEvent]:
        event = AuditEvent(
            id=FactId(desk.new_id()), patient=patient, action=action, recorded_at=desk.clock.now(), agent=desk.name_here,
            device=desk.device, outcome=outcome, entity=entity,
        )  # fmt: skip
        event = chained(event, page.meta(_HEAD) or b"")
        page.put_meta(_HEAD, entry_hash(event))
        return (event,)

    return desk.write_within(entry)
