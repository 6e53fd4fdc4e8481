# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an opened envelope is believed: each op by the computer that sent it, each signature by the key it names.

An envelope's own signature says which computer speaks; here is what that computer may say. What fails is put into
quarantine with its sentence, whoever sealed it.
"""

from collections.abc import Callable

from clinic.domain.asking import can_be
from clinic.domain.facts import (
    AccessReview,
    AppointmentRequest,
    AskedStatus,
    AuditEvent,
    AuditHead,
    CallReport,
    Communication,
    Composition,
    Consent,
    DocumentReference,
    Encounter,
    Fact,
    IdentifiedBy,
    MediaStep,
    MedicationRequest,
    Observation,
    Patient,
    QuestionnaireResponse,
    Receipt,
    RequestStatus,
    ReviewStatus,
    ServiceRequest,
    Task,
    TaskStatus,
    VerificationResult,
)
from clinic.domain.ids import ELSEWHERE, FOREIGN, DeviceId, OpId, UserId
from clinic.domain.record import Record
from clinic.keys.audit_heads import head_signed_by
from clinic.keys.consents import consent_signed_by, verify_fact, witnessed_by
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.op import Op
from clinic.protocol.trust import DeviceKind, Role

FROM_KIOSKS = (
    Patient, Encounter, Observation, Communication, DocumentReference, Consent, AuditEvent, AuditHead, MediaStep, Receipt,
    CallReport, VerificationResult, AppointmentRequest, QuestionnaireResponse,
)  # fmt: skip
"""Kinds that an intake consists of: a stolen kiosk cannot sign, link people or write in a note."""


FROM_CUSTODIANS = (AuditEvent, AuditHead, Task, AccessReview)
"""A custodian says what it gave to whom, and asks for reviews: it writes on no chart."""
GLASS_SUMMARY, GLASS_CHART = "glass-summary", "glass-chart"
"""Reviews that no rule found: whoever opened a summary, or gave a chart out, told the organisation at once."""
REVIEW_CODE = "glass-review"
"""FHIR Task.code of the review after a break-glass."""


def review_id(request: str, user: str) -> str:
    """The id of the review of a request: it names whoever broke the glass, so that no version of it can name another."""
    return f"glass.{request}.{user}"


def is_glass(review: AccessReview) -> bool:
    """True for the word to the whole organisation that somebody broke the glass."""
    return review.rule.partition("/")[0] in (GLASS_SUMMARY, GLASS_CHART)


def roles_at(log: TrustLog, device: DeviceId) -> frozenset[Role]:
    """The roles of everybody who works or worked at a computer."""
    return frozenset(
        role for user in log.users() if user.device == device for role in log.roles_of(user.user)
    )


def check_op(op: Op, device: DeviceId, log: TrustLog, roles: frozenset[Role] | None = None) -> None:
    """Raises Unreadable unless that computer may say this, about whom it says it, in whose name it says it. `roles`: those
    at that computer, where they are known already."""
    _check_origin(op, device, log)
    _check_kiosk(op, device, log)
    _check_custodian(op, roles_at(log, device) if roles is None else roles)
    for check in _checks_of(type(op.fact)):
        check(op, device, log)


_Check = Callable[[Op, DeviceId, TrustLog], None]


def _checks_of(kind: type[Record]) -> tuple[_Check, ...]:
    """What is checked of facts of a kind besides, in order."""
    checks = _checks.get(kind)
    if checks is None:
        checks = _checks[kind] = tuple(check for kinds, check in _CHECKS if issubclass(kind, kinds))
    return checks


_checks: dict[type[Record], tuple[_Check, ...]] = {}


def _check_origin(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Ids are made from the computer's own name: under a colleague's, an op would shut out hers."""
    if not _made_by(op.id, device):
        raise Unreadable("This was numbered by another computer than the one that sent it.")
    if not 0 <= op.stamp < MAX_COUNT:
        raise Unreadable("This was written at a time that cannot be.")
    if op.author and log.user(op.author, device) is None:
        raise Unreadable("This names an author who does not work on the computer that sent it.")


