# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking after the audit: what a rule found in it, who judged that, and whose chart is watched with more care.

None of them is on a chart (`patient` is ''): they are the organisation's own papers, `about` says of whom they speak.
"""

from datetime import datetime
from typing import ClassVar

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.record import Word, n, record


class ReviewStatus(Word):
    """FHIR Task.status, the values a review passes."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    COMPLETED = "completed"


class Finding(Word):
    """What a reviewer found. It is her judgement: no program acts on it."""

    NONE = ""
    JUSTIFIED = "justified"
    MISTAKE = "mistake"
    MISUSE = "misuse"
    UNCLEAR = "unclear"


@record(352)
class AccessReview(Fact):
    """Entries of the audit that somebody should look at, and what came of it."""

    OPEN: ClassVar[frozenset[Word]] = frozenset((ReviewStatus.REQUESTED, ReviewStatus.ACCEPTED))

    rule: str = n(3)
    """The rule that found it, with its version, such as own-chart/1."""
    status: ReviewStatus = n(4, default=ReviewStatus.REQUESTED)
    severity: str = n(5)
    """high, moderate, low."""
    concerns: UserId = n(6, default=UserId(""))
    """Whose acts these are; '' where nobody was logged in."""
    concerns_name: str = n(7, default="")
    about: PatientId = n(8, default=PatientId(""))
    """Whose chart; '' for several, or none."""
    device: DeviceId = n(9, default=DeviceId(""))
    evidence: tuple[FactId, ...] = n(10)
    """AuditEvents, oldest first."""
    since: datetime = n(11)
    """When the first of them happened."""
    identified_at: datetime = n(12)
    """When the last of them happened."""
    group: FactId = n(13)
    """The same for all reviews of one rule, person, chart and day: a later one is about what came after it was judged."""
    owner: UserId = n(14, default=UserId(""))
    finding: Finding = n(15, default=Finding.NONE)
    note: str = n(16, default="")
    closed_by: UserId = n(17, default=UserId(""))
    closed_at: datetime | None = n(18, default=None)
    reason: str = n(19, default="")
    """What whoever did it said it was for; '' where nobody was asked."""


@record(351)
class Flag(Fact):
    """FHIR Flag: a chart whose every opening is looked at (somebody known to many). Undone by a version with active False."""

    about: PatientId = n(3)
    active: bool = n(4, default=True)
    note: str = n(5, default="")
    by: UserId = n(6)
    recorded_at: datetime = n(7)
