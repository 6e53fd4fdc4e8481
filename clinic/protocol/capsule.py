# SPDX-License-Identifier: GPL-3.0-or-later
"""The capsule: what a patient may see of herself at a kiosk, sealed to her card; and the end of a card.

PUT and GET /v1/capsules/{lookup}; PUT /v1/capsules/{lookup}/withdrawal; GET /v1/withdrawals?after=N.
"""

from datetime import date, datetime

from clinic.domain.facts import Appointment, AppointmentRequest, Cited
from clinic.domain.ids import DeviceId, PatientId
from clinic.domain.record import Record, n, record
from clinic.domain.values import HumanName


@record(350)
class Capsule(Record):
    """`prescriptions`, `messages`, `summaries`: sentences in the patient's language, newest first."""

    patient: PatientId = n(1)
    name: HumanName = n(2)
    birth_date: date | None = n(3, default=None)
    dni: str = n(4, default="")
    language: str = n(5, default="es")
    photo: bytes = n(6, default=b"")
    appointments: tuple[Appointment, ...] = n(7, default=())
    prescriptions: tuple[str, ...] = n(8, default=())
    messages: tuple[str, ...] = n(9, default=())
    summaries: tuple[str, ...] = n(10, default=())
    cites: tuple[Cited, ...] = n(11, default=())
    """What a new statement about consent has to cite."""
    permitted: tuple[str, ...] = n(12, default=())
    """Scopes of what she permits, to be shown and taken back."""
    made_at: datetime | None = n(13, default=None)
    """By the clock of the desk that sealed it; None before this was said."""
    asked: tuple[AppointmentRequest, ...] = n(14, default=())
    """What she asked for at a kiosk and nobody has answered, and the latest answers."""


@record(381)
class Withdrawal(Record):
    """A card opens nothing any more. `signature`: Ed25519 of the device over the record without it."""

    lookup: str = n(1)
    device: DeviceId = n(2)
    at: datetime = n(3)
    signature: bytes = n(4, default=b"")


@record(382)
class Withdrawals(Record):
    """What the centre heard after a number; `last`: the number of the last one here, counted anew in every `epoch`."""

    epoch: str = n(1)
    last: int = n(2)
    more: bool = n(3, default=False)
    withdrawals: tuple[Withdrawal, ...] = n(4, default=())