def _check_person(op: Op, device: DeviceId, log: TrustLog) -> None:
    if isinstance(op.fact, Patient) and str(op.fact.id) != str(op.fact.patient):
        raise Unreadable("This names one person and describes another.")


def _check_entry(op: Op, device: DeviceId, log: TrustLog) -> None:
    if isinstance(op.fact, AuditEvent) and op.fact.device != device and not _happened_elsewhere(op.fact):
        raise Unreadable("This says what happened on another computer than the one that sent it.")


def _happened_elsewhere(entry: AuditEvent) -> bool:
    """It came from another system: no computer's id begins so, and it has no place in any computer's audit."""
    return entry.device.startswith(FOREIGN) and not (entry.sequence or entry.incarnation or entry.previous)


def _check_head(op: Op, device: DeviceId, log: TrustLog) -> None:
    head, sender = op.fact, log.device(device)
    if not isinstance(head, AuditHead):
        return
    if head.device != device or sender is None or not head_signed_by(head, sender.signing_key):
        raise Unreadable("This head of an audit was not signed by the computer that sent it.")


def _check_kiosk(op: Op, device: DeviceId, log: TrustLog) -> None:
    """A kiosk adds to an intake and corrects itself; it knows nobody for certain and replaces nothing of the staff."""
    sender = log.device(device)
    if sender is not None and sender.kind != DeviceKind.KIOSK:
        return
    if isinstance(op.fact, Fact) and not isinstance(op.fact, FROM_KIOSKS):
        raise Unreadable("A kiosk sent something that only staff may write.")
    if isinstance(op.fact, Patient) and not op.fact.provisional:
        raise Unreadable("A kiosk sent somebody as known for certain. Only staff confirm who a person is.")
    if isinstance(op.fact, VerificationResult) and op.fact.how == IdentifiedBy.VOUCHED:
        raise Unreadable("A kiosk sent that somebody is vouched for. Only staff vouch.")
    asks = AskedStatus.PROPOSED, AskedStatus.CANCELLED
    if isinstance(op.fact, AppointmentRequest) and op.fact.status not in asks:
        raise Unreadable("A kiosk sent an answer to what was asked for there. Only staff answer.")
    if isinstance(op.fact, AppointmentRequest) and not can_be(op.fact):
        raise Unreadable("A kiosk asked for an appointment that cannot be.")
    if not all(_made_by(name, device) for name in op.replaces):
        raise Unreadable("A kiosk sent a change of something that it did not write.")


def _check_custodian(op: Op, here: frozenset[Role]) -> None:
    if Role.CUSTODIAN in here and isinstance(op.fact, Fact) and not isinstance(op.fact, FROM_CUSTODIANS):
        raise Unreadable("A custodian sent something that only people may write.")
    if (
        Role.CUSTODIAN in here
        and isinstance(op.fact, AccessReview)
        and op.fact.status != ReviewStatus.REQUESTED
    ):
        raise Unreadable("A custodian judged a review. Only people do.")


