# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a resource is, and the ids it gets: the same file gives the same ids on every computer.

A person is known by the name the source gives the resource together with her names and birth date; a fact by its
patient, type and source name; somebody or something that belongs to no chart by the first identifier. What has no such
name is known by its content.
"""

from base64 import b32encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clinic.domain.errors import Refusal
from clinic.domain.ids import ELSEWHERE, FactId, PatientId, UserId
from clinic.exchange.fhir.bundle import Bundle, Entry
from clinic.exchange.fhir.context import NOBODY, Remark, Target, identifier_name, names_in
from clinic.exchange.fhir.elements import listed, person_name
from clinic.exchange.fhir.kinds import KINDS
from clinic.exchange.fhir.links import is_absolute, references
from clinic.exchange.fhir.tree import Json, text
from clinic.keys.hashing import digest

NOBODYS = {
    "ActivityDefinition", "CapabilityStatement", "CatalogEntry", "ChargeItemDefinition", "CodeSystem", "ConceptMap",
    "Endpoint", "HealthcareService", "InsurancePlan", "Library", "Location", "Measure", "Medication",
    "MedicationKnowledge", "NamingSystem", "OperationDefinition", "Organization", "OrganizationAffiliation",
    "PlanDefinition", "Practitioner", "PractitionerRole", "Questionnaire", "Schedule", "SearchParameter", "Slot",
    "StructureDefinition", "StructureMap", "Substance", "ValueSet",
}  # fmt: skip
"""Kinds that belong to no chart."""
_ABOUT = ("subject", "patient", "for", "beneficiary", "candidate")
_INNER = ("actor", "what", "individual", "member")


@dataclass(slots=True)
class Owned:
    """A resource with its place. `why_not`: why it may become no fact, although there is a kind for it."""

    entry: Entry
    id: FactId
    original: FactId
    patient: PatientId = PatientId("")
    why_not: str = ""
    existing: bool = False
    """The fact is somebody or something this device knows already by an identifier."""


@dataclass
class Owners:
    """All resources of a Bundle with their owners; `known`: what this device knows by a name, for what is not in the file."""

    bundle: Bundle
    known: Callable[[str], Target | None]
    into: PatientId | None = None
    owned: list[Owned] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_name: dict[str, int] = {}
        self._patients: dict[int, PatientId] = {}
        self._ids: dict[FactId, str] = {}
        self._index()
        self._people()
        self._owners()

    @property
    def people(self) -> dict[PatientId, Entry]:
        """The patients that the file describes."""
        return {patient: self.bundle.entries[number] for number, patient in self._patients.items()}

    def find(self, name: str) -> Target | None:
        """What a name of the Bundle, or one this device knows, leads to."""
        number = self._by_name.get(name)
        if number is None:
            return self.known(name)
        owned = self.owned[number]
        entry = owned.entry
        if owned.existing:
            return self._identified(entry)
        fact = owned.id if entry.type in KINDS else FactId("")
        return Target(
            entry.type, fact, entry.resource, UserId(fact) if entry.type == "Practitioner" else NOBODY
        )

    def dangling(self) -> tuple[tuple[str, str], ...]:
        """(resource, reference) of every reference that leads nowhere, neither in the file nor on this device."""
        found: dict[tuple[str, str], None] = {}
        for entry in self.bundle.entries:
            for reference in references(entry.resource):
                named = str(reference.get("reference") or "")
                if named and not named.startswith("#") and not any(self.find(n) for n in names_in(reference)):
                    found[entry.label, named[:500]] = None
        return tuple(found)

    # names ----------------------------------------------------------------------------------------

    def _index(self) -> None:
        for number, entry in enumerate(self.bundle.entries):
            for name in _names(entry):
                first = self._by_name.setdefault(name, number)
                if first != number and self.bundle.entries[first].digest != entry.digest:
                    self.remarks.append(
                        Remark(entry.label, entry.type, "another resource in this file has the same name")
                    )
                    break

    def _number(self, reference: Any) -> int | None:
        if not isinstance(reference, dict):
            return None
        return next((self._by_name[name] for name in names_in(reference) if name in self._by_name), None)

    # people ---------------------------------------------------------------------------------------

    def _people(self) -> None:
        numbers = [n for n, entry in enumerate(self.bundle.entries) if entry.type == "Patient"]
        if self.into and len(numbers) > 1:
            raise Refusal("This file holds several people. Import it without naming one.")
        for number in numbers:
            self._patients[number] = self.into or PatientId(_person_id(self.bundle.entries[number]))

    # owners ---------------------------------------------------------------------------------------

    def _owners(self) -> None:
        whose = [self._whose(number, entry) for number, entry in enumerate(self.bundle.entries)]
        settled = self._spread([patient for patient, _ in whose])
        people = set(self._patients.values())
        only = next(iter(people)) if len(people) == 1 else PatientId("")
        for number, entry in enumerate(self.bundle.entries):
            patient, why = settled[number], whose[number][1]
            if patient is None:
                patient = PatientId("") if why else only
                why = why or ("it does not say whom it is about" if entry.type in KINDS else "")
            self.owned.append(self._placed(number, entry, patient, why))

    def _placed(self, number: int, entry: Entry, patient: PatientId, why: str) -> Owned:
        name = entry.name if entry.name and (patient or is_absolute(entry.name)) else entry.digest
        fact, existing = made_id(entry.type, patient, name), False
        if number in self._patients:
            fact = FactId(self._patients[number])
        elif not patient and _first_identifier(entry):
            known = self._identified(entry)
            existing = known is not None and bool(known.fact)
            fact = known.fact if known and known.fact else made_id(entry.type, _first_identifier(entry))
        elif self._ids.setdefault(fact, entry.digest) != entry.digest:
            fact = made_id(entry.type, patient, name, entry.digest)
        original = made_id("original", patient, entry.type, name, entry.digest)
        return Owned(entry, fact, original, patient, why, existing)

    def _identified(self, entry: Entry) -> Target | None:
        """Somebody or something of the same kind that this device knows by one of the same identifiers."""
        found = (self.known(name) for name in _identifier_names(entry))
        return next((target for target in found if target is not None and target.type == entry.type), None)

    def _whose(self, number: int, entry: Entry) -> tuple[PatientId | None, str]:
        """(patient, '' for nobody's, None where it is not said; why it may not become a fact)."""
        if number in self._patients:
            return self._patients[number], ""
        if entry.type in NOBODYS:
            return PatientId(""), ""
        named = list(_about(entry))
        told = [self._number(reference) for reference in named]
        patients = {self._patients[n] for n in told if n is not None and n in self._patients}
        if len(patients) == 1:
            return next(iter(patients)), ""
        if patients:
            return None, "it names several people"
        if entry.type in ("AuditEvent", "Provenance", "Appointment") or not named:
            return None, ""
        if None in told:
            return (
                (self.into, "")
                if self.into and not self._patients
                else (None, "it names a patient who is not in this file")
            )
        return None, "it names no person"

    def _spread(self, owners: list[PatientId | None]) -> list[PatientId | None]:
        """What says nothing belongs where all it refers to belongs, or else all that refer to it."""
        links = [
            [n for n in map(self._number, references(e.resource)) if n is not None]
            for e in self.bundle.entries
        ]
        for _ in range(3):
            back: list[set[PatientId]] = [set() for _ in owners]
            for owner, outgoing in zip(owners, links, strict=True):
                if owner:
                    for other in outgoing:
                        back[other].add(owner)
            for number, owner in enumerate(owners):
                if owner is None:
                    ahead = {owners[n] for n in links[number] if owners[n]}
                    for candidates in (ahead, back[number]):
                        if len(candidates) == 1:
                            owners[number] = next(iter(candidates))
                            break
        return owners


def made_id(*parts: str) -> FactId:
    """An id that is the same wherever the same resource is imported; no device can count to it."""
    hashed = digest(text(list(parts)).encode(), b"posta fhir id", 16)
    return FactId(ELSEWHERE + b32encode(hashed).decode().rstrip("=").lower())


def _about(entry: Entry) -> Iterator[Json]:
    kind = KINDS.get(entry.type)
    for name in (kind.about if kind else ()) or _ABOUT:
        for said in listed(entry.resource.get(name)):
            if isinstance(said, dict):
                inner = next((said[key] for key in _INNER if isinstance(said.get(key), dict)), said)
                yield inner


def _names(entry: Entry) -> list[str]:
    said = entry.resource.get("id")
    names = [
        entry.name,
        f"{entry.type}/{said}" if isinstance(said, str) else "",
        *_identifier_names(entry),
        _canonical(entry),
    ]
    return [name for name in dict.fromkeys(names) if name]


def _canonical(entry: Entry) -> str:
    """What responses call a Questionnaire: its url and version."""
    url, version = entry.resource.get("url"), entry.resource.get("version")
    told = entry.type == "Questionnaire" and isinstance(url, str) and isinstance(version, str)
    return f"{url}|{version}" if told else ""


def _identifier_names(entry: Entry) -> list[str]:
    if entry.type not in ("Patient", "Practitioner", "Organization", "Location", "PractitionerRole"):
        return []
    return [
        identifier_name(entry.type, i.get("system", ""), i["value"])
        for i in listed(entry.resource.get("identifier"))
        if isinstance(i, dict) and i.get("value")
    ]


def _first_identifier(entry: Entry) -> str:
    """The first identifier with a system, of a kind that identifiers tell apart."""
    if entry.type not in ("Practitioner", "Organization", "Location"):
        return ""
    told: Sequence[Json] = [i for i in listed(entry.resource.get("identifier")) if isinstance(i, dict)]
    return next((f"{i['system']}|{i['value']}" for i in told if i.get("system") and i.get("value")), "")


def _person_id(entry: Entry) -> FactId:
    name, born = person_name(entry.resource.get("name")), str(entry.resource.get("birthDate") or "")
    known = is_absolute(entry.name) and name.full and born
    return made_id("Patient", entry.name, *((name.full, born) if known else (entry.digest,)))
