# SPDX-License-Identifier: GPL-3.0-or-later
"""Encounter, Appointment, Slot: to facts and back."""

from datetime import datetime, timedelta

from clinic.domain.facts import Appointment, Encounter, EncounterStatus, Participant, Slot
from clinic.domain.ids import UserId
from clinic.domain.values import Coding
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import code_of, coding, concept, filled, first, listed, words
from clinic.exchange.fhir.extras import extensions, read_extensions
from clinic.exchange.fhir.times import instant, moment
from clinic.exchange.fhir.tree import Json

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ELSEWHERE = EncounterStatus("unknown")
"""A visit under way somewhere else: it is not in our waiting room."""
_OPEN = ("arrived", "triaged", "in-progress", "onleave")
_STATUSES = (
    "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown",
)  # fmt: skip
_ENCOUNTER_EXTRAS = ("ticket", "started_at", "language", "device_name", "kiosk", "red_flags")


def encounter_in(it: Incoming) -> Encounter:
    status = it.get("status") or "unknown"
    if status in _OPEN:
        it.remark("status", f"was {status} when it was exported; it does not enter the waiting room here")
    people = [_participant(it, p) for p in listed(it.get("participant"))]
    reasons = [found for found in map(coding, listed(it.get("reasonCode"))) if found]
    reason = reasons[0] if reasons else it.reason()
    period = it.get("period") or {}
    more: Json = {"started_at": moment(period.get("start")) if status == "finished" else None}
    more |= read_extensions(it.resource, Encounter, *_ENCOUNTER_EXTRAS)
    return Encounter(
        id=it.id, patient=it.patient, status=ELSEWHERE if status in _OPEN else EncounterStatus(status),
        arrived_at=it.when("period"), reason=reason, symptoms=tuple(reasons[1:]),
        practitioner=next((p.user for p in people if p.user), UserId("")), finished_at=moment(period.get("end")),
        participants=tuple(people), kind=(it.get("class") or {}).get("code", ""), type=coding(first(it.get("type"))),
        location=it.fact(first(it.get("location")).get("location"), "Location"), **more,
    )  # fmt: skip


def encounter_out(fact: Encounter, to: Outgoing) -> Json:
    reasons = ([fact.reason] if fact.reason else []) + list(fact.symptoms)
    place = to.ref("Location", fact.location)
    period = {"start": instant(fact.arrived_at), "end": fact.finished_at and instant(fact.finished_at)}
    return {
        "status": fact.status if fact.status in _STATUSES else "unknown",
        "class": {"system": ACT_CODE, "code": fact.kind or "VR"}, "type": [concept(fact.type)] if fact.type else [],
        "subject": to.ref("Patient", fact.patient), "participant": _participants(fact, to), "period": filled(period),
        "reasonCode": [concept(reason) for reason in reasons], "location": [{"location": place}] if place else [],
        "extension": extensions(fact, *_ENCOUNTER_EXTRAS),
    }  # fmt: skip


def appointment_in(it: Incoming) -> Appointment:
    start = it.moment("start")
    if start is None:
        raise Unmappable("it has no start")
    actors = [p.get("actor") for p in listed(it.get("participant"))]
    staff = next((a for a in actors if it.user(a)), None)
    place = next((f for f in (it.fact(a, "Location") for a in actors) if f), it.fact(None))
    slot = it.fact(first(it.get("slot")), "Slot")
    return Appointment(
        id=it.id, patient=it.patient, start=start, minutes=_minutes(it, start), practitioner=it.user(staff),
        practitioner_name=it.called(staff), status=it.get("status") or "booked",
        reason=it.get("description") or words(first(it.get("reasonCode"))), location=place, slot=slot,
        cancelation_reason=words(it.get("cancelationReason")),
    )  # fmt: skip


def appointment_out(fact: Appointment, to: Outgoing) -> Json:
    staff = to.user(fact.practitioner, fact.practitioner_name)
    actors = [to.ref("Patient", fact.patient), staff, to.ref("Location", fact.location)]
    slot = to.ref("Slot", fact.slot)
    return {
        "status": fact.status, "description": fact.reason, "start": instant(fact.start),
        "end": instant(fact.start + timedelta(minutes=fact.minutes)), "minutesDuration": max(fact.minutes, 1),
        "slot": [slot] if slot else [],
        "cancelationReason": {"text": fact.cancelation_reason} if fact.cancelation_reason else None,
        "participant": [{"actor": actor, "status": "accepted"} for actor in actors if actor],
    }  # fmt: skip


def slot_in(it: Incoming) -> Slot:
    schedule = it.target(it.get("schedule"))
    actors = listed(schedule.resource.get("actor")) if schedule else []
    start = it.moment("start")
    if start is None:
        raise Unmappable("it has no start")
    place = next((f for f in (it.fact(a, "Location") for a in actors) if f), it.fact(None))
    return Slot(
        id=it.id, practitioner=next((u for u in map(it.user, actors) if u), UserId("")), start=start,
        minutes=_minutes(it, start), status=it.get("status") or "free", location=place,
    )  # fmt: skip


def slot_out(fact: Slot, to: Outgoing) -> Json:
    actors = [to.user(fact.practitioner), to.ref("Location", fact.location)]
    told = [actor for actor in actors if actor] or [{"display": "-"}]
    return {
        "contained": [{"resourceType": "Schedule", "id": "schedule", "actor": told}],
        "schedule": {"reference": "#schedule"}, "status": fact.status, "start": instant(fact.start),
        "end": instant(fact.start + timedelta(minutes=fact.minutes)),
    }  # fmt: skip


def _participant(it: Incoming, said: Json) -> Participant:
    who, period = said.get("individual"), said.get("period") or {}
    return Participant(
        name=it.called(who), user=it.user(who), role=code_of(first(said.get("type"))),
        joined_at=moment(period.get("start")), left_at=moment(period.get("end")),
    )  # fmt: skip


def _participants(fact: Encounter, to: Outgoing) -> list[Json]:
    people = list(fact.participants)
    if fact.practitioner and not any(p.user == fact.practitioner for p in people):
        people.insert(0, Participant(name="", user=fact.practitioner))
    told = [
        filled({
            "type": [concept(Coding(system="", code="", display=p.role))] if p.role else [],
            "period": filled({
                "start": p.joined_at and instant(p.joined_at), "end": p.left_at and instant(p.left_at),
            }),
            "individual": to.user(p.user, p.name),
        })
        for p in people
    ]  # fmt: skip
    return [p for p in told if p]


def _minutes(it: Incoming, start: datetime) -> int:
    end = it.moment("end")
    told = it.get("minutesDuration")
    if isinstance(told, int):
        return told
    return 20 if end is None else max(int((end - start).total_seconds() // 60), 0)
