# SPDX-License-Identifier: GPL-3.0-or-later
"""What this device knows of outside names: who or what a reference or an identifier leads to, and the originals it keeps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from clinic.domain.facts import Fact, Location, Organization, OriginalResource, Practitioner, Provenance
from clinic.domain.ids import ELSEWHERE, FactId, PatientId
from clinic.domain.values import Attachment, Identifier
from clinic.exchange.fhir.context import Target, identifier_name
from clinic.exchange.fhir.tree import Json, parse
from clinic.keys.attachments import unseal_bytes
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page

NOBODYS_CHART = PatientId("")
IMPORTED = ELSEWHERE
"""How ids of imported facts begin."""


@dataclass(frozen=True, slots=True)
class OriginalLine:
    """An imported resource as one line of a chart. `of`: the fact it became, '' where the model has no kind for it."""

    original: FactId
    type: str
    title: str
    at: datetime
    of: FactId
    source: str


@dataclass
class Known:
    """Names -> what they lead to, of everything that belongs to no chart."""

    targets: dict[str, Target] = field(default_factory=dict)
    made: set[tuple[type[Fact], FactId]] = field(default_factory=set)
    _latest: dict[PatientId, dict[FactId, OriginalResource]] = field(default_factory=dict)

    @classmethod
    def of(cls, page: Page) -> "Known":
        known = cls()
        by_id: dict[FactId, Target] = {}
        held: list[Practitioner | Organization | Location] = [
            *page.facts(Practitioner, NOBODYS_CHART),
            *page.facts(Organization, NOBODYS_CHART),
            *page.facts(Location, NOBODYS_CHART),
        ]  # fmt: skip
        for fact in held:
            target = by_id[fact.id] = _target(fact)
            if not isinstance(fact, Practitioner) or fact.id.startswith(IMPORTED):
                for identifier in fact.identifiers:
                    known.targets.setdefault(_identifier_name(target.type, identifier), target)
        for original in page.facts(OriginalResource, NOBODYS_CHART):
            if original.reference.startswith(("urn:", "http://", "https://")):
                target_ = by_id.get(original.of) or Target(
                    original.resource_type, original.of, _content(original)
                )
                known.targets.setdefault(original.reference, target_)
        return known

    def find(self, name: str) -> Target | None:
        return self.targets.get(name)

    def latest_original(self, page: Page, patient: PatientId, of: FactId) -> OriginalResource | None:
        """The original that a fact was last made of, as it was before this import."""
        if patient not in self._latest:
            self._latest[patient] = {o.of: o for o in latest_originals(page, patient) if o.of}
        return self._latest[patient].get(of)


@needs(Action.OPEN_CHART)
def originals(desk: Desk, patient: PatientId) -> tuple[OriginalLine, ...]:
    """Everything on a chart that came from elsewhere, newest first: nothing imported is invisible."""
    return desk.book.read(lambda page: original_lines(page, patient))


def original_lines(page: Page, patient: PatientId) -> tuple[OriginalLine, ...]:
    sources = {p.id: p.source for p in page.facts(Provenance, patient)}
    lines = [
        OriginalLine(o.id, o.resource_type, o.title, o.recorded_at, o.of, sources.get(o.source, ""))
        for o in latest_originals(page, patient)
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.original), reverse=True))


def latest_originals(page: Page, patient: PatientId) -> tuple[OriginalResource, ...]:
    """Of every resource the version imported last; older ones stay in the store."""
    imported = {p.id: p.recorded_at for p in page.facts(Provenance, patient)}
    newest: dict[tuple[str, str], OriginalResource] = {}
    found = page.facts(OriginalResource, patient)
    for original in sorted(found, key=lambda o: (imported.get(o.source, o.recorded_at), o.id)):
        newest[original.resource_type, original.of or original.reference or original.id] = original
    return tuple(newest.values())


def open_file(desk: Desk) -> Callable[[Attachment], bytes | None]:
    """The bytes of an attachment, None while they have not arrived."""

    def opened(attachment: Attachment) -> bytes | None:
        sealed = desk.book.read(lambda page: page.attachment(attachment.id))
        return None if sealed is None else unseal_bytes(sealed, attachment.key, attachment.id)

    return opened


def _target(fact: Practitioner | Organization | Location) -> Target:
    kind = type(fact).__name__
    if isinstance(fact, Practitioner):
        name = [
            {
                "family": fact.name.family,
                "given": list(fact.name.given),
                "prefix": [fact.title] if fact.title else [],
            }
        ]
        return Target(kind, fact.id, {"resourceType": kind, "name": name}, fact.user)
    return Target(kind, fact.id, {"resourceType": kind, "name": fact.name})


def _content(original: OriginalResource) -> Json:
    """What is kept of a resource without a model, read only if it is short enough to be there."""
    told = parse(original.content.encode())
    return told if isinstance(told, dict) and "$posta" not in told else {}


def _identifier_name(kind: str, identifier: Identifier) -> str:
    return identifier_name(kind, identifier.system, identifier.value)
