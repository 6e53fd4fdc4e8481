# SPDX-License-Identifier: GPL-3.0-or-later
"""Records going out: one or several people as a FHIR R4 Bundle, with everything that was imported given back as it came.

Each person must have permitted sharing, and each export is an entry of the audit before a byte leaves.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from clinic.domain import facts as facts_
from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Fact,
    Link,
    OriginalResource,
    Patient,
    Practitioner,
    Provenance,
    Questionnaire,
    QuestionnaireResponse,
)
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.values import Attachment, HumanName
from clinic.exchange.fhir.context import Incoming, Outgoing, Target, Unmappable
from clinic.exchange.fhir.kinds import KINDS, fact_of, resource_of
from clinic.exchange.fhir.links import full_url, is_absolute, linked, named_in, resource_id
from clinic.exchange.fhir.originals import unpacked
from clinic.exchange.fhir.overlay import overlaid
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import Json, text
from clinic.keys.rights import Action
from clinic.keys.roster import TrustLog
from clinic.services.audits import audit
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.imports import shrink_small
from clinic.services.known import latest_originals, open_file
from clinic.services.people import person
from clinic.store.page import Page

_SHARED = ("Practitioner", "Organization", "Location", "Slot", "Questionnaire", "CareTeam", "Task")
_WITHOUT_NAME = (
    "MediaStep", "CallReport", "Receipt", "PatientCard", "NoteSection", "VerificationResult", "AppointmentRequest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """`data`: the Bundle; `counts`: resource type -> how many; `as_they_came`: given back without a change;
    `not_told`: kinds of ours without an R4 name -> how many stayed behind; `missing`: titles of files not here yet."""

    data: bytes
    counts: Mapping[str, int]
    as_they_came: int
    not_told: Mapping[str, int]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Item:
    """One entry in the making."""

    type: str
    fact: Fact | None
    original: OriginalResource | None
    content: Json | None = None
    url: str = ""

    @property
    def id(self) -> str:
        if self.fact is not None:
            return self.fact.id
        return self.original.of or self.original.id if self.original else ""


@dataclass
class _Going:
    """Everything of one export, read in one picture of the store."""

    items: list[_Item]
    imported: Mapping[FactId, datetime]
    staff: Mapping[UserId, Practitioner]
    links: Sequence[Link]
    not_told: Counter[str]
    missing: list[str] = field(default_factory=list)


@needs(Action.EXPORT)
def export_bundle(desk: Desk, patients: Sequence[PatientId]) -> Exported:
    """The whole record of these people as a collection Bundle.

    Refused: nobody is logged in, somebody is not here, somebody has not permitted sharing. Raises Unavailable.
    """
    allowed(desk, patients, Purpose.API)
    going = desk.book.read(lambda page: _gathered(desk, page, patients))
    for patient in patients:
        audit(desk, "export", patient, entity="FHIR R4 Bundle")
    return _bundle(desk, going)


def allowed(desk: Desk, patients: Sequence[PatientId], purpose: Purpose) -> None:
    """The gate before a record leaves. Refused for the first person who is not here or has not permitted it."""
    desk.require_someone()
    if not patients:
        raise Refusal("Say whose record is to be exported.")
    for patient in patients:
        person(desk, patient)
        ask(desk, patient, purpose)


# gathering ----------------------------------------------------------------------------------------


def _gathered(desk: Desk, page: Page, patients: Sequence[PatientId]) -> _Going:
    items: dict[tuple[str, str], _Item] = {}
    for patient in patients:
        for item in _items(page, patient):
            items.setdefault((item.type, item.id), item)
    shared = {item.id: item for item in _items(page, PatientId(""), _SHARED)}
    staff = _staff(page, desk.trust, [i.fact for i in items.values() if i.fact])
    shared.update({p.id: _Item("Practitioner", p, None) for p in staff.values() if p.id not in shared})
    for item in _needed(desk, items, shared, staff):
        items.setdefault((item.type, item.id), item)
    whose = (*patients, PatientId(""))
    imported = {p.id: p.recorded_at for patient in whose for p in page.facts(Provenance, patient)}
    left = Counter({
        name: len(page.facts(getattr(facts_, name), patient)) for name in _WITHOUT_NAME for patient in patients
    })  # fmt: skip
    links = [link for patient in patients for link in page.facts(Link, patient) if link.active]
    return _Going(list(items.values()), imported, staff, links, +left)


def _items(page: Page, patient: PatientId, only: Sequence[str] = ()) -> Iterator[_Item]:
    """Every fact that has an R4 name with the original it was made of, then the originals of other kinds."""
    originals = latest_originals(page, patient)
    of = {original.of: original for original in originals if original.of}
    for name, kind in KINDS.items():
        if not only or name in only:
            for fact in page.facts(kind.fact, patient):
                yield _Item(name, fact, of.get(fact.id))
    for original in originals:
        if not original.of:
            yield _Item(original.resource_type, None, original)


def _needed(
    desk: Desk,
    items: Mapping[tuple[str, str], _Item],
    shared: dict[str, _Item],
    staff: Mapping[UserId, Practitioner],
) -> list[_Item]:
    """What belongs to no chart and is named by what goes out, and what that names in turn."""
    by_name = {name: item for item in shared.values() for name in _aliases(desk, item)}
    by_name |= {str(user): shared[who.id] for user, who in staff.items() if who.id in shared} | shared
    by_name |= {i.fact.name: i for i in shared.values() if isinstance(i.fact, Questionnaire)}
    by_name |= {
        _version(i.fact): i for i in shared.values() if isinstance(i.fact, Questionnaire) and i.fact.url
    }
    found: dict[str, _Item] = {}
    row = list(items.values())
    while row:
        names = {name for item in row for name in _names_of(desk, item)}
        row = [by_name[name] for name in sorted(names & by_name.keys()) if by_name[name].id not in found]
        found.update({item.id: item for item in row})
    return list(found.values())


def _names_of(desk: Desk, item: _Item) -> set[str]:
    """Every word of a fact and every reference of its original: among them are the names of what it needs."""
    told = set(_words(item.fact)) if item.fact else set()
    if isinstance(item.fact, QuestionnaireResponse):
        told.add(f"{item.fact.questionnaire}|{item.fact.version}")
    content = _content(desk, item)
    return told | set(named_in(content)) if content else told


def _version(form: Questionnaire) -> str:
    """FHIR canonical, with the version that was asked."""
    return f"{form.url}|{form.version}"


def _content(desk: Desk, item: _Item) -> Json | None:
    if item.content is None and item.original is not None:
        item.content = unpacked(item.original.content, open_file(desk))
    return item.content


def _aliases(desk: Desk, item: _Item) -> list[str]:
    """The names that others of the same file may call it by; a form also by its canonical URL."""
    if item.original is None:
        return []
    content = _content(desk, item) or {}
    said, canonical = content.get("id"), content.get("url")
    names = [
        item.original.reference,
        f"{item.type}/{said}" if said else "",
        canonical if item.type == "Questionnaire" else "",
    ]
    return [name for name in names if isinstance(name, str) and name]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from _words(inner)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _words(getattr(value, one.name))


def _staff(page: Page, trust: TrustLog, facts: Sequence[Fact]) -> dict[UserId, Practitioner]:
    """The people of the staff that these facts name; a colleague who wrote no card of herself by the name she is known by."""
    known = {p.user: p for p in page.facts(Practitioner, PatientId(""))}
    for word in {UserId(word) for fact in facts for word in _words(fact)} - known.keys():
        if trust.role_of(word) is not None:
            known[word] = Practitioner(id=FactId(word), user=word, name=HumanName(family=trust.name_of(word)))
    return known


# going out ----------------------------------------------------------------------------------------


def _bundle(desk: Desk, going: _Going) -> Exported:
    names = _named(going.items)
    aliases = {
        alias: item.url
        for item in sorted(going.items, key=lambda i: i.original is None)
        for alias in reversed(_aliases(desk, item))
    }
    files = _files(desk, going)
    to = Outgoing(names, going.staff, files, {i.fact.id: i.fact for i in going.items if i.fact is not None})
    find = _finder(desk, going)
    urls = {item.url for item in going.items}
    entries, same = [], 0
    for item in going.items:
        resource = _resource(desk, going, item, to, find)
        led = linked(resource, item.url, aliases, urls)
        same += led.led == 0 and resource is item.content
        entries.append({"fullUrl": item.url, "resource": _related(going, item, led.resource, to)})
    bundle = {
        "resourceType": "Bundle", "type": "collection", "timestamp": instant(desk.clock.now()), "entry": entries,
    }  # fmt: skip
    return Exported(
        text(bundle).encode(),
        Counter(i.type for i in going.items),
        same,
        going.not_told,
        tuple(going.missing),
    )


def _named(items: Sequence[_Item]) -> dict[tuple[str, str], str]:
    """The fullUrl of each: as it came where that is a name of its own, else one made of its id."""
    taken: set[str] = set()
    names = {}
    for item in sorted(items, key=lambda item: item.id):
        came = item.original.reference if item.original else ""
        item.url = came if is_absolute(came) and came not in taken else full_url(item.type, item.id)
        taken.add(item.url)
        names[item.type, item.id] = item.url
    return names


def _resource(
    desk: Desk, going: _Going, item: _Item, to: Outgoing, find: Callable[[str], Target | None]
) -> Json:
    """The original where nothing changed; the model's words over it where something did; the model alone without one."""
    content = _content(desk, item)
    if item.fact is None:
        if content is None and item.original is not None:
            going.missing.append(item.original.title)
        return content or {"resourceType": item.type}
    mine = resource_of(item.fact, to)
    if content is None or item.original is None:
        return {"resourceType": item.type, "id": resource_id(item.fact.id)} | mine
    base = _base(going, item, content, to, find)
    return overlaid(content, base, mine) if base is not None else content | mine


