# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of a clinic's days, made from their number: in the shares of 45 messages, 35 readings, 8 appointments, 8 audit entries
and 4 consents of a hundred, about 400 people, a few of whom come often."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random

from clinic.bench.crowd import START, text
from clinic.bench.peers_records import PANEL
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
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId, counted_id
from clinic.domain.values import Quantity
from clinic.domain.vitals import HEART_RATE, SPO2, TEMPERATURE, WEIGHT

_PEOPLE = 400
_KINDS = "m" * 45 + "v" * 35 + "a" * 8 + "o" * 8 + "c" * 4


def made_up(count: int, device: DeviceId, seed: int = 1) -> Iterator[Fact]:
    """The same for the same seed."""
    dice = Random(seed)
    often = [1 / (number + 5) ** 0.6 for number in range(_PEOPLE)]
    at = START
    for number in range(1, count + 1):
        at += timedelta(seconds=dice.randint(1, 150))
        name, whose = FactId(counted_id(device, number)), dice.choices(range(_PEOPLE), often)[0]
        patient = PatientId(f"{device}.p{whose}")
        author = UserId(f"author{dice.randrange(8)}")
        match dice.choice(_KINDS):
            case "m":
                yield Communication(
                    id=name,
                    patient=patient,
                    sent_at=at,
                    sender=author,
                    sender_name="Dra. Ledesma",
                    text=text(dice, 22),
                )
            case "v":
                yield Observation(
                    id=name, patient=patient, code=PANEL, effective_at=at, components=tuple(_read(dice)), text=text(dice, 6),
                    encounter=EncounterId(f"{name}.e"), category="vital-signs", performer=author,
                )  # fmt: skip
            case "a":
                yield Appointment(
                    id=name, patient=patient, start=at + timedelta(days=dice.randint(1, 60)), minutes=20, practitioner=author,
                    status=dice.choice(("booked", "arrived", "cancelled")), reason=text(dice, 9),
                )  # fmt: skip
            case "c":
                yield Consent(
                    id=name, patient=patient, template="teleconsultation", template_version=1, template_hash=dice.randbytes(32),
                    language="es", jurisdiction="AR", items=(ConsentItem(scope="treatment", decision=Decision.PERMIT),),
                    given_at=at, device=device, device_signature=dice.randbytes(64),
                )  # fmt: skip
            case _:
                yield AuditEvent(
                    id=name, patient=patient, action="open", recorded_at=at, agent=author, device=device, entity=text(dice, 5),
                    previous=dice.randbytes(32), sequence=number, incarnation=1,
                )  # fmt: skip


def _read(dice: Random) -> Iterator[Observed]:
    for vital, low, high in ((HEART_RATE, 52, 128), (SPO2, 86, 100), (TEMPERATURE, 35, 39), (WEIGHT, 8, 112)):
        yield Observed(
            code=vital.coding, value=Quantity(value=Decimal(dice.randint(low, high)), unit=vital.unit)
        )
