# SPDX-License-Identifier: GPL-3.0-or-later
"""Visits, their calls, appointments and the times offered for them."""

from datetime import datetime
from typing import ClassVar

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import DeviceId, EncounterId, FactId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.domain.values import Coding


class EncounterStatus(Word):
    """FHIR Encounter.status, the values a visit passes."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    TRIAGED = "triaged"
    IN_PROGRESS = "in-progress"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@record(112)
class Participant(Record):
    """FHIR Encounter.participant: who took part, as what, from when to when."""

    name: str = n(1)
    user: UserId = n(2, default=UserId(""))
    role: str = n(3, default="")
    """attender, interpreter, family, field-worker …"""
    joined_at: datetime | None = n(4, default=None)
    left_at: datetime | None = n(5, default=None)


@record(2)
class Encounter(Fact):
    OPEN: ClassVar[frozenset[Word]] = frozenset(
        (EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS)
    )

    status: EncounterStatus = n(3)
    arrived_at: datetime = n(4)
    ticket: str = n(5, default="")
    """What the waiting room shows, such as B-07."""
    reason: Coding | None = n(6, default=None)
    symptoms: tuple[Coding, ...] = n(7, default=())
    kiosk: DeviceId = n(8, default=DeviceId(""))
    practitioner: UserId = n(9, default=UserId(""))
    started_at: datetime | None = n(10, default=None)
    finished_at: datetime | None = n(11, default=None)
    language: str = n(12, default="es")
    device_name: str = n(13, default="")
    participants: tuple[Participant, ...] = n(14, default=())
    kind: str = n(15, default="VR")
    """HL7 v3 ActCode: VR (virtual), AMB (in the room), HH (at home), EMER."""
    type: Coding | None = n(16, default=None)
    location: FactId = n(17, default=FactId(""))
    session_key: bytes = n(18, default=b"")
    """Public X25519 key of the kiosk's session: what is sealed to it opens only while the patient is there."""
    red_flags: tuple[Coding, ...] = n(19, default=())
    """What she told that must not wait (clinic.domain.red_flags). Once raised the kiosk takes none back."""


@record(15)
class MediaStep(Fact):
    """What happened to the call of an encounter: ringing, talking, reconnecting, another rung of the ladder, ended."""

    encounter: EncounterId = n(3)
    at: datetime = n(4)
    step: str = n(5)
    call: str = n(6, default="")
    before: str = n(7, default="")
    """Of a step named `rung`: from which rung to which, why, and whose hand it was ('patient', a user id, or '' for itself)."""
    after: str = n(8, default="")
    why: str = n(9, default="")
    by: str = n(10, default="")
    by_name: str = n(11, default="")
    what: str = n(12, default="")
    """Of a step named `shared` or `share ended`: the title of what was shown, and to which device."""
    to: str = n(13, default="")
    seen: int = n(14, default=0)
    """Pages that were on the other side's screen, of so many."""
    pages: int = n(15, default=0)


@record(570)
class CallReport(Fact):
    """The black box of a call, as one of its two sides saw it."""

    encounter: EncounterId = n(3)
    call: str = n(4)
    began_at: datetime = n(5)
    ended_at: datetime = n(6)
    outcome: str = n(7)
    """How it ended: hung up, lost, no media …"""
    staff: bool = n(8)
    """Whether this side is the clinic's; else the kiosk's."""
    seconds: bytes = n(9, default=b"")
    """The last half hour second by second, as `clinic.calls.blackbox` packs it: at most 28 800 bytes before packing."""
    device_name: str = n(10, default="")
    relay: str = n(11, default="")
    """What there is to say of the clinic's relay: relayed udp, relayed tcp …, refused, full, unreachable."""


@record(14)
class Appointment(Fact):
    start: datetime = n(3)
    minutes: int = n(4, default=20)
    practitioner: UserId = n(5, default=UserId(""))
    practitioner_name: str = n(6, default="")
    status: str = n(7, default="booked")
    reason: str = n(8, default="")
    location: FactId = n(9, default=FactId(""))
    slot: FactId = n(10, default=FactId(""))
    cancelation_reason: str = n(11, default="")
    """FHIR Appointment.cancelationReason, in words."""
    beside: tuple[FactId, ...] = n(12, default=())
    """Appointments of the same practitioner at the same time that whoever booked this one knew of, and booked it beside them."""


class AskedStatus(Word):
    """How far what she asked for is: FHIR Appointment.status `proposed`, then the words of AppointmentResponse."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    """She took it back herself."""


@record(640)
class AppointmentRequest(Fact):
    """What a patient asks for at a kiosk: an appointment, another time for one, or that one is called off. It takes no time in
    anybody's schedule until somebody of the clinic accepts it."""

    OPEN: ClassVar[frozenset[Word]] = frozenset((AskedStatus.PROPOSED,))

    status: AskedStatus = n(3)
    wish: str = n(4)
    """book, move, cancel."""
    authored_at: datetime = n(5)
    encounter: EncounterId = n(6, default=EncounterId(""))
    """The visit in which she asked: it says what showed who she is."""
    start: datetime | None = n(7, default=None)
    """None: any time from `requested_from` until `requested_until` (FHIR Appointment.requestedPeriod)."""
    minutes: int = n(8, default=20)
    practitioner: UserId = n(9, default=UserId(""))
    """'' : whoever is free first."""
    practitioner_name: str = n(10, default="")
    reason: Coding | None = n(11, default=None)
    appointment: FactId = n(12, default=FactId(""))
    """The one that moves, or is called off."""
    requested_from: datetime | None = n(13, default=None)
    requested_until: datetime | None = n(14, default=None)
    device_name: str = n(15, default="")
    answered_at: datetime | None = n(16, default=None)
    answered_by: UserId = n(17, default=UserId(""))
    answered_by_name: str = n(18, default="")
    answer: str = n(19, default="")
    """Why not, in words for her."""


@record(30)
class Slot(Fact):
    """A time that a practitioner offers."""

    practitioner: UserId = n(3)
    start: datetime = n(4)
    minutes: int = n(5, default=20)
    status: str = n(6, default="free")
    """free, busy, busy-unavailable, busy-tentative."""
    location: FactId = n(7, default=FactId(""))
