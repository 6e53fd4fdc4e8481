# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an opened envelope is believed: each op by the computer that sent it, each signature by the key it names.

An envelope's own signature says which computer speaks; here is what that computer may say. What fails is put into
quarantine with its sentence, whoever sealed it.
"""

from clinic.domain.facts import (
    AccessReview,
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
    ReviewStatus,
    ServiceRequest,
)
from clinic.domain.ids import DeviceId, OpId
from clinic.keys.consents import consent_signed_by, verify_fact
from clinic.keys.refusals import Unreadable
from clinic.keys.roster import TrustLog
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.op import Op
from clinic.protocol.trust import DeviceKind

FROM_KIOSKS = (
    Patient, Encounter, Observation, Communication, DocumentReference, Consent, AuditEvent, MediaStep, Receipt
)  # fmt: skip
"""Kinds that an intake consists of: a stolen kiosk cannot sign, link people or write in a note."""


def check_op(op: Op, device: DeviceId, log: TrustLog) -> None:
    """Raises Unreadable unless that computer may say this, about whom it says it, in whose name it says it."""
    _check_origin(op, device, log)
    _check_kiosk(op, device, log)
    _check_author(op, device, log)
    _check_consent(op, log)
    _check_review(op)


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


def _check_review(op: Op) -> None:
    """Who judges what somebody did says so in her own name, and is somebody else."""
    fact = op.fact
    if not isinstance(fact, AccessReview) or fact.status != ReviewStatus.COMPLETED:
        return
    if not op.author or fact.closed_by != op.author or fact.concerns == op.author:
        raise Unreadable("This review was closed by somebody who may not judge it.")


def _made_by(name: OpId, device: DeviceId) -> bool:
    return name.startswith(f"{device}.")
