# SPDX-License-Identifier: GPL-3.0-or-later
"""What each waiting kiosk is told about its patient's place; decided purely, posted by the telephone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clinic.domain.facts import EncounterStatus
from clinic.domain.ids import DeviceId, EncounterId
from clinic.protocol.letters import QueuePlace

if TYPE_CHECKING:
    from clinic.services.waiting import Waiting

MINUTES_A_VISIT = 12
"""What the waiting room is told to expect for each person before."""

Places = Mapping[tuple[DeviceId, EncounterId], QueuePlace]


def places(rows: Iterable[Waiting]) -> Places:
    """(kiosk, encounter) -> place, counted from 1 among those not yet in a visit; rows come most urgent
    first.
    """
    found: dict[tuple[DeviceId, EncounterId], QueuePlace] = {}
    ahead = 0
    for row in rows:
        visit = row.encounter
        inside = visit.status == EncounterStatus.IN_PROGRESS
        encounter = EncounterId(visit.id)
        minutes = 0 if inside else ahead * MINUTES_A_VISIT
        told = QueuePlace(
            encounter=encounter,
            place=1 if inside else ahead + 1,
            wait_minutes=minutes,
            status=str(visit.status),
        )
        if visit.kiosk:
            found[visit.kiosk, encounter] = told
        ahead += not inside
    return found


def news(before: Places, now: Places) -> tuple[tuple[DeviceId, QueuePlace], ...]:
    """What has to be posted because it differs from what was told before."""
    return tuple(
        (kiosk, told) for (kiosk, encounter), told in now.items() if before.get((kiosk, encounter)) != told
    )


def forget(before: Places, kiosk: DeviceId) -> Places:
    """As if this kiosk had been told nothing: it has come back, or a letter did not arrive."""
    return {key: told for key, told in before.items() if key[0] != kiosk}
