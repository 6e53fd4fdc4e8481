# SPDX-License-Identifier: GPL-3.0-or-later
"""Patient, Practitioner, Organization, Location, CareTeam: to facts and back."""

from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Any

from clinic.domain.facts import (
    CareTeam,
    CareTeamMember,
    Contact,
    Gender,
    Location,
    Organization,
    Patient,
    Practitioner,
)
from clinic.domain.ids import PatientId, UserId
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import (
    address,
    addressed,
    code_of,
    filled,
    first,
    identified,
    identifiers,
    listed,
    named,
    person_name,
    reachable,
    telecoms,
    words,
)
from clinic.exchange.fhir.extras import extensions, read_extensions
from clinic.exchange.fhir.times import day, moment
from clinic.exchange.fhir.tree import Json

MAX_PHOTO = 4_000_000


def patient_in(it: Incoming) -> Patient:
    spoken = _languages(it.get("communication"))
    more: Json = {"language": spoken[0].split("-")[0], "languages": tuple(spoken[1:])} if spoken else {}
    return Patient(
        id=it.id, patient=PatientId(it.id), name=person_name(it.get("name")), birth_date=it.day("birthDate"),
        gender=Gender(it.get("gender") or "unknown"), identifiers=identifiers(it.get("identifier")),
        telecom=telecoms(it.get("telecom")), address=address(it.get("address")), photo=_photo(it),
        contacts=tuple(_contact(c) for c in listed(it.get("contact"))), active=it.get("active") is not False,
        deceased_on=_deceased(it), **more, **read_extensions(it.resource, Patient, "provisional"),
    )  # fmt: skip


def patient_out(fact: Patient, to: Outgoing) -> Json:
    return {
        "active": fact.active,
        "identifier": identified(fact.identifiers), "name": named(fact.name), "telecom": reachable(fact.telecom),
        "gender": _gender(fact.gender), "birthDate": fact.birth_date and fact.birth_date.isoformat(),
        "deceasedDateTime": fact.deceased_on and fact.deceased_on.isoformat(), "address": addressed(fact.address),
        "photo": [{"contentType": "image/jpeg", "data": b64encode(fact.photo).decode()}] if fact.photo else [],
        "contact": [_contacted(c) for c in fact.contacts],
        "communication": [_speaks(fact.language, True), *(_speaks(tongue) for tongue in fact.languages)],
        "extension": extensions(fact, "provisional"),
    }  # fmt: skip


def practitioner_in(it: Incoming) -> Practitioner:
    qualification = first(it.get("qualification"))
    return Practitioner(
        id=it.id, user=UserId(it.id), name=person_name(it.get("name")),
        title=" ".join(listed(first(it.get("name")).get("prefix"))), specialty=words(qualification.get("code")),
        licence=first(qualification.get("identifier")).get("value", ""), identifiers=identifiers(it.get("identifier")),
        telecom=telecoms(it.get("telecom")), active=it.get("active") is not False,
    )  # fmt: skip


def practitioner_out(fact: Practitioner, to: Outgoing) -> Json:
    licence = [{"value": fact.licence}] if fact.licence else []
    qualified = (
        filled({"identifier": licence, "code": {"text": fact.specialty or "-"}})
        if licence or fact.specialty
        else {}
    )
    return {
        "identifier": identified(fact.identifiers), "active": fact.active, "name": named(fact.name, fact.title),
        "telecom": reachable(fact.telecom), "qualification": [qualified] if qualified else [],
    }  # fmt: skip


def organization_in(it: Incoming) -> Organization:
    more: Json = {"jurisdiction": first(it.get("address")).get("country", "")}
    more |= read_extensions(it.resource, Organization, "jurisdiction")
    return Organization(
        id=it.id, name=it.get("name") or _needed("name"), identifiers=identifiers(it.get("identifier")),
        telecom=telecoms(it.get("telecom")), address=address(it.get("address")), **more,
    )  # fmt: skip


def organization_out(fact: Organization, to: Outgoing) -> Json:
    return {
        "identifier": identified(fact.identifiers), "name": fact.name, "telecom": reachable(fact.telecom),
        "address": addressed(fact.address),
        "extension": [{"url": "urn:posta:jurisdiction", "valueString": fact.jurisdiction}] if fact.jurisdiction else [],
    }  # fmt: skip


