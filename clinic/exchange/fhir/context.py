# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mapping of one resource may ask: coming in (`Incoming`) and going out (`Outgoing`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from clinic.domain.facts import Fact, Practitioner
from clinic.domain.ids import FOREIGN as FOREIGN
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.domain.values import Attachment, Coding
from clinic.exchange.fhir.elements import coding, first, is_ucum, listed, unit_of, words
from clinic.exchange.fhir.times import day, moment, vague
from clinic.exchange.fhir.tree import Json

NOBODY = UserId("")


class Unmappable(Exception):
    """This resource becomes no fact. The sentence says why; the original is kept all the same."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know about one resource. `path`: FHIR path, such as Observation.valueQuantity."""

    resource: str
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to. `fact`: '' for a kind without a model; `user`: of a Practitioner."""

    type: str
    fact: FactId
    resource: Json
    user: UserId = NOBODY


@dataclass
class Incoming:
    """One resource on its way in. `undated_at` stands in where a resource says no time at all."""

    resource: Json
    id: FactId
    patient: PatientId
    undated_at: datetime
    find: Callable[[str], Target | None]
    keep_file: Callable[[bytes, str, str], Attachment]
    shrink: Callable[[bytes], bytes]
    label: str = ""
    remarks: list[Remark] = field(default_factory=list)

    def get(self, name: str) -> Any:
        return self.resource.get(name)

    def remark(self, element: str, sentence: str) -> None:
        kind = self.resource.get("resourceType", "")
        self.remarks.append(Remark(self.label, f"{kind}.{element}" if element else kind, sentence))

    # references -----------------------------------------------------------------------------------

    def target(self, reference: Any) -> Target | None:
        """What a Reference leads to: inside the resource, in the Bundle, or on this device."""
        if not isinstance(reference, dict):
            return None
        named = reference.get("reference")
        if isinstance(named, str) and named.startswith("#"):
            return self._contained(named[1:])
        for name in names_in(reference):
            found = self.find(name)
            if found is not None:
                return found
        return None

    def fact(self, reference: Any, *types: str) -> FactId:
        """The fact a Reference leads to, '' for none or one of another type."""
        found = self.target(reference)
        return found.fact if found is not None and (not types or found.type in types) else FactId("")

    def encounter(self, name: str = "encounter") -> EncounterId:
        return EncounterId(self.fact(self.get(name), "Encounter"))

    def user(self, reference: Any) -> UserId:
        """The person of the staff a Reference leads to, also through her role; '' for anybody else."""
        found = self.target(reference)
        if found is not None and found.type == "PractitionerRole":
            found = self.target(found.resource.get("practitioner"))
        return found.user if found is not None else UserId("")

    def called(self, reference: Any) -> str:
        """How whoever a Reference leads to is called."""
        if not isinstance(reference, dict):
            return ""
        if reference.get("display"):
            return str(reference["display"])
        found = self.target(reference)
        return "" if found is None else calling(found.resource)

    def _contained(self, name: str) -> Target | None:
        for inner in listed(self.get("contained")):
            if inner.get("id") == name:
                return Target(inner.get("resourceType", ""), FactId(""), inner)
        return None

    # values ---------------------------------------------------------------------------------------

    def moment(self, *names: str) -> datetime | None:
        """The first of these elements that is a time; a Period counts by its start."""
        for name in names:
            said = self.get(name)
            said = (said.get("start") or said.get("end")) if isinstance(said, dict) else said
            found = moment(said)
            if found is not None:
                if vague(said):
                    self.remark(name, f"only {said} is known; it is filed at the beginning of that time")
                return found
            if said is not None:
                self.remark(name, "is not a date this program can read")
        return None

    def when(self, *names: str) -> datetime:
        """Like moment; the time of the import where nothing is said."""
        return self.moment(*names) or self.undated_at

    def day(self, name: str, said: Any = None) -> date | None:
        """A whole date; a year or a month alone stays in the original and is remarked."""
        told = self.get(name) if said is None else said
        found = day(told)
        if found is None and told is not None:
            self.remark(
                name, f"only {told} is known" if vague(told) else "is not a date this program can read"
            )
        return found

    def coding(self, name: str) -> Coding | None:
        return coding(self.get(name))

    def coded(self, name: str) -> Coding:
        """A code that has to be there."""
        found = self.coding(name)
        if found is None:
            raise Unmappable(f"{name} is missing")
        return found

    def choice(self, stem: str) -> tuple[str, Any]:
        """(element name, value) of value[x] and its like; ('', None) for none. Refused when there are two."""
        found = [
            key for key in self.resource if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()
        ]
        if len(found) > 1:
            raise Unmappable(f"{' and '.join(found)} cannot both be")
        return (found[0], self.get(found[0])) if found else ("", None)

    def medication(self) -> Coding:
        """medication[x]: a concept, or a Medication inside the resource or in the Bundle."""
        name, said = self.choice("medication")
        if name == "medicationReference":
            target = self.target(said)
            found = coding(target.resource.get("code")) if target else None
            found = found or (
                Coding(system="", code="", display=said["display"]) if said.get("display") else None
            )
        else:
            found = coding(said)
        if found is None:
            raise Unmappable("the medication is not named")
        return found

    def reason(self) -> Coding | None:
        """reasonCode, or the code of the Condition in reasonReference."""
        found = coding(first(self.get("reasonCode")))
        if found is None:
            reference = first(self.get("reasonReference"))
            target = self.target(reference)
            found = coding(target.resource.get("code")) if target else None
            if found is None and reference.get("display"):
                found = Coding(system="", code="", display=reference["display"])
        return found

    def check_unit(self, element: str, value: Any) -> None:
        if isinstance(value, dict) and value.get("value") is not None and not is_ucum(value):
            self.remark(element, f"the unit '{unit_of(value)}' is not given in UCUM")


@dataclass
class Outgoing:
    """Facts on their way out. `names`: (resource type, fact id) -> fullUrl of what is in the Bundle."""

    names: Mapping[tuple[str, str], str]
    staff: Mapping[UserId, Practitioner]
    open_file: Callable[[Attachment], bytes | None]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def ref(self, type: str, fact: str, display: str = "") -> Json:
        """A Reference to a fact that is in the Bundle; only its words where it is not. {} for nothing."""
        told = {"reference": self.names.get((type, fact), ""), "display": display}
        return {key: value for key, value in told.items() if value}

    def anyone(self, fact: str) -> Json:
        """A Reference to a fact whatever its type."""
        known = self.facts.get(fact)
        return self.ref(type(known).__name__, fact) if known is not None else {}

    def user(self, user: UserId, display: str = "") -> Json:
        """A Reference to a person of the staff."""
        who = self.staff.get(user)
        if who is None:
            return {"display": display or user} if display or user else {}
        return self.ref("Practitioner", who.id, display or who.name.spoken)


def names_in(reference: Json) -> list[str]:
    """The names a Reference may be found by: its text without a version, then its identifier."""
    found: list[str] = []
    named = reference.get("reference")
    if isinstance(named, str) and named:
        found.append(named.split("/_history/")[0])
        kind, _, query = named.partition("?identifier=")
        if query:
            found.append(identifier_name(kind, *query.partition("|")[::2]))
    identifier = reference.get("identifier")
    if isinstance(identifier, dict) and identifier.get("value"):
        kinds = (reference.get("type"), "Patient", "Practitioner", "Organization", "Location")
        found += [
            identifier_name(str(k), identifier.get("system", ""), identifier["value"]) for k in kinds if k
        ]
    return found


def identifier_name(kind: str, system: str, value: str) -> str:
    return f"{kind}?identifier={system}|{value}"


def calling(resource: Json) -> str:
    """What a person, place or thing is called."""
    name = resource.get("name")
    if isinstance(name, str):
        return name
    told = first(name)
    spoken = " ".join(
        [*listed(told.get("prefix")), *listed(told.get("given")), told.get("family") or ""]
    ).strip()
    return str(told.get("text") or spoken or words(resource.get("code")) or resource.get("resourceType", ""))
