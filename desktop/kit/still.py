# SPDX-License-Identifier: GPL-3.0-or-later
"""One picture of the other side's camera, as far as it has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Still:
    """One still. `picture` is its bytes once it is whole; `trouble`: why it never came."""

    number: int
    asked_at: datetime
    done: int = 0
    total: int = 0
    picture: bytes = b""
    image: Any = None
    """A QImage, once it was read."""
    came_at: datetime | None = None
    trouble: str = ""
    outgoing: bool = False

    @property
    def waits(self) -> bool:
        return not (self.picture or self.trouble)

    @property
    def share(self) -> float:
        """How much of it is here, 0..1."""
        return min(1.0, self.done / self.total) if self.total else 0.0
