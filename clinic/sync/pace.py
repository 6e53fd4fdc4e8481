# SPDX-License-Identifier: GPL-3.0-or-later
"""How many bytes each way one exchange asks of a link: what it carried in three seconds, less while it breaks.

What a cut link had taken in of an exchange is lost, so after a failure a link is trusted with little until it has held for a
while; then with twice as much each time.
"""

from dataclasses import dataclass, replace

DEFAULT_BUDGET = 65_536
SMALLEST_BUDGET = 16_384
LARGEST_BUDGET = 2 * 1024 * 1024
"""Bytes: 8 s, 2 s and 4 min at 64 kbit/s."""
AIM_S = 3.0
_PATIENCE = 16
"""Exchanges in a row that went well before a link that broke is trusted with more."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`budget`: bytes each way of the next exchange; `most`: what the link is trusted with; `well`: exchanges since it broke."""

    budget: int = DEFAULT_BUDGET
    most: int = LARGEST_BUDGET
    well: int = 0

    def carried(self, moved: int, took_s: float) -> "Pace":
        """After an exchange that went well and moved so many bytes in so many seconds. One that was not full says nothing of how
        fast the link is; nor does one in no time at all."""
        well = self.well + 1
        most = min(LARGEST_BUDGET, 2 * self.most) if well > _PATIENCE else self.most
        budget = self.budget
        if 2 * moved >= budget and took_s > 0:
            budget = int(min(moved / took_s * AIM_S, 8 * budget))
        return Pace(max(SMALLEST_BUDGET, min(budget, most)), most, well)

    def broken(self) -> "Pace":
        """After an exchange that came to nothing."""
        most = max(SMALLEST_BUDGET, self.budget // 4)
        return replace(self, budget=min(self.budget, most), most=most, well=0)
