# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in the outbox of a device that can read it again: not sealed before it leaves, and nowhere but in the book."""

from collections.abc import Iterable, Iterator

from clinic.domain.ids import TeamId
from clinic.domain.record import Record, made_of, n, record
from clinic.protocol.blocks import block, bytes_after
from clinic.protocol.codec import decode


@record(397)
class Unsealed(Record):
    """`ops`: encoded Ops for `team`; or b'', and the key of the scope named by `key_id` (8 bytes) is to be granted to it."""

    team: TeamId = n(1)
    ops: bytes = n(2, default=b"")
    key_id: bytes = n(3, default=b"")


def unsealed_all(rows: Iterable[bytes]) -> Iterator[Unsealed]:
    """Rows that wait, in order. Those of one team begin alike: of all but the first the ops are cut out without a look at the
    rest. Raises Malformed."""
    head, team = b"", TeamId("")
    for data in rows:
        ops = bytes_after(head, data) if head else None
        if ops is not None:
            yield made_of(Unsealed, {"team": team, "ops": ops})
            continue
        one = decode(data, Unsealed)
        yield one
        if one.ops and data.endswith(last := block(one.ops)):
            head, team = data[: -len(last)], one.team
