# SPDX-License-Identifier: GPL-3.0-or-later
"""Time as it is, and as the clock of a computer shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.domain.clock import FrozenClock


@dataclass(slots=True)
class WrongClock:
    """The clock of a computer: `off_s` seconds from the time that it is. Seconds that pass are told rightly."""

    true: FrozenClock
    off_s: float = 0.0

    def now(self) -> datetime:
        return self.true.now() + timedelta(seconds=self.off_s)

    def monotonic(self) -> float:
        return self.true.monotonic()
