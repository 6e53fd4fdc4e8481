# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as a list: what is asked for, and what comes back."""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.ids import DeviceId, PatientId, UserId
from clinic.domain.misuse.seen import Act

Cursor = tuple[int, int]
"""(ms since 1970, row) of the last entry that was given."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the audit is wanted; '' and None narrow nothing. `text`: words that a name, action or detail begins with or
    holds; from `since` and before `until`."""

    text: str = ""
    user: UserId = UserId("")
    patient: PatientId = PatientId("")
    action: str = ""
    device: DeviceId = DeviceId("")
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit. `person`: whose chart, '' for none or one that is not here any more."""

    act: Act
    person: str
    device: str


@dataclass(frozen=True, slots=True)
class Listed:
    """`next`: where to go on, None at the end."""

    entries: tuple[Entry, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Matches:
    """All that match, the newest first: `numbers` say where each lies, `first` are the first of them, None for one that is
    shown no longer. `held`: how many entries of that time, and of that chart, there are at all."""

    numbers: tuple[int, ...]
    first: tuple[Entry | None, ...]
    held: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What one can choose from: (id, name), by name."""

    users: tuple[tuple[UserId, str], ...]
    devices: tuple[tuple[DeviceId, str], ...]
