# SPDX-License-Identifier: GPL-3.0-or-later
"""What several versions of one fact come to, per kind of fact. Depends on the set of ops alone, never on
their order.

| kind | rule |
|---|---|
| AuditEvent, AuditHead, Receipt, MediaStep, CallReport, Provenance, VerificationResult | append-only: nothing is ever replaced |
| Consent | what denies is shown before what permits, until a permit that saw the denial replaces it |
| Condition, AllergyIntolerance, MedicationStatement | what is active is shown before what is resolved: adding wins |
| Encounter | what a clinician took is shown before what a kiosk still says of it |
| NoteTemplate | the latest is shown, and nobody is asked: the other is kept, and words are easily written anew |
| Schedule, NotAvailable | the same: whoever looks at the schedule sees which hours stand, and nothing is booked by them |
| DocumentMark | what stands is shown before what was rubbed out, and nobody is asked: a set in which adding wins |
| DetectedIssue, AccessReview | what somebody answered is shown before what nobody has, and does not conflict with it |
| AppointmentRequest | the same; and taken back while it was accepted elsewhere, it conflicts |
| signed Composition, MedicationRequest, ServiceRequest | only the status may change, signed; all else is quarantined |
| all else, known or not | replaces exactly what its writer saw; concurrent ones are all kept and flagged |

Shown first is the highest stamp, then the highest op id.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from clinic.domain.facts import (
    AccessReview,
    AllergyIntolerance,
    AppointmentRequest,
    AskedStatus,
    AuditEvent,
    AuditHead,
    CallReport,
    ClinicalStatus,
    Composition,
    Condition,
    Consent,
    Decision,
    DetectedIssue,
    DocumentMark,
    Encounter,
    Fact,
    IssueStatus,
    MediaStep,
    MedicationRequest,
    MedicationStatement,
    MedicationStatus,
    NotAvailable,
    NoteTemplate,
    Provenance,
    Receipt,
    ReviewStatus,
    Schedule,
    ServiceRequest,
    VerificationResult,
)
from clinic.domain.ids import OpId
from clinic.domain.record import Record
from clinic.protocol.codec import encode
from clinic.protocol.op import Op

APPEND_ONLY = (AuditEvent, AuditHead, Receipt, MediaStep, CallReport, Provenance, VerificationResult)
UNASKED = (DocumentMark, NoteTemplate, Schedule, NotAvailable)
"""Of these a person is never asked to choose."""
SIGNED = (Composition, MedicationRequest, ServiceRequest)


@dataclass(frozen=True, slots=True)
class Merged:
    """`current`: shown first, then the concurrent others; `superseded`: kept, newest first; `quarantined`:
    shown to an owner.

    `conflict`: current versions differ and a person has to choose.
    """

    current: tuple[Op, ...]
    superseded: tuple[Op, ...] = ()
    quarantined: tuple[Op, ...] = ()
    conflict: bool = False

    @property
    def shown(self) -> Op | None:
        """The version a chart shows; None when all are quarantined."""
        return self.current[0] if self.current else None


def merge(versions: Mapping[OpId, Op], new: Op) -> Merged:
    """The fact once `new` is there too. `versions`: every op known of this fact, also superseded and
    quarantined ones.

    An op that is there already changes nothing.
    """
    return settle([*versions.values(), *([] if new.id in versions else [new])])


def settle(ops: Iterable[Op]) -> Merged:
    """The fact that these ops make, in whatever order they are given."""
    known = {op.id: op for op in ops}
    good = {name: op for name, op in known.items() if not _quarantined(op, known)}
    replaced = _replaced(good)
    current = [op for op in good.values() if op.id not in replaced]
    if not current:  # versions that replace each other in a ring: hide none
        current, replaced = list(good.values()), set()
    return Merged(
        current=_ordered(current),
        superseded=_ordered(op for op in good.values() if op.id in replaced),
        quarantined=_ordered(op for op in known.values() if op.id not in good),
        conflict=_to_choose(current),
    )


def _to_choose(current: Collection[Op]) -> bool:
    """True if what stands differs and a person has to say which counts. An alert that is answered is answered: an open
    version beside it (raised once more, or taken over, before the answer was known) asks for nothing.
    """
    if all(isinstance(op.fact, UNASKED) for op in current):
        return False
    standing = [op for op in current if _answered(op.fact)] or current
    return len({encode(op.fact) for op in standing}) > 1 and not all(_append_only(op) for op in standing)


def replaces_plainly(new: Op, standing: Collection[Op]) -> bool:
    """True if `new` names exactly the versions that stand and may replace them: then it alone stands after it.

    Holds where every version that any op of the fact names is known; otherwise ask `settle`.
    """
    return (
        bool(standing)
        and set(new.replaces) == {op.id for op in standing}
        and not any(_append_only(op) or _forbidden(op.fact, new.fact) for op in standing)
    )


def _replaced(ops: Mapping[OpId, Op]) -> set[OpId]:
    """Ids of versions that a writer saw and replaced; an op never replaces itself."""
    seen = {name for op in ops.values() for name in op.replaces if name != op.id}
    return {name for name in seen if name in ops and not _append_only(ops[name])}


def _append_only(op: Op) -> bool:
    return isinstance(op.fact, APPEND_ONLY)


def _ordered(ops: Iterable[Op]) -> tuple[Op, ...]:
    """Shown first is first."""
    return tuple(sorted(ops, key=lambda op: (_weight(op.fact), op.stamp, op.id), reverse=True))


def _weight(fact: Record) -> int:
    """1 for what must not be hidden by a later stamp."""
    for kind, weighs in _WEIGHTS.items():
        if isinstance(fact, kind):
            return int(weighs(fact))
    return 0


def _denies(fact: Record) -> bool:
    return isinstance(fact, Consent) and any(item.decision != Decision.PERMIT for item in fact.items)


def _answered(fact: Record) -> bool:
    if isinstance(fact, AccessReview):
        return fact.status == ReviewStatus.COMPLETED
    if isinstance(fact, AppointmentRequest):
        return fact.status != AskedStatus.PROPOSED
    return isinstance(fact, DetectedIssue) and fact.status == IssueStatus.FINAL


def _active(fact: Record) -> bool:
    return isinstance(fact, (Condition, AllergyIntolerance)) and fact.status == ClinicalStatus.ACTIVE


_WEIGHTS: dict[type[Record], Callable[[Record], bool]] = {
    Consent: _denies,
    Condition: _active,
    AllergyIntolerance: _active,
    MedicationStatement: lambda fact: getattr(fact, "status", None) == MedicationStatus.ACTIVE,
    Encounter: lambda fact: getattr(fact, "practitioner", "") != "",
    DocumentMark: lambda fact: getattr(fact, "status", None) == "active",
    DetectedIssue: _answered,
    AccessReview: _answered,
    AppointmentRequest: _answered,
    Composition: lambda fact: _signed(fact),
    MedicationRequest: lambda fact: _signed(fact),
    ServiceRequest: lambda fact: _signed(fact),
}


# what may never replace what


def _quarantined(op: Op, known: Mapping[OpId, Op]) -> bool:
    """True if the op replaces something it may not."""
    return any(
        _forbidden(known[name].fact, op.fact) for name in op.replaces if name in known and name != op.id
    )


def _forbidden(old: Record, new: Record) -> bool:
    if isinstance(old, Fact) and isinstance(new, Fact) and old.patient != new.patient:
        return True  # no version moves a fact to another patient
    return _signed(old) and not (_signed(new) and _same_but_status(old, new))


def _signed(fact: Record) -> bool:
    return isinstance(fact, SIGNED) and fact.user_signature != b""


def _same_but_status(old: Record, new: Record) -> bool:
    if isinstance(old, Composition) and isinstance(new, Composition):
        return replace(new, status=old.status, user_signature=old.user_signature) == old
    if isinstance(old, MedicationRequest) and isinstance(new, MedicationRequest):
        return replace(new, status=old.status, user_signature=old.user_signature) == old
    if isinstance(old, ServiceRequest) and isinstance(new, ServiceRequest):
        return replace(new, status=old.status, user_signature=old.user_signature) == old
    return False
