# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an opened envelope is believed: each op by the computer that sent it, each signature by the key it names.

An envelope's own signature says which computer speaks; here is what that computer may say. What fails is put into
quarantine with its sentence, whoever sealed it.
"""

from clinic.domain.facts import (
    AuditEvent,
    Communication,
    Composition,
    Consent,
    DocumentReference,
    Encounter,
    Fact,
    MediaStep,
    MedicationRequest,
    Observation,
    Patient,
    Receipt,
    RequestStatus,
    ServiceRequest,
    Task,
    TaskStatus,
)
from clinic.domain.ids import DeviceId, OpId
from clinic.keys.consents import consent_signed_by, verify_fact
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.op import Op
from clinic.protocol.trust import DeviceKind, Role

FROM_KIOSKS = (
    Patient, Encounter, Observation, Communication, DocumentReference, Consent, AuditEvent, MediaStep, Receipt
)  # fmt: skip
"""Kinds that an intake consists of: a stolen kiosk cannot sign, link people or write in a note."""


FROM_CUSTODIANS = (AuditEvent, Task)
"""A custodian says what it gave to whom, and asks for a review: it writes on no chart."""
REVIEW_CODE = "glass-review"
"""FHIR Task.code of the review after a break-glass."""


def review_id(request: str, user: str) -> str:
    """The id of the review of a request: it names whoever broke the glass, so that no version of it can name another."""
    return f"glass.{request}.{user}"


def check_op(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Raises Unreadable unless that computer may say this, about whom it says it, in whose name it says it."""
    _check_origin(op, device, log)
    _check_kiosk(op, device, log)
    _check_custodian(op, device, log)
    _check_review(op)
    _check_author(op, device, log)
    _check_consent(op, log)


def _check_origin(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Ids are made from the computer's own name: under a colleague's, an op would shut out hers."""
    if not _made_by(op.id, device):
        raise Unreadable("This was numbered by another computer than the one that sent it.")
    if not 0 <= op.stamp < MAX_COUNT:
        raise Unreadable("This was written at a time that cannot be.")
    if op.author and log.user(op.author, device) is None:
        raise Unreadable("This names an author who does not work on the computer that sent it.")
    if isinstance(op.fact, Patient) and str(op.fact.id) != str(op.fact.patient):
        raise Unreadable("This names one person and describes another.")
    if isinstance(op.fact, AuditEvent) and op.fact.device != device:
        raise Unreadable("This says what happened on another computer than the one that sent it.")


def _check_kiosk(op: Op, device: DeviceId, log: TrustLog) -> None:
    """A kiosk adds to an intake and corrects itself; it knows nobody for certain and replaces nothing of the staff."""
    sender = log.device(device)
    if sender is not None and sender.kind != DeviceKind.KIOSK:
        return
    if isinstance(op.fact, Fact) and not isinstance(op.fact, FROM_KIOSKS):
        raise Unreadable("A kiosk sent something that only staff may write.")
    if isinstance(op.fact, Patient) and not op.fact.provisional:
        raise Unreadable("A kiosk sent somebody as known for certain. Only staff confirm who a person is.")
    if not all(_made_by(name, device) for name in op.replaces):
        raise Unreadable("A kiosk sent a change of something that it did not write.")


def _check_custodian(op: Op, device: DeviceId, log: TrustLog) -> None:
    here = {role for user in log.users() if user.device == device for role in log.roles_of(user.user)}
    if Role.CUSTODIAN in here and isinstance(op.fact, Fact) and not isinstance(op.fact, FROM_CUSTODIANS):
        raise Unreadable("A custodian sent something that only people may write.")


def _check_review(op: Op) -> None:
    """Somebody else closes the review of a break-glass; never who broke it."""
    fact = op.fact
    if not isinstance(fact, Task) or not (fact.code == REVIEW_CODE or fact.id.startswith("glass.")):
        return
    if fact.code != REVIEW_CODE or fact.id.rpartition(".")[2] != fact.author or not fact.author:
        raise Unreadable("This review does not name whoever it is about.")
    if op.author == fact.author and fact.status != TaskStatus.REQUESTED:
        raise Unreadable("A review was closed by the person it is about.")


def _check_author(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Who is named as author signed it, on the device that sent it; somebody else may only take it off the chart,
    under her own signature."""
    fact = op.fact
    if not isinstance(fact, (Composition, MedicationRequest, ServiceRequest)):
        return
    named = fact.author if isinstance(fact, Composition) else fact.requester
    stopped = not isinstance(fact, Composition) and fact.status != RequestStatus.ACTIVE
    if not (named or fact.user_signature):
        return
    user = log.user(op.author, device)
    if user is None or not verify_fact(fact, user.signing_key) or (named != op.author and not stopped):
        raise Unreadable("A signature in this does not belong to its author.")


def _check_consent(op: Op, log: TrustLog) -> None:
    """A consent carries the signature of the device on which it was given; the text it names is checked where it is
    shown (`clinic.keys.consents.verify_consent`)."""
    if not isinstance(op.fact, Consent):
        return
    given_on = log.device(op.fact.device)
    if given_on is None or not consent_signed_by(op.fact, given_on.signing_key):
        raise Unreadable("This consent was not signed on the device it names. Ask the patient again.")


def _made_by(name: OpId, device: DeviceId) -> bool:
    return name.startswith(f"{device}.")
