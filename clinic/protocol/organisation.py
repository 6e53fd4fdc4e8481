# SPDX-License-Identifier: GPL-3.0-or-later
"""Running an organisation: what an administrator wants said, what the centre knows of computers, the receipt of a wipe."""

from datetime import datetime

from clinic.domain.ids import DeviceId, UserId
from clinic.domain.record import Record, n, record
from clinic.protocol.trust import Counted

RECEIPT_CONTEXT = b"posta wiped 1"


@record(360)
class Wish(Record):
    """A statement an administrator asked for; it waits in her store until the centre holds it. `body` is the statement's,
    of which numbers of a revocation are filled in when it is signed."""

    id: str = n(1)
    body: Record = n(2)
    asked_at: datetime = n(3)
    asked_by: UserId = n(4)
    refused: str = n(5, default="")
    """Why it cannot be said any more; '' while it waits."""


@record(361)
class ComputerSeen(Record):
    """What the centre knows of a computer: its newest numbers, when it was last here, the receipt of its wipe."""

    device: DeviceId = n(1)
    incarnation: int = n(2, default=0)
    last_env_no: int = n(3, default=0)
    seen_at: datetime | None = n(4, default=None)
    receipt: bytes = n(5, default=b"")
    session_since: datetime | None = n(6, default=None)
    """Of the oldest session that is live there; None for none, or where whoever asks is not told."""
    came_from: str = n(7, default="")
    """'here' (the centre's own machine), 'local' or 'internet'; '' while it has not been here since the centre started."""
    counted: tuple[Counted, ...] = n(8, default=())
    """The last number of each incarnation that it was ever in; () of a centre of an earlier version."""


@record(362)
class ComputersSeen(Record):
    """Answer of GET /v1/computers."""

    computers: tuple[ComputerSeen, ...] = n(1, default=())


@record(363)
class WipeReceipt(Record):
    """POST /v1/receipts: a computer did what the statement at `position` ordered. `signature`: its own key's, over
    ``b"posta wiped 1"`` and this record without it."""

    device: DeviceId = n(1)
    position: int = n(2)
    at: datetime = n(3)
    waiting: int = n(4)
    """Envelopes that could not be handed in before; they are gone."""
    signature: bytes = n(5, default=b"")
