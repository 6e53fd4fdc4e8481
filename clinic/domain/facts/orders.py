# SPDX-License-Identifier: GPL-3.0-or-later
"""What was prescribed, ordered, reported, planned."""

from datetime import date, datetime
from typing import ClassVar

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.record import Word, n, record
from clinic.domain.values import Attachment, Coding


class RequestStatus(Word):
    DRAFT = "draft"
    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"


UNTOLD = -1
"""A rhythm that is not on record."""


@record(6)
class MedicationRequest(Fact):
    medication: Coding = n(3)
    status: RequestStatus = n(4, default=RequestStatus.ACTIVE)
    authored_at: datetime = n(5)
    requester: UserId = n(6, default=UserId(""))
    dose: str = n(7, default="")
    """Such as 500 mg."""
    route: str = n(8, default="oral")
    every_hours: int = n(9, default=0)
    """0: once; UNTOLD: an order of another system that does not say it."""
    days: int = n(10, default=0)
    """0: until further notice."""
    instructions: str = n(11, default="")
    encounter: EncounterId = n(12, default=EncounterId(""))
    user_signature: bytes = n(13, default=b"")
    """Ed25519 of the requester over the fact without this field."""
    reason: Coding | None = n(14, default=None)
    """The diagnosis it is for."""
    override_reason: str = n(15, default="")
    """Why it was prescribed against a caution; '' where there was none."""
    overrode: tuple[str, ...] = n(16, default=())
    """The cautions that were on screen, one sentence each."""


class MedicationStatus(Word):
    """FHIR MedicationStatement.status, the values a chart needs."""

    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"
    NOT_TAKEN = "not-taken"


@record(24)
class MedicationStatement(Fact):
    """What somebody takes, as told: bought at the pharmacy, prescribed elsewhere."""

    medication: Coding = n(3)
    status: MedicationStatus = n(4, default=MedicationStatus.ACTIVE)
    recorded_at: datetime = n(5)
    dose: str = n(6, default="")
    since: date | None = n(7, default=None)
    until: date | None = n(8, default=None)
    source: str = n(9, default="patient")
    """Who told: patient, family, practitioner, document."""
    note: str = n(10, default="")
    encounter: EncounterId = n(11, default=EncounterId(""))


@record(25)
class ServiceRequest(Fact):
    """An order: a test, an image, a referral."""

    OPEN: ClassVar[frozenset[Word]] = frozenset((RequestStatus.ACTIVE,))

    code: Coding = n(3)
    status: RequestStatus = n(4, default=RequestStatus.ACTIVE)
    authored_at: datetime = n(5)
    requester: UserId = n(6, default=UserId(""))
    priority: str = n(7, default="routine")
    """routine, urgent, asap, stat."""
    reason: Coding | None = n(8, default=None)
    note: str = n(9, default="")
    encounter: EncounterId = n(10, default=EncounterId(""))
    user_signature: bytes = n(11, default=b"")
    """Ed25519 of the requester over the fact without this field."""


@record(26)
class DiagnosticReport(Fact):
    """What came back: the results as Observations, the conclusion in words."""

    code: Coding = n(3)
    status: str = n(4, default="final")
    """registered, partial, preliminary, final, amended, cancelled."""
    effective_at: datetime = n(5)
    issued_at: datetime | None = n(6, default=None)
    results: tuple[FactId, ...] = n(7, default=())
    based_on: FactId = n(8, default=FactId(""))
    conclusion: str = n(9, default="")
    performer: str = n(10, default="")
    attachments: tuple[Attachment, ...] = n(11, default=())
    encounter: EncounterId = n(12, default=EncounterId(""))


class TaskStatus(Word):
    """FHIR Task.status, the values a task of a care plan passes."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@record(29)
class Task(Fact):
    """Something to be done for a patient, by somebody, until a day."""

    OPEN: ClassVar[frozenset[Word]] = frozenset(
        (TaskStatus.REQUESTED, TaskStatus.ACCEPTED, TaskStatus.IN_PROGRESS)
    )

    title: str = n(3)
    status: TaskStatus = n(4, default=TaskStatus.REQUESTED)
    authored_at: datetime = n(5)
    author: UserId = n(6, default=UserId(""))
    owner: UserId = n(7, default=UserId(""))
    due: date | None = n(8, default=None)
    about: FactId = n(9, default=FactId(""))
    priority: str = n(10, default="routine")
    note: str = n(11, default="")
    done_at: datetime | None = n(12, default=None)
    encounter: EncounterId = n(13, default=EncounterId(""))
    code: str = n(14, default="")
    """What kind of task it is, where a rule asks for it: glass-review."""
