# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that other sync engines are measured with, as the facts a clinic would write of them."""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from clinic.domain.facts import (
    Appointment,
    AuditEvent,
    Communication,
    Consent,
    ConsentItem,
    Decision,
    Fact,
    Observation,
)
from clinic.domain.facts.findings import Observed
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId, counted_id, short_hash_id
from clinic.domain.values import LOINC, Coding, Quantity
from clinic.keys.hashing import digest

PANEL = Coding(system=LOINC, code="85353-1", display="Vital signs panel")
_PARTS = {
    "sys": ("8480-6", "Systolic blood pressure", "mm[Hg]"), "dia": ("8462-4", "Diastolic blood pressure", "mm[Hg]"),
    "hr": ("8867-4", "Heart rate", "/min"), "rr": ("9279-1", "Respiratory rate", "/min"),
    "temp_c": ("8310-5", "Body temperature", "Cel"), "spo2": ("59408-5", "Oxygen saturation", "%"),
    "weight_kg": ("29463-7", "Body weight", "kg"), "glucose_mmol": ("15074-8", "Glucose", "mmol/L"),
    "pain": ("72514-3", "Pain severity", "{score}"),
}  # fmt: skip


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of one of the peers' files."""
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def facts_of(found: Iterable[dict[str, Any]], device: DeviceId) -> Iterator[Fact]:
    """One fact a record: a message, a panel of vital signs, an appointment, a consent or an audit entry."""
    for number, one in enumerate(found, 1):
        yield fact_of(one, FactId(counted_id(device, number)), device)


def fact_of(one: dict[str, Any], id: FactId, device: DeviceId) -> Fact:
    """The fact of one record, under an id of ours."""
    patient, author = patient_of(one), UserId(_short(one["author"]))
    at = datetime.fromisoformat(one["created"])
    match one["kind"]:
        case "chat":
            return Communication(
                id=id,
                patient=patient,
                sent_at=at,
                sender=author,
                sender_name="Dra. Ledesma",
                text=one["body"],
            )
        case "vitals":
            return Observation(
                id=id, patient=patient, code=PANEL, effective_at=at, components=tuple(_parts(one["values"])), text=one["note"],
                encounter=EncounterId(f"{id}.e"), category="vital-signs", performer=author,
            )  # fmt: skip
        case "appointment":
            return Appointment(
                id=id, patient=patient, start=datetime.fromisoformat(one["start"] + ":00+00:00"), minutes=one["minutes"],
                practitioner=UserId(_short(one["clinician"])), status=one["status"], reason=one["reason"],
                location=FactId(one["room"]),
            )  # fmt: skip
        case "consent":
            return Consent(
                id=id, patient=patient, template=one["form"], template_version=int(one["form_version"].replace("-", "")),
                template_hash=bytes.fromhex(one["text_sha256"]), language="en", jurisdiction=one["note"],
                items=(ConsentItem(scope=one["form"], decision=Decision.PERMIT),), given_at=at, how=one["given_by"],
                device=device, device_signature=b64decode(one["sig"]),
            )  # fmt: skip
        case _:
            return AuditEvent(
                id=id, patient=patient, action=one["action"], recorded_at=at, agent=author, device=device,
                outcome=one["outcome"], entity=one["reason"], previous=bytes.fromhex(one["prev"]), sequence=one["seq"],
                incarnation=1,
            )  # fmt: skip


def patient_of(one: dict[str, Any]) -> PatientId:
    return PatientId(f"{_short(one['patient'])}.p")


def _parts(values: dict[str, Any]) -> Iterator[Observed]:
    for name, value in {**values.get("bp", {}), **{k: v for k, v in values.items() if k != "bp"}}.items():
        code, display, unit = _PARTS[name]
        yield Observed(
            code=Coding(system=LOINC, code=code, display=display),
            value=Quantity(value=Decimal(str(value)), unit=unit),
        )


def _short(uuid: str) -> str:
    return short_hash_id(digest(uuid.encode(), b"posta bench id", 10))
