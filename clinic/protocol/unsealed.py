# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in the outbox of a device that can read it again: not sealed before it leaves, and nowhere but in the book."""

from clinic.domain.ids import TeamId
from clinic.domain.record import Record, n, record


@record(397)
class Unsealed(Record):
    """`ops`: encoded Ops for `team`; or b'', and the key of the scope named by `key_id` (8 bytes) is to be granted to it."""

    team: TeamId = n(1)
    ops: bytes = n(2, default=b"")
    key_id: bytes = n(3, default=b"")
