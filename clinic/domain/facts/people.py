# SPDX-License-Identifier: GPL-3.0-or-later
"""Patients, who belongs to them, staff, places."""

from datetime import date, datetime

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import FactId, PatientId, TeamId, UserId
from clinic.domain.record import Record, Word, n, record
from clinic.domain.values import ContactPoint, HumanName, Identifier


@record(111)
class Contact(Record):
    """FHIR Patient.contact: a person who belongs to the patient."""

    relationship: str = n(1)
    """mother, father, child, spouse, guardian, neighbour, emergency …"""
    name: HumanName = n(2)
    telecom: tuple[ContactPoint, ...] = n(3, default=())
    address: str = n(4, default="")


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
    contacts: tuple[Contact, ...] = n(12, default=())
    """Next of kin, guardian, who to call in need."""
    languages: tuple[str, ...] = n(13, default=())
    """Others than `language` that the person understands (BCP 47)."""
    deceased_on: date | None = n(14, default=None)
    active: bool = n(15, default=True)


@record(13)
class Link(Fact):
    """A provisional patient is the same person as `other`; undone by a later Link with `active` False."""

    other: PatientId = n(3)
    active: bool = n(4, default=True)
    by: UserId = n(5)
    linked_at: datetime = n(6)


@record(17)
class PatientCard(Fact):
    """A card given to a patient: the look-up id and public key derived from its secret, never the secret."""

    lookup: str = n(3)
    public_key: bytes = n(4)
    issued_at: datetime = n(5)
    revoked: bool = n(6, default=False)
    asks_pin: bool = n(7, default=False)
    issued_by: UserId = n(8, default=UserId(""))
    revoked_at: datetime | None = n(9, default=None)
    revoked_by: UserId = n(10, default=UserId(""))
    revoked_why: str = n(11, default="")
    """lost, stolen, damaged, replaced, other."""


@record(18)
class Practitioner(Fact):
    """A person of the staff as patients and colleagues see them."""

    user: UserId = n(3)
    name: HumanName = n(4)
    title: str = n(5, default="")
    specialty: str = n(6, default="")
    licence: str = n(7, default="")
    identifiers: tuple[Identifier, ...] = n(8, default=())
    telecom: tuple[ContactPoint, ...] = n(9, default=())
    active: bool = n(10, default=True)


@record(20)
class Organization(Fact):
    name: str = n(3)
    jurisdiction: str = n(4, default="AR")
    identifiers: tuple[Identifier, ...] = n(5, default=())
    telecom: tuple[ContactPoint, ...] = n(6, default=())
    address: str = n(7, default="")


@record(19)
class Location(Fact):
    """A facility: a hospital, a clinic, a rural post."""

    name: str = n(3)
    address: str = n(4, default="")
    phone: str = n(5, default="")
    latitude: float | None = n(6, default=None)
    longitude: float | None = n(7, default=None)
    kind: str = n(8, default="")
    """hospital, clinic, post …"""
    identifiers: tuple[Identifier, ...] = n(9, default=())
    organization: FactId = n(10, default=FactId(""))


@record(22)
class Team(Fact):
    team: TeamId = n(3)
    name: str = n(4)


@record(114)
class CareTeamMember(Record):
    user: UserId = n(1)
    name: str = n(2, default="")
    role: str = n(3, default="")


@record(23)
class CareTeam(Fact):
    """Who cares for a patient (`patient`), or for all of a team's ('')."""

    name: str = n(3)
    members: tuple[CareTeamMember, ...] = n(4, default=())
    status: str = n(5, default="active")
    since: date | None = n(6, default=None)
