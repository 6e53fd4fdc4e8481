# SPDX-License-Identifier: GPL-3.0-or-later
"""After an exchange: what the organisation's log asks of whoever is logged in here is said without being asked."""

import logging

from clinic.domain.errors import PostaError
from clinic.domain.record import Record
from clinic.keys.lease import Lease, days_without, lease
from clinic.keys.rights import Action, user_may
from clinic.keys.tending import due
from clinic.services.desks import Desk
from clinic.services.enrolment import state
from clinic.services.wishes import carry_out

log = logging.getLogger(__name__)


def tend(desk: Desk) -> bool:
    """Say what is due; True if something was said. What fails is due again after the next exchange."""
    if desk.person is None:
        return False
    before = desk.trust.position
    try:
        if user_may(desk.trust, desk.person.user, Action.ADMIT):
            carry_out(desk)
        if _due(desk):
            state(desk, lambda _log: _due(desk))
    except PostaError as error:
        log.info("what the organisation's log asks for waits: %s", error.sentence)
    return desk.trust.position > before


def _due(desk: Desk) -> list[Record]:
    me = desk.someone
    return due(desk.trust, me.user, desk.device, desk.team_keys, desk.clock.now(), desk.random)


def lease_of(desk: Desk, in_care: bool) -> tuple[Lease, int]:
    """How this computer stands, and the days since an administrator was heard."""
    heard, now = desk.trust.heard, desk.clock.now()
    return lease(heard, now, in_care), days_without(heard, now)
