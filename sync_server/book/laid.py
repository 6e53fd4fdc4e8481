# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on an island, for whoever takes it to the centre: each author's envelopes by number."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from clinic.domain.ids import DeviceId
from sync_server.book.tables import counters, envelopes
from sync_server.book.tidying import GONE

_AT_ONCE = 500
"""Of one author."""


def laid(conn: Connection, beyond: Mapping[tuple[DeviceId, int], int], byte_budget: int) -> tuple[bytes, ...]:
    """After the number that is said of an author; of one of whom nothing is said, the first alone, so that the centre can
    say how far it is. At least one, if there is any."""
    found: list[bytes] = []
    authors = conn.execute(
        select(counters.c.device, counters.c.incarnation).order_by(counters.c.device, counters.c.incarnation)
    ).all()
    for device, incarnation in authors:
        after = beyond.get((DeviceId(device), int(incarnation)))
        rows = conn.execute(
            select(envelopes.c.wire)
            .where(
                envelopes.c.device == device,
                envelopes.c.incarnation == incarnation,
                envelopes.c.env_no > (after or 0),
                envelopes.c.priority < GONE,
            )
            .order_by(envelopes.c.env_no)
            .limit(1 if after is None else _AT_ONCE)
        )
        for (wire,) in rows:
            byte_budget -= len(wire)
            if byte_budget < 0 and found:
                return tuple(found)
            found.append(bytes(wire))
    return tuple(found)
