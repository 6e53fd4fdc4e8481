# SPDX-License-Identifier: GPL-3.0-or-later
"""Records from elsewhere: a FHIR R4 Bundle comes in whole, in two steps: look at it, then take it.

Every resource keeps its original; what the model has a kind for becomes that fact too. Ids come from the source, so the
same file twice changes nothing and a broken-off import goes on where it stopped. People are never merged here: who may
be the same is proposed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Fact, Gender, OriginalResource, Patient, Provenance
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import DNI, Attachment, HumanName
from clinic.exchange.fhir import originals as forms
from clinic.exchange.fhir.bundle import Bundle, read_bundle
from clinic.exchange.fhir.context import Incoming, Outgoing, Remark, Unmappable
from clinic.exchange.fhir.elements import identifiers, person_name
from clinic.exchange.fhir.kinds import KINDS, fact_of, resource_of
from clinic.exchange.fhir.owners import Owned, Owners, made_id
from clinic.exchange.fhir.times import day, moment
from clinic.exchange.fhir.tree import MAX_BYTES, Json
from clinic.keys.rights import Action
from clinic.protocol.codec import Malformed, encode
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.duplicates import likely_same
from clinic.services.gate import needs
from clinic.services.known import Known, open_file
from clinic.services.messages import keep_bytes, shrink
from clinic.services.people import PersonLine, person
from clinic.store.page import Page

BATCH = 100
"""Resources in one durable transaction."""
MAX_FACT = 40_000
"""Bytes of one fact: what is longer does not fit into an envelope whatever it is."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A person in the file: `known` if this very chart is here already, and who on this device may be the same."""

    patient: PatientId
    name: HumanName
    known: bool
    alike: tuple[PersonLine, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file holds, before anything is written."""

    source: str
    bundle: Bundle
    owners: Owners
    people: tuple[Proposal, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class TypeCount:
    """Of one resource type: in the file; newly taken; newer than what was here; here already; held now; kept as
    original only, because the model has no kind for it or it could not be told."""

    in_file: int = 0
    taken: int = 0
    renewed: int = 0
    here_already: int = 0
    held: int = 0
    original_only: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`dangling`: (resource, reference) that lead nowhere; they are kept as they came. `whole`: everything is held."""

    source: str
    digest: str
    people: tuple[Proposal, ...]
    counts: Mapping[str, TypeCount]
    remarks: tuple[Remark, ...]
    dangling: tuple[tuple[str, str], ...]
    cancelled: bool

    @property
    def whole(self) -> bool:
        return all(count.held == count.in_file for count in self.counts.values())


@dataclass(slots=True)
class _Taking:
    """An import under way."""

    plan: ImportPlan
    known: Known
    remarks: list[Remark]
    taken: Counter[str] = field(default_factory=Counter)
    renewed: Counter[str] = field(default_factory=Counter)
    only: Counter[str] = field(default_factory=Counter)


def read_file(path: Path) -> bytes:
    """The bytes of a file to import. Refused above 64 MiB, before it is read; Unavailable for the disk."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unavailable("The file {path} cannot be read. Check that it is there.", path=path) from error
    if len(data) > MAX_BYTES:
        raise Refusal("This file is larger than 64 MiB. Split it, one patient a file.")
    return data


@needs(Action.IMPORT)
def plan_import(desk: Desk, data: bytes, source: str, into: PatientId | None = None) -> ImportPlan:
    """Look at a Bundle: nothing is written. `into`: the chart of a person here that everything is about.

    Refused: nobody is logged in, the file is no Bundle or could do harm, `into` is not here or the file holds several.
    """
    desk.require_someone()
    bundle = read_bundle(data)
    if not bundle.entries:
        raise Refusal("This Bundle is empty: there is nothing to import.")
    if into is not None:
        person(desk, into)
    known = desk.book.read(Known.of)
    owners = Owners(bundle, known.find, into)
    people = tuple(_proposal(desk, owned) for owned in owners.owned if owned.entry.type == "Patient")
    return ImportPlan(source, bundle, owners, people, (*bundle.remarks, *owners.remarks))


@needs(Action.IMPORT)
def import_bundle(
    desk: Desk, plan: ImportPlan, progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ImportReport:  # fmt: skip
    """Take a Bundle in, batch after batch. Cancelled between two of them it leaves whole resources; the same call goes on.

    `progress`: (resources dealt with, all). Raises Unavailable; what was filed before stays.
    """
    taking = _Taking(plan, desk.book.read(Known.of), list(plan.remarks))
    done, stopped, audited = 0, False, set[PatientId]()
    for batch in _batches(plan.owners.owned):
        stopped = stopped or cancelled()
        if stopped:
            break
        new = _not_here(desk, batch)
        if new:
            _write(desk, taking, batch, new, audited)
        done += len(batch)
        progress(done, len(plan.owners.owned))
    return _report(desk, taking, stopped)


def _write(
    desk: Desk, taking: _Taking, batch: Sequence[Owned], new: Sequence[Owned], audited: set[PatientId]
) -> None:
    patient = batch[0].patient
    source = _provenance(desk, taking.plan, batch)
    facts = [fact for owned in new for fact in _facts(desk, taking, owned, source)]
    if patient not in audited:
        audit(desk, "import", patient, entity=taking.plan.bundle.digest)
        audited.add(patient)
    desk.write_within(lambda page: _still_new(page, [source, *facts]))


def _still_new(page: Page, facts: Sequence[Fact]) -> list[Fact]:
    """Without a Provenance and originals that are here already: those never change."""
    return [
        f
        for f in facts
        if not isinstance(f, (OriginalResource, Provenance)) or page.fact(type(f), f.id) is None
    ]


def _facts(desk: Desk, taking: _Taking, owned: Owned, source: Provenance) -> Iterator[Fact]:
    """The fact of a resource, if it becomes one, and its original."""
    entry, why = owned.entry, owned.why_not
    it = _incoming(desk, taking.plan, owned, source.recorded_at)
    fact: Fact | None = None
    if entry.type in KINDS and not why:
        try:
            fact = _checked(fact_of(it))
        except Unmappable as error:
            why = str(error)
    taking.remarks += it.remarks
    if why:
        taking.remarks.append(
            Remark(entry.label, entry.type, f"is kept as it came, outside the chart: {why}")
        )
    taking.only[entry.type] += fact is None
    if fact is not None:
        yield from _worth_writing(desk, taking, owned, fact)
    title = forms.title(entry.resource)
    yield OriginalResource(
        id=owned.original, patient=owned.patient, resource_type=entry.type[:64],
        content=forms.packed(entry.resource, entry.content, it.keep_file), of=owned.id if fact else FactId(""),
        of_kind=fact.NUMBER if fact else 0, title=f"{title} ({why})" if why else title,
        recorded_at=forms.happened_at(entry.resource) or source.recorded_at, source=source.id, reference=entry.name[:500],
    )  # fmt: skip


def _worth_writing(desk: Desk, taking: _Taking, owned: Owned, fact: Fact) -> Iterator[Fact]:
    """The fact, unless what is here is as good: the same, somebody known, newer, or corrected here since."""
    here = desk.book.read(lambda page: page.fact(type(fact), fact.id))
    if owned.existing or (owned.entry.type == "Patient" and taking.plan.owners.into) or here == fact:
        return
    if here is None:
        if (type(fact), fact.id) not in taking.known.made:
            taking.known.made.add((type(fact), fact.id))
            taking.taken[owned.entry.type] += 1
            yield fact
        return
    why = _older_or_corrected(desk, taking, owned, here)
    if why:
        taking.remarks.append(Remark(owned.entry.label, owned.entry.type, why))
        return
    taking.renewed[owned.entry.type] += 1
    yield fact


def _older_or_corrected(desk: Desk, taking: _Taking, owned: Owned, here: Fact) -> str:
    """Why the file's version does not replace what is here; '' if it does."""
    before = desk.book.read(lambda page: taking.known.latest_original(page, owned.patient, owned.id))
    if before is None:
        return "another version is here already; the file's is kept beside it as an original"
    resource = forms.unpacked(before.content, open_file(desk))
    if resource is None:
        return "the version before has not arrived whole; the file's is kept beside it as an original"
    if _updated_at(owned.entry.resource, before.recorded_at) < _updated_at(resource, before.recorded_at):
        return "is older than what is here; it is kept beside it as an original"
    it = _incoming(
        desk, taking.plan, replace(owned, entry=replace(owned.entry, resource=resource)), before.recorded_at
    )
    it.keep_file = _no_file
    to = Outgoing({}, {}, lambda attachment: None)
    try:
        base = fact_of(it)
    except Unmappable:
        return ""
    same = base is not None and resource_of(base, to) == resource_of(here, to)
    return "" if same else "was changed here since; the file's version is kept beside it as an original"


def _updated_at(resource: Mapping[str, object], otherwise: datetime) -> datetime:
    meta = resource.get("meta")
    return (moment(meta.get("lastUpdated")) if isinstance(meta, dict) else None) or otherwise


def _incoming(desk: Desk, plan: ImportPlan, owned: Owned, undated_at: datetime) -> Incoming:
    kept: dict[bytes, Attachment] = {}

    def keep(data: bytes, kind: str, title: str) -> Attachment:
        """The same bytes of one resource are kept once, each time under the name they have there."""
        found = kept.get(data)
        if found is None:
            found = kept[data] = keep_bytes(desk, data, kind[:100], title[:200])
        return replace(found, content_type=kind[:100], title=title[:200])

    return Incoming(
        owned.entry.resource, owned.id, owned.patient, undated_at, plan.owners.find, keep, shrink_small,
        owned.entry.label,
    )  # fmt: skip


def shrink_small(image: bytes) -> bytes:
    """A face of at most 6 kB. Raises ValueError if it is no picture."""
    try:
        return shrink(image)[1]
    except Refusal as error:
        raise ValueError("no picture") from error


def _no_file(data: bytes, kind: str, title: str) -> Attachment:
    return Attachment(id="", key=b"", content_type=kind, size=len(data), title=title)


def _checked(fact: Fact | None) -> Fact | None:
    """The fact, if it can be sealed and sent. Raises Unmappable if it is too long or holds what nothing can encode."""
    if fact is None:
        return None
    try:
        size = len(encode(fact))
    except Malformed as error:
        raise Unmappable("it holds characters or numbers that cannot be stored in a chart") from error
    if size > MAX_FACT:
        raise Unmappable("it is longer than a chart's entry may be")
    return fact


def _provenance(desk: Desk, plan: ImportPlan, batch: Sequence[Owned]) -> Provenance:
    """Where the facts of a batch come from."""
    first = batch[0]
    name = made_id("import", plan.bundle.digest, first.patient, first.original)
    here = desk.book.read(lambda page: page.fact(Provenance, name))
    return here or Provenance(
        id=name, patient=first.patient, recorded_at=desk.clock.now(), agent=desk.name_here, activity="import",
        targets=tuple(owned.id if owned.entry.type in KINDS else owned.original for owned in batch),
        source=plan.source[:200], digest=plan.bundle.digest,
    )  # fmt: skip


def _batches(owned: Sequence[Owned]) -> Iterator[list[Owned]]:
    """Nobody's first, then a person after the other; each in the order of the file."""
    whose: dict[PatientId, list[Owned]] = {PatientId(""): []}
    for one in owned:
        whose.setdefault(one.patient, []).append(one)
    for mine in whose.values():
        for start in range(0, len(mine), BATCH):
            yield mine[start : start + BATCH]


def _not_here(desk: Desk, batch: Sequence[Owned]) -> list[Owned]:
    """Those whose very content was never imported; one that is in the file twice, once."""
    once = {owned.original: owned for owned in batch}.values()
    return desk.book.read(lambda page: [owned for owned in once if not _held(page, owned)])


def _held(page: Page, owned: Owned) -> bool:
    return page.patient_of_fact(OriginalResource.NUMBER, owned.original) is not None


def _report(desk: Desk, taking: _Taking, stopped: bool) -> ImportReport:
    owned = taking.plan.owners.owned
    held = desk.book.read(lambda page: Counter(o.entry.type for o in owned if _held(page, o)))
    counts = {
        kind: TypeCount(
            number, taking.taken[kind], taking.renewed[kind],
            held[kind] - taking.taken[kind] - taking.renewed[kind] - taking.only[kind], held[kind], taking.only[kind],
        )
        for kind, number in sorted(taking.plan.bundle.counts.items())
    }  # fmt: skip
    plan = taking.plan
    return ImportReport(
        plan.source,
        plan.bundle.digest,
        plan.people,
        counts,
        tuple(taking.remarks),
        plan.owners.dangling(),
        stopped,
    )


def _proposal(desk: Desk, owned: Owned) -> Proposal:
    told = owned.entry.resource
    name, born = person_name(told.get("name")), day(told.get("birthDate"))
    known = desk.book.read(lambda page: page.fact(Patient, owned.id)) is not None
    sought = HumanName(family=_plain(name.family), given=tuple(_plain(word) for word in name.given))
    gender = Gender(_plain(told.get("gender") or "unknown"))
    found = () if known else likely_same(desk, sought, born, _plain(_dni(told)), gender)
    people = (one.person for one in found)
    return Proposal(
        owned.patient, name, known, tuple(line for line in people if line.patient != owned.patient)
    )


def _dni(told: Json) -> str:
    try:
        return next((i.value for i in identifiers(told.get("identifier")) if i.system == DNI), "")
    except (TypeError, AttributeError, KeyError):
        return ""


def _plain(text: object) -> str:
    """What can be looked up: without control characters and half letters."""
    return "".join(letter for letter in str(text)[:200] if letter.isprintable())
