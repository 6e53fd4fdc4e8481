# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests and referrals that are ordered, and what comes back: ServiceRequest, DiagnosticReport, Observation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from clinic.domain.errors import Refusal
from clinic.domain.facts import DiagnosticReport, Observation, RequestStatus, ServiceRequest
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import Attachment, Coding, Quantity
from clinic.keys.consents import sign_fact
from clinic.keys.rights import Action
from clinic.services.charted import fact_of, patient_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs

PRIORITIES = ("routine", "urgent", "asap", "stat")
"""FHIR RequestPriority, the least urgent first."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a report: a number with its UCUM unit and reference range, or words."""

    code: Coding
    value: Decimal | None = None
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    text: str = ""


@needs(Action.PRESCRIBE)
def order(
    desk: Desk, code: Coding, window: PatientId, *, priority: str = "routine", reason: Coding | None = None, note: str = "",
    encounter: EncounterId = EncounterId(""),
) -> ServiceRequest:  # fmt: skip
    """Sign an order. Refused without a name, with a priority that is none, or for another patient than the window's."""
    (made,) = order_all(
        desk, (code,), window, priority=priority, reason=reason, note=note, encounter=encounter
    )
    return made


@needs(Action.PRESCRIBE)
def order_all(
    desk: Desk, codes: Sequence[Coding], window: PatientId, *, priority: str = "routine", reason: Coding | None = None,
    note: str = "", encounter: EncounterId = EncounterId(""),
) -> tuple[ServiceRequest, ...]:  # fmt: skip
    """The same for several at once: all are signed, or none."""
    if not codes or not all(code.code or code.display.strip() for code in codes):
        raise Refusal("Say what is ordered.")
    if priority not in PRIORITIES:
        raise Refusal("Choose how urgent it is: routine, urgent, asap or stat.")
    patient, now = patient_of(desk, window, encounter), desk.clock.now()
    signed = tuple(
        sign_fact(
            ServiceRequest(
                id=FactId(desk.new_id()), patient=patient, code=code, authored_at=now, requester=desk.someone.user,
                priority=priority, reason=reason, note=note.strip(), encounter=encounter,
            ),
            desk.user_keys,
        )
        for code in codes
    )  # fmt: skip
    desk.write(*signed, window=window)
    return signed


@needs(Action.PRESCRIBE)
def cancel_order(desk: Desk, request: FactId, window: PatientId) -> Written:
    """Take an order back. Refused once a result has come."""
    found = fact_of(desk, ServiceRequest, request, window)
    if found.status != RequestStatus.ACTIVE:
        raise Refusal("This order is not open any more.")
    stopped = replace(found, status=RequestStatus.STOPPED, user_signature=b"")
    return desk.write(sign_fact(stopped, desk.user_keys), window=window)


@needs(Action.WRITE_NOTE)
def report(
    desk: Desk, code: Coding, results: Sequence[Result], window: PatientId, *, effective_at: datetime | None = None,
    based_on: FactId = FactId(""), conclusion: str = "", performer: str = "", attachments: tuple[Attachment, ...] = (),
    encounter: EncounterId = EncounterId(""),
) -> DiagnosticReport:  # fmt: skip
    """Write down what came back, the order it answers with it. Refused if it says nothing, or lies in the future."""
    if not (results or conclusion.strip() or attachments):
        raise Refusal("Write at least one result, a conclusion, or add the document.")
    now = desk.clock.now()
    when = effective_at or now
    if when > now:
        raise Refusal("A result cannot be of a day to come. Check the date.")
    request = fact_of(desk, ServiceRequest, based_on, window) if based_on else None
    patient = patient_of(desk, window, encounter)
    lines = [_line(desk, patient, result, when, encounter) for result in results]
    whole = DiagnosticReport(
        id=FactId(desk.new_id()), patient=patient, code=code, effective_at=when, issued_at=now, based_on=based_on,
        results=tuple(line.id for line in lines), conclusion=conclusion.strip(), performer=performer, attachments=attachments,
        encounter=encounter or (request.encounter if request else encounter),
    )  # fmt: skip
    answered = (
        () if request is None or request.status != RequestStatus.ACTIVE else (_answered(desk, request),)
    )
    desk.write(*lines, whole, *answered, window=window)
    return whole


@needs(Action.WRITE_NOTE)
def amend_report(desk: Desk, report: FactId, conclusion: str, window: PatientId) -> Written:
    """Correct the conclusion: a new version, the old one is kept."""
    found = fact_of(desk, DiagnosticReport, report, window)
    if not conclusion.strip():
        raise Refusal("Write the conclusion.")
    return desk.write(replace(found, status="amended", conclusion=conclusion.strip()), window=window)


@needs(Action.OPEN_CHART)
def open_orders(desk: Desk) -> tuple[ServiceRequest, ...]:
    """Orders that wait for a result, oldest first."""
    return desk.book.read(lambda page: page.open_facts(ServiceRequest))


def flag(value: Decimal, low: Decimal | None, high: Decimal | None) -> str:
    """HL7 v3 ObservationInterpretation of a number against its range: L, H or N; '' without a range."""
    if low is None and high is None:
        return ""
    return "L" if low is not None and value < low else "H" if high is not None and value > high else "N"


def _answered(desk: Desk, request: ServiceRequest) -> ServiceRequest:
    return sign_fact(replace(request, status=RequestStatus.COMPLETED, user_signature=b""), desk.user_keys)


def _line(
    desk: Desk, patient: PatientId, result: Result, at: datetime, encounter: EncounterId
) -> Observation:
    if result.value is None and not result.text.strip():
        raise Refusal("{name} has no value. Write it, or leave the line out.", name=result.code.display)
    if result.value is not None and not result.value.is_finite():
        raise Refusal("{name} is not a number.", name=result.code.display)
    if result.low is not None and result.high is not None and result.low > result.high:
        raise Refusal("The range of {name} is upside down.", name=result.code.display)
    return Observation(
        id=FactId(desk.new_id()), patient=patient, code=result.code, effective_at=at, category="laboratory",
        value=None if result.value is None else Quantity(value=result.value, unit=result.unit), text=result.text.strip(),
        low=result.low, high=result.high, encounter=encounter, performer=desk.someone.user,
        interpretation="" if result.value is None else flag(result.value, result.low, result.high),
    )  # fmt: skip