def _base(
    going: _Going, item: _Item, content: Json, to: Outgoing, find: Callable[[str], Target | None]
) -> Json | None:
    """What the model made of the original, told as the model tells it now."""
    assert item.fact is not None and item.original is not None
    raw: dict[str, bytes] = {}

    def keep(data: bytes, kind: str, title: str) -> Attachment:
        name = f"here:{sha256(data).hexdigest()}"
        raw[name] = data
        return Attachment(id=name, key=b"", content_type=kind[:100], size=len(data), title=title[:200])

    undated = going.imported.get(item.original.source, item.original.recorded_at)
    it = Incoming(content, item.fact.id, item.fact.patient, undated, find, keep, shrink_small)
    try:
        fact = fact_of(it)
    except Unmappable:
        return None
    seen = Outgoing(to.names, to.staff, lambda attachment: raw.get(attachment.id), to.facts)
    return None if fact is None else resource_of(fact, seen)


def _finder(desk: Desk, going: _Going) -> Callable[[str], Target | None]:
    """What a name in an original led to when it came in."""
    found: dict[str, Target] = {}
    for item in going.items:
        content = _content(desk, item) or {"resourceType": item.type}
        user = item.fact.user if isinstance(item.fact, Practitioner) else UserId("")
        target = Target(item.type, item.fact.id if item.fact else FactId(""), content, user)
        for alias in _aliases(desk, item):
            found.setdefault(alias, target)
    return found.get


def _files(desk: Desk, going: _Going) -> Callable[[Attachment], bytes | None]:
    opened = open_file(desk)

    def open_or_miss(attachment: Attachment) -> bytes | None:
        data = opened(attachment)
        if data is None:
            going.missing.append(attachment.title or attachment.content_type)
        return data

    return open_or_miss


def _related(going: _Going, item: _Item, resource: Json, to: Outgoing) -> Json:
    """A Patient with the people here who turned out to be the same."""
    if not isinstance(item.fact, Patient):
        return resource
    others = {link.other for link in going.links if link.patient == item.fact.patient}
    others |= {link.patient for link in going.links if link.other == item.fact.patient}
    links = [
        {"other": to.ref("Patient", other), "type": "seealso"}
        for other in sorted(others)
        if to.ref("Patient", other)
    ]
    known = list(resource.get("link", []))
    links = [link for link in links if link["other"] not in [k.get("other") for k in known]]
    return {**resource, "link": known + links} if links else resource