def location_in(it: Incoming) -> Location:
    place = it.get("position") or {}
    phone = next((t.value for t in telecoms(it.get("telecom")) if t.system == "phone"), "")
    return Location(
        id=it.id, name=it.get("name") or it.get("description") or _needed("name"), address=address(it.get("address")),
        phone=phone, latitude=_real(place.get("latitude")), longitude=_real(place.get("longitude")),
        kind=words(first(it.get("type"))), identifiers=identifiers(it.get("identifier")),
        organization=it.fact(it.get("managingOrganization"), "Organization"),
    )  # fmt: skip


def location_out(fact: Location, to: Outgoing) -> Json:
    somewhere = fact.latitude is not None and fact.longitude is not None
    return {
        "identifier": identified(fact.identifiers), "name": fact.name,
        "type": [{"text": fact.kind}] if fact.kind else [],
        "telecom": [{"system": "phone", "value": fact.phone}] if fact.phone else [],
        "address": {"text": fact.address} if fact.address else {},
        "position": {"longitude": _decimal(fact.longitude), "latitude": _decimal(fact.latitude)} if somewhere else {},
        "managingOrganization": to.ref("Organization", fact.organization),
    }  # fmt: skip


def care_team_in(it: Incoming) -> CareTeam:
    if it.get("status") == "entered-in-error":
        raise Unmappable("it was entered in error")
    return CareTeam(
        id=it.id, patient=it.patient, name=it.get("name") or words(first(it.get("category"))),
        members=tuple(_member(it, p) for p in listed(it.get("participant"))), status=it.get("status") or "active",
        since=day((it.get("period") or {}).get("start")),
    )  # fmt: skip


def care_team_out(fact: CareTeam, to: Outgoing) -> Json:
    members = [
        filled({"role": [{"text": m.role}] if m.role else [], "member": to.user(m.user, m.name)})
        for m in fact.members
    ]
    return {
        "status": fact.status, "name": fact.name, "subject": to.ref("Patient", fact.patient),
        "period": {"start": fact.since.isoformat()} if fact.since else {}, "participant": [m for m in members if m],
    }  # fmt: skip


def _member(it: Incoming, said: Json) -> CareTeamMember:
    who = said.get("member")
    return CareTeamMember(user=it.user(who), name=it.called(who), role=words(first(said.get("role"))))


def _contact(said: Json) -> Contact:
    return Contact(
        relationship=words(first(said.get("relationship"))), name=person_name(said.get("name")),
        telecom=telecoms(said.get("telecom")), address=address(said.get("address")),
    )  # fmt: skip


def _contacted(contact: Contact) -> Json:
    name = named(contact.name)
    return filled({
        "relationship": [{"text": contact.relationship}] if contact.relationship else [],
        "name": name[0] if name else {"text": "-"}, "telecom": reachable(contact.telecom),
        "address": {"text": contact.address} if contact.address else {},
    })  # fmt: skip


def _languages(said: Any) -> list[str]:
    """BCP 47 tags, the preferred one first."""
    told = sorted(listed(said), key=lambda c: not c.get("preferred"))
    return [code for code in (code_of(c.get("language")) for c in told) if code]


def _speaks(tongue: str, preferred: bool = False) -> Json:
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": tongue}]}
    return {"language": language, "preferred": True} if preferred else {"language": language}


def _gender(gender: Gender) -> str:
    return str(gender) if gender in tuple(Gender) else "unknown"


def _deceased(it: Incoming) -> Any:
    name, said = it.choice("deceased")
    if name == "deceasedBoolean" and said:
        it.remark(name, "the day of death is not known")
    return day(said) if name == "deceasedDateTime" and moment(said) else None


def _photo(it: Incoming) -> bytes:
    data = first(it.get("photo")).get("data")
    if not isinstance(data, str):
        return b""
    try:
        return it.shrink(b64decode(data)) if len(data) <= MAX_PHOTO else b""
    except ValueError:
        it.remark("photo", "is not a picture this program can show")
        return b""


def _real(value: Any) -> float | None:
    return None if value is None else float(value)


def _decimal(value: float | None) -> Any:
    return None if value is None else Decimal(repr(value))


def _needed(name: str) -> str:
    raise Unmappable(f"{name} is missing")