def _check_glass_review(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Somebody else closes the review of a break-glass; never who broke it."""
    fact = op.fact
    if isinstance(fact, AccessReview):
        _check_glass_word(op, fact)
    if not isinstance(fact, Task) or not (fact.code == REVIEW_CODE or fact.id.startswith("glass.")):
        return
    if fact.code != REVIEW_CODE or fact.id.rpartition(".")[2] != fact.author or not fact.author:
        raise Unreadable("This review does not name whoever it is about.")
    if op.author == fact.author and fact.status != TaskStatus.REQUESTED:
        raise Unreadable("A review was closed by the person it is about.")


def _check_glass_word(op: Op, review: AccessReview) -> None:
    if not (is_glass(review) or review.id.startswith("glass.")):
        return
    named = review.id.rpartition(".")[2]
    if not is_glass(review) or named != review.concerns or not review.concerns:
        raise Unreadable("This review does not name whoever it is about.")
    if op.author == review.concerns and review.status != ReviewStatus.REQUESTED:
        raise Unreadable("A review was closed by the person it is about.")


def _wrote_elsewhere(named: str, signature: bytes, log: TrustLog) -> bool:
    """A record that came from another system names who wrote it there, and nobody here signed it."""
    return named.startswith(ELSEWHERE) and not signature and not log.roles_of(UserId(named))


def _check_author(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Who is named as author signed it, on the device that sent it; somebody else may only take it off the chart,
    under her own signature."""
    fact = op.fact
    if not isinstance(fact, (Composition, MedicationRequest, ServiceRequest)):
        return
    named = fact.author if isinstance(fact, Composition) else fact.requester
    stopped = not isinstance(fact, Composition) and fact.status != RequestStatus.ACTIVE
    if not (named or fact.user_signature) or _wrote_elsewhere(named, fact.user_signature, log):
        return
    user = log.user(op.author, device)
    if user is None or not verify_fact(fact, user.signing_key) or (named != op.author and not stopped):
        raise Unreadable("A signature in this does not belong to its author.")


def _check_voucher(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Nobody vouches in another's name."""
    fact = op.fact
    if not isinstance(fact, VerificationResult) or fact.how != IdentifiedBy.VOUCHED:
        return
    if not op.author or fact.by != op.author:
        raise Unreadable("This says that somebody else vouches for a patient.")


def _check_consent(op: Op, device: DeviceId, log: TrustLog) -> None:
    """A consent carries the signature of the device on which it was given, and of the witness it names; the text it names
    is checked where it is shown (`clinic.keys.consents.verify_consent`)."""
    if not isinstance(op.fact, Consent) or _came_from_elsewhere(op.fact, device, log):
        return
    check_consent(op.fact, log)


def _came_from_elsewhere(consent: Consent, device: DeviceId, log: TrustLog) -> bool:
    """What staff brought in with a record of another system: signed by nobody we know, so it never permits anything."""
    sender = log.device(device)
    return consent.device.startswith(FOREIGN) and sender is not None and sender.kind != DeviceKind.KIOSK


def check_consent(consent: Consent, log: TrustLog) -> None:
    """Raises Unreadable for a statement that is not believed: only a kiosk takes one without a witness."""
    given_on = log.device(consent.device)
    if given_on is None or not consent_signed_by(consent, given_on.signing_key):
        raise Unreadable("This consent was not signed on the device it names. Ask the patient again.")
    witness = log.user(consent.witness, consent.device) if consent.witness else None
    if witness is None and (consent.witness or given_on.kind != DeviceKind.KIOSK):
        raise Unreadable("This consent names no witness who works there. Ask the patient again.")
    if witness is not None and not witnessed_by(consent, witness.signing_key):
        raise Unreadable("This consent was not signed by the witness it names. Ask the patient again.")


def is_signed(consent: Consent, log: TrustLog) -> bool:
    """True if a device and, where one is named, a witness whom the trust log knows signed exactly this statement."""
    try:
        check_consent(consent, log)
    except Unreadable:
        return False
    return True


def _check_review(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Who judges what somebody did says so in her own name, and is somebody else."""
    fact = op.fact
    if not isinstance(fact, AccessReview) or fact.status != ReviewStatus.COMPLETED:
        return
    if not op.author or fact.closed_by != op.author or fact.concerns == op.author:
        raise Unreadable("This review was closed by somebody who may not judge it.")


_CHECKS: tuple[tuple[tuple[type[Record], ...], _Check], ...] = (
    ((Patient,), _check_person),
    ((AuditEvent,), _check_entry),
    ((AuditHead,), _check_head),
    ((AccessReview, Task), _check_glass_review),
    ((Composition, MedicationRequest, ServiceRequest), _check_author),
    ((VerificationResult,), _check_voucher),
    ((Consent,), _check_consent),
    ((AccessReview,), _check_review),
)


def _made_by(name: OpId, device: DeviceId) -> bool:
    return name.startswith(f"{device}.")
