# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen says about synchronising: counts of what is acknowledged, never an adjective without a
number behind it."""

from dataclasses import dataclass
from datetime import datetime

CLOCKS_AGREE_S = 120
"""Beyond it times in records mislead whoever reads them."""


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Counts of what was written on this device. `waiting`: not acknowledged by any remote; `received`: from others,
    since the start; `withheld`: envelopes of others that are missing before ones that came."""

    waiting: int = 0
    acknowledged: int = 0
    refused: int = 0
    quarantined: int = 0
    received: int = 0
    withheld: int = 0
    last_exchange_at: datetime | None = None
    online: bool = False
    ahead_s: int = 0
    """Seconds the centre's clock is surely ahead of ours; negative: behind."""

    catching_up: bool = False
    """A new computer, to which older records are still on their way."""

    mending: int = 0
    """Charts that a colleague holds otherwise and that are being fetched once more."""
    mended: int = 0
    """Records that were damaged or missing here and were fetched, where that was in the last week."""

    copied: bool = False
    """A copy of this computer was seen to be in use, in the last month."""

    through: str = ""
    """The computer whose island is used while the centre cannot be reached; '' for none."""
    beside: int | None = None
    """How many other computers are connected to the island of this one; None while it serves none."""

    @property
    def clock_wrong(self) -> bool:
        """True when ours and the centre's differ so much that somebody should set one."""
        return abs(self.ahead_s) > CLOCKS_AGREE_S

    @property
    def all_acknowledged(self) -> bool:
        """True only when there is a receipt for everything written here."""
        return self.waiting == 0 and self.last_exchange_at is not None
