# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a record, as FHIR R4 names them. A fact never changes: a correction is a new fact with the same id.

Every clinical fact carries ``patient``: the person on whose chart it was written.
"""

from datetime import date, datetime

from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, TeamId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.domain.values import Attachment, Coding, ContactPoint, HumanName, Identifier, Quantity, Stroke


@record(99)
class Fact(Record):
    """What all facts have: an id of their own and the patient they are about ('' for facts about nobody)."""

    id: FactId = n(1)
    patient: PatientId = n(2, default=PatientId(""))


class Gender(Word):
    """FHIR administrative gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN_ = "unknown"


@record(1)
class Patient(Fact):
    name: HumanName = n(3)
    birth_date: date | None = n(4, default=None)
    gender: Gender = n(5, default=Gender.UNKNOWN_)
    identifiers: tuple[Identifier, ...] = n(6, default=())
    telecom: tuple[ContactPoint, ...] = n(7, default=())
    address: str = n(8, default="")
    language: str = n(9, default="es")
    photo: bytes = n(10, default=b"")
    """A JPEG of at most 6 kB."""
    provisional: bool = n(11, default=False)
    """True when a kiosk made it from a claim and nobody has confirmed who it is."""


class EncounterStatus(Word):
    """FHIR Encounter.status, the values a visit passes."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    TRIAGED = "triaged"
    IN_PROGRESS = "in-progress"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@record(2)
class Encounter(Fact):
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


@record(110)
class Observed(Record):
    """One component of an observation, such as systolic of a blood pressure."""

    code: Coding = n(1)
    value: Quantity = n(2)


class Method(Word):
    """Who took a reading."""

    MANUAL = "manual"
    DEVICE = "device"
    KIOSK = "kiosk"


@record(3)
class Observation(Fact):
    code: Coding = n(3)
    effective_at: datetime = n(4)
    value: Quantity | None = n(5, default=None)
    components: tuple[Observed, ...] = n(6, default=())
    text: str = n(7, default="")
    """A value that is a word, such as the ACVPU letter."""
    method: Method = n(8, default=Method.MANUAL)
    encounter: EncounterId = n(9, default=EncounterId(""))
    retracted: str = n(10, default="")
    """Why it no longer counts; '' while it does."""


class ClinicalStatus(Word):
    ACTIVE = "active"
    RESOLVED = "resolved"
    INACTIVE = "inactive"


@record(4)
class Condition(Fact):
    code: Coding = n(3)
    status: ClinicalStatus = n(4, default=ClinicalStatus.ACTIVE)
    recorded_at: datetime = n(5)
    encounter: EncounterId = n(6, default=EncounterId(""))
    note: str = n(7, default="")


@record(5)
class AllergyIntolerance(Fact):
    substance: Coding = n(3)
    reaction: str = n(4, default="")
    severe: bool = n(5, default=False)
    status: ClinicalStatus = n(6, default=ClinicalStatus.ACTIVE)
    recorded_at: datetime = n(7)


class RequestStatus(Word):
    DRAFT = "draft"
    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"


@record(6)
class MedicationRequest(Fact):
    medication: Coding = n(3)
    status: RequestStatus = n(4, default=RequestStatus.ACTIVE)
    authored_at: datetime = n(5)
    requester: UserId = n(6, default=UserId(""))
    dose: str = n(7, default="")
    """Such as 500 mg."""
    route: str = n(8, default="oral")
    every_hours: int = n(9, default=0)
    """0: once."""
    days: int = n(10, default=0)
    """0: until further notice."""
    instructions: str = n(11, default="")
    encounter: EncounterId = n(12, default=EncounterId(""))
    user_signature: bytes = n(13, default=b"")
    """Ed25519 of the requester over the fact without this field."""


class Section(Word):
    """The four parts of a SOAP note."""

    SUBJECTIVE = "subjective"
    OBJECTIVE = "objective"
    ASSESSMENT = "assessment"
    PLAN = "plan"


@record(7)
class NoteSection(Fact):
    """The draft text of one section: a fact of its own, so that edits of different sections never meet."""

    encounter: EncounterId = n(3)
    section: Section = n(4)
    text: str = n(5)
    written_at: datetime = n(6)


class CompositionStatus(Word):
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"


@record(8)
class Composition(Fact):
    """A signed note: immutable; `addendum_to` names the note it adds to."""

    encounter: EncounterId = n(3)
    status: CompositionStatus = n(4)
    subjective: str = n(5, default="")
    objective: str = n(6, default="")
    assessment: str = n(7, default="")
    plan: str = n(8, default="")
    conditions: tuple[Coding, ...] = n(9, default=())
    author: UserId = n(10)
    author_name: str = n(11, default="")
    signed_at: datetime = n(12)
    addendum_to: FactId = n(13, default=FactId(""))
    user_signature: bytes = n(14, default=b"")
    """Ed25519 of the author over the fact without this field."""


@record(9)
class Communication(Fact):
    """A chat message."""

    sent_at: datetime = n(3)
    sender: str = n(4)
    """A user id, or 'patient'."""
    sender_name: str = n(5, default="")
    text: str = n(6, default="")
    attachments: tuple[Attachment, ...] = n(7, default=())
    encounter: EncounterId = n(8, default=EncounterId(""))


@record(10)
class DocumentReference(Fact):
    """A photo, a PDF, a recording: what it is and where its ciphertext lies."""

    attachment: Attachment = n(3)
    made_at: datetime = n(4)
    category: str = n(5, default="photo")
    encounter: EncounterId = n(6, default=EncounterId(""))


class Decision(Word):
    PERMIT = "permit"
    DENY = "deny"


@record(109)
class ConsentItem(Record):
    """One question of the form, answered on its own."""

    scope: str = n(1)
    """treatment, teleconsultation, recording, sharing, analytics."""
    decision: Decision = n(2)


@record(11)
class Consent(Fact):
    """A statement of a patient. A denial wins every merge unless a later grant cites it in `previous`."""

    template: str = n(3)
    template_version: int = n(4)
    template_hash: bytes = n(5)
    """BLAKE2b-256 of the exact text that was shown and read aloud."""
    language: str = n(6)
    jurisdiction: str = n(7)
    items: tuple[ConsentItem, ...] = n(8)
    given_at: datetime = n(9)
    how: str = n(10, default="touch")
    read_aloud_seconds: int = n(11, default=0)
    signature: tuple[Stroke, ...] = n(12, default=())
    witness: UserId = n(13, default=UserId(""))
    previous: FactId = n(14, default=FactId(""))
    device: DeviceId = n(15)
    device_signature: bytes = n(16, default=b"")
    """Ed25519 of the device over the statement without this field."""
    encounter: EncounterId = n(17, default=EncounterId(""))


@record(12)
class AuditEvent(Fact):
    """Who did what to which record: FHIR AuditEvent fields."""

    action: str = n(3)
    """open, read, search, print, export, attempt, sign, call."""
    recorded_at: datetime = n(4)
    agent: str = n(5)
    device: DeviceId = n(6)
    outcome: str = n(7, default="success")
    entity: str = n(8, default="")
    previous: bytes = n(9, default=b"")
    """Hash of this device's entry before."""


