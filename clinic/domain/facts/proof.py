# SPDX-License-Identifier: GPL-3.0-or-later
"""Consents, who did what, who has read what, where a fact comes from."""

from datetime import datetime

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import DeviceId, EncounterId, FactId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.domain.values import Stroke


class Decision(Word):
    PERMIT = "permit"
    DENY = "deny"


@record(109)
class ConsentItem(Record):
    """One question of the form, answered on its own."""

    scope: str = n(1)
    """treatment, teleconsultation, recording, sharing, analytics."""
    decision: Decision = n(2)


@record(332)
class Cited(Record):
    """A statement that whoever took this one knew. `digest`: BLAKE2b-256 of it, so that none can be taken away unseen."""

    statement: FactId = n(1)
    digest: bytes = n(2)


@record(11)
class Consent(Fact):
    """A statement of a patient. A denial wins every merge unless a later grant cites it (`clinic.keys.consenting`)."""

    template: str = n(3)
    template_version: int = n(4)
    template_hash: bytes = n(5)
    """BLAKE2b-256 of the exact text that was shown and read aloud."""
    language: str = n(6)
    jurisdiction: str = n(7)
    items: tuple[ConsentItem, ...] = n(8)
    given_at: datetime = n(9)
    how: str = n(10, default="touch")
    """touch (signed with a finger), voice (said aloud before a witness), phone, video (said to a witness that way), imported."""
    read_aloud_seconds: int = n(11, default=0)
    signature: tuple[Stroke, ...] = n(12, default=())
    witness: UserId = n(13, default=UserId(""))
    previous: FactId = n(14, default=FactId(""))
    device: DeviceId = n(15)
    device_signature: bytes = n(16, default=b"")
    """Ed25519 of the device over the statement without this field."""
    encounter: EncounterId = n(17, default=EncounterId(""))
    valid_from: datetime | None = n(18, default=None)
    """A permit counts from here on; from `given_at` where nothing is said."""
    valid_until: datetime | None = n(19, default=None)
    """A permit no longer counts from here on; a denial has no end."""
    witness_signature: bytes = n(20, default=b"")
    """Ed25519 of the witness, with the keys she has on that device, over the statement without both signatures."""
    cites: tuple[Cited, ...] = n(21, default=())
    """The statements known when this one was given that no other known one cites."""


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
    sequence: int = n(10, default=0)
    """Place in the tree of this device and incarnation, from 1; 0 for entries from before there were trees."""
    incarnation: int = n(11, default=0)


@record(344)
class AuditHead(Fact):
    """What the audit of one device came to at `size` entries, signed by it; colleagues keep it, so that a tail that is
    cut off or a past that is rewritten shows."""

    device: DeviceId = n(3)
    incarnation: int = n(4)
    size: int = n(5)
    root: bytes = n(6)
    """RFC 6962 root over the first `size` entries, 32 bytes."""
    at: datetime = n(7)
    leaves: bytes = n(8)
    """Leaf hashes of the entries since the head before, 32 bytes each: they name the entry that was changed."""
    device_signature: bytes = n(9, default=b"")
    """Ed25519 of the device over the head without this field."""


@record(16)
class Receipt(Fact):
    """These facts have come in on this reader's computer, or were shown to her; `reader_name` is what the writer's screen
    shows."""

    reader: UserId = n(3)
    reader_name: str = n(4)
    opened: tuple[FactId, ...] = n(5)
    at: datetime = n(6)
    arrived: tuple[FactId, ...] = n(7, default=())


@record(33)
class Provenance(Fact):
    """Where facts come from, when they were not typed here."""

    targets: tuple[FactId, ...] = n(3)
    recorded_at: datetime = n(4)
    agent: str = n(5)
    activity: str = n(6)
    """import, transcribe, merge …"""
    source: str = n(7, default="")
    """Name of the file or system."""
    digest: str = n(8, default="")
    """SHA-256 of the file, in hex."""


@record(34)
class OriginalResource(Fact):
    """A FHIR resource as it came, whole: what the model does not carry is kept here and shown."""

    resource_type: str = n(3)
    content: str = n(4)
    """Its JSON."""
    of: FactId = n(5, default=FactId(""))
    """The fact that was made of it; '' where the model has no kind for it."""
    of_kind: int = n(6, default=0)
    title: str = n(7, default="")
    recorded_at: datetime = n(8)
    """When it happened, as far as it says; else when it was imported."""
    source: FactId = n(9, default=FactId(""))
    """The Provenance of the import."""
    reference: str = n(10, default="")
    """The name other resources of its Bundle call it by."""


class IdentifiedBy(Word):
    """What showed who somebody is, at a visit that began at a kiosk."""

    CARD = "card"
    CODE = "code"
    """Her id number and a code that staff gave her."""
    VOUCHED = "vouched"
    """Somebody of the staff who is there says so."""


@record(380)
class VerificationResult(Fact):
    """How the person of a visit was identified (FHIR VerificationResult: its target is the Patient)."""

    encounter: EncounterId = n(3)
    how: IdentifiedBy = n(4)
    at: datetime = n(5)
    card: str = n(6, default="")
    """Look-up id of the card that was shown."""
    by: UserId = n(7, default=UserId(""))
    """Who vouches, or gave the code."""
    by_name: str = n(8, default="")
