# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, found and done."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.domain.values import Coding, Quantity


@record(110)
class Observed(Record):
    """One component of an observation, such as systolic of a blood pressure."""

    code: Coding = n(1)
    value: Quantity = n(2)


class Method(Word):
    """Who took a reading."""

    MANUAL = "manual"
    DEVICE = "device"
    KIOSK = "kiosk"


@record(3)
class Observation(Fact):
    code: Coding = n(3)
    effective_at: datetime = n(4)
    value: Quantity | None = n(5, default=None)
    components: tuple[Observed, ...] = n(6, default=())
    text: str = n(7, default="")
    """A value that is a word, such as the ACVPU letter."""
    method: Method = n(8, default=Method.MANUAL)
    encounter: EncounterId = n(9, default=EncounterId(""))
    retracted: str = n(10, default="")
    """Why it no longer counts; '' while it does."""
    raw: bytes = n(11, default=b"")
    """What the device sent, byte for byte; b'' for what nobody measured with a device."""
    device_name: str = n(12, default="")
    category: str = n(13, default="")
    """vital-signs, laboratory, survey …"""
    value_code: Coding | None = n(14, default=None)
    interpretation: str = n(15, default="")
    """HL7 v3 ObservationInterpretation: N, L, H, LL, HH, A …"""
    low: Decimal | None = n(16, default=None)
    """Reference range, in the value's unit."""
    high: Decimal | None = n(17, default=None)
    performer: UserId = n(18, default=UserId(""))
    derived_from: FactId = n(19, default=FactId(""))
    """The QuestionnaireResponse that it was answered in; '' for what was measured by itself."""

    @property
    def side(self) -> str:
        """high, low, odd (abnormal in words), or '' for what lies within its range or has none."""
        return _SIDES.get(self.interpretation, "")


_SIDES = dict.fromkeys(("H", "HH", "HU", ">"), "high") | dict.fromkeys(("L", "LL", "LU", "<"), "low")
_SIDES |= dict.fromkeys(("A", "AA"), "odd")
"""HL7 v3 ObservationInterpretation."""


class ClinicalStatus(Word):
    ACTIVE = "active"
    RESOLVED = "resolved"
    INACTIVE = "inactive"


@record(4)
class Condition(Fact):
    code: Coding = n(3)
    status: ClinicalStatus = n(4, default=ClinicalStatus.ACTIVE)
    recorded_at: datetime = n(5)
    encounter: EncounterId = n(6, default=EncounterId(""))
    note: str = n(7, default="")
    onset: date | None = n(8, default=None)
    abatement: date | None = n(9, default=None)
    severity: str = n(10, default="")
    verification: str = n(11, default="confirmed")
    category: str = n(12, default="encounter-diagnosis")
    recorder: UserId = n(13, default=UserId(""))


@record(5)
class AllergyIntolerance(Fact):
    substance: Coding = n(3)
    reaction: str = n(4, default="")
    severe: bool = n(5, default=False)
    status: ClinicalStatus = n(6, default=ClinicalStatus.ACTIVE)
    recorded_at: datetime = n(7)
    category: str = n(8, default="medication")
    """medication, food, environment, biologic."""
    recorder: UserId = n(9, default=UserId(""))
    encounter: EncounterId = n(10, default=EncounterId(""))
    note: str = n(11, default="")


@record(27)
class Procedure(Fact):
    code: Coding = n(3)
    status: str = n(4, default="completed")
    """preparation, in-progress, not-done, completed, entered-in-error."""
    performed_at: datetime = n(5)
    performed_until: datetime | None = n(6, default=None)
    performer: str = n(7, default="")
    reason: Coding | None = n(8, default=None)
    note: str = n(9, default="")
    encounter: EncounterId = n(10, default=EncounterId(""))


@record(28)
class Immunization(Fact):
    vaccine: Coding = n(3)
    status: str = n(4, default="completed")
    """completed, not-done, entered-in-error."""
    occurred_at: datetime = n(5)
    lot: str = n(6, default="")
    dose: int = n(7, default=0)
    """Number of the dose in its series; 0: not said."""
    performer: str = n(8, default="")
    primary_source: bool = n(9, default=True)
    """False: told from memory or copied from a card."""
    note: str = n(10, default="")
    encounter: EncounterId = n(11, default=EncounterId(""))


class IssueStatus(Word):
    """FHIR DetectedIssue.status: open, seen by its owner, taken back."""

    REGISTERED = "registered"
    FINAL = "final"
    CANCELLED = "cancelled"


@record(32)
class DetectedIssue(Fact):
    """An alert: what a rule found, in which facts, who owns it, who acknowledged it."""

    OPEN: ClassVar[frozenset[Word]] = frozenset((IssueStatus.REGISTERED,))

    code: Coding = n(3)
    status: IssueStatus = n(4, default=IssueStatus.REGISTERED)
    severity: str = n(5)
    """high, moderate, low."""
    text: str = n(6)
    identified_at: datetime = n(7)
    evidence: tuple[FactId, ...] = n(8, default=())
    rule: str = n(9, default="")
    """The rule that found it, with its version, such as news2-high/1."""
    owner: UserId = n(10, default=UserId(""))
    acknowledged_by: UserId = n(11, default=UserId(""))
    acknowledged_at: datetime | None = n(12, default=None)
    mitigation: str = n(13, default="")
    """What was done about it."""
    encounter: EncounterId = n(14, default=EncounterId(""))