@record(13)
class Link(Fact):
    """A provisional patient is the same person as `other`; undone by a later Link with `active` False."""

    other: PatientId = n(3)
    active: bool = n(4, default=True)
    by: UserId = n(5)
    linked_at: datetime = n(6)


@record(14)
class Appointment(Fact):
    start: datetime = n(3)
    minutes: int = n(4, default=20)
    practitioner: UserId = n(5, default=UserId(""))
    practitioner_name: str = n(6, default="")
    status: str = n(7, default="booked")
    reason: str = n(8, default="")


@record(15)
class MediaStep(Fact):
    """What happened to the call of an encounter: ringing, video, reconnecting, audio only, ended."""

    encounter: EncounterId = n(3)
    at: datetime = n(4)
    step: str = n(5)
    call: str = n(6, default="")


@record(16)
class Receipt(Fact):
    """This reader has opened these facts; `reader_name` is what the writer's screen shows."""

    reader: UserId = n(3)
    reader_name: str = n(4)
    opened: tuple[FactId, ...] = n(5)
    at: datetime = n(6)


@record(17)
class PatientCard(Fact):
    """A card given to a patient: the look-up id and public key derived from its secret, never the secret."""

    lookup: str = n(3)
    public_key: bytes = n(4)
    issued_at: datetime = n(5)
    revoked: bool = n(6, default=False)


@record(18)
class Practitioner(Fact):
    """A person of the staff as patients and colleagues see them."""

    user: UserId = n(3)
    name: HumanName = n(4)
    title: str = n(5, default="")
    specialty: str = n(6, default="")
    licence: str = n(7, default="")


@record(19)
class Location(Fact):
    """A facility: a hospital, a clinic, a rural post."""

    name: str = n(3)
    address: str = n(4, default="")
    phone: str = n(5, default="")
    latitude: float | None = n(6, default=None)
    longitude: float | None = n(7, default=None)


@record(20)
class Organization(Fact):
    name: str = n(3)
    jurisdiction: str = n(4, default="AR")


@record(21)
class Questionnaire(Fact):
    """A versioned definition of a form, or a consent template: synced as data."""

    name: str = n(3)
    version: int = n(4)
    language: str = n(5)
    text: str = n(6)


@record(22)
class Team(Fact):
    team: TeamId = n(3)
    name: str = n(4)
