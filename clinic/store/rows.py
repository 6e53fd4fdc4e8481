# SPDX-License-Identifier: GPL-3.0-or-later
"""What rows of the store look like above it: frozen dataclasses, never ORM objects or tuples."""

from dataclasses import dataclass
from datetime import date, datetime

from clinic.domain.facts import Fact
from clinic.domain.ids import PatientId, ScopeId


@dataclass(frozen=True, slots=True)
class Changes:
    """What a write changed: kinds of facts by class name, plus 'Sync' and 'Trust'; and whose."""

    kinds: frozenset[str] = frozenset()
    patients: frozenset[PatientId] = frozenset()

    def __or__(self, other: "Changes") -> "Changes":
        return Changes(self.kinds | other.kinds, self.patients | other.patients)

    def __bool__(self) -> bool:
        return bool(self.kinds)


@dataclass(frozen=True, slots=True)
class PersonRow:
    patient: PatientId
    family: str
    given: str
    birth_date: date | None
    gender: str
    dni: str
    provisional: bool
    last_seen_at: datetime | None


UNNUMBERED = 1 << 40
"""Rows of the outbox with this `env_no` or a higher one have no number of the device's yet: they get it when they leave."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    env_no: int
    scope: ScopeId
    priority: int
    ops: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Numbers of ops: `waiting` to leave, `acknowledged` by the centre, `refused` by it."""

    waiting: int
    acknowledged: int
    refused: int


@dataclass(frozen=True, slots=True)
class CodeRow:
    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `found`: what was looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that was found by its words; `at`: when what it tells happened."""

    fact: Fact
    patient: PatientId
    at: datetime
    snippet: tuple[Piece, ...]
