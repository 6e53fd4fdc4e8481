# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen says about synchronising: counts of what is acknowledged, never an adjective without a
number behind it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Counts of envelopes of this device. `waiting`: not acknowledged by any remote; `received`: from
    others, since the start."""

    waiting: int = 0
    acknowledged: int = 0
    refused: int = 0
    quarantined: int = 0
    received: int = 0
    last_exchange_at: datetime | None = None
    online: bool = False

    @property
    def all_acknowledged(self) -> bool:
        """True only when there is a receipt for everything written here."""
        return self.waiting == 0 and self.last_exchange_at is not None


class Mood(StrEnum):
    """Which sentence a screen chooses."""

    NEVER = "never"
    OFFLINE = "offline"
    SENDING = "sending"
    ATTENTION = "attention"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Parts to word: the mood, the counts that are not 0 in the order to name them, and when it was last
    so."""

    mood: Mood
    counts: tuple[tuple[str, int], ...]
    since: datetime | None


_NAMED = ("waiting", "refused", "quarantined", "acknowledged", "received")


def sentence(status: SyncStatus) -> Sentence:
    """What to say about that status."""
    counts = tuple((name, getattr(status, name)) for name in _NAMED if getattr(status, name))
    return Sentence(_mood(status), counts, status.last_exchange_at)


def _mood(status: SyncStatus) -> Mood:
    if status.refused or status.quarantined:
        return Mood.ATTENTION
    if not status.online:
        return Mood.OFFLINE if status.last_exchange_at else Mood.NEVER
    return Mood.SETTLED if status.all_acknowledged else Mood.SENDING
