# SPDX-License-Identifier: GPL-3.0-or-later
"""What several people wrote at once, side by side, until somebody chooses; a choice names the versions it was made of.

It replaces exactly those: what comes meanwhile stands beside it and is asked about anew. A choice can be taken back: what
that needs is written in one transaction with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    Composition,
    Encounter,
    EncounterStatus,
    Fact,
    Link,
    MedicationRequest,
    NoteSection,
    Patient,
    PatientCard,
    RequestStatus,
    ServiceRequest,
    Slot,
)
from clinic.domain.ids import DeviceId, EncounterId, FactId, OpId, PatientId, UserId
from clinic.domain.record import record_class
from clinic.keys.consents import sign_fact
from clinic.keys.rights import Action
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import dumps, loads
from clinic.protocol.op import Op
from clinic.services.audits import audit
from clinic.services.desks import Desk, Written
from clinic.services.gate import allow, allowed, needs
from clinic.services.people import PersonLine, line
from clinic.store.page import Page
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage
from clinic.sync.sides import WHEN, before, changed_by_one, combined, differing, written_first

CHOSEN = "chosen "
"""The setting that says what was chosen here, so that it can be taken back: CHOSEN + kind + fact."""
REMEMBERED = 20
_SIGNED = (Composition, MedicationRequest, ServiceRequest)
_RIGHTS: Mapping[type[Fact], Action] = {
    Patient: Action.REGISTER,
    Link: Action.REGISTER,
    PatientCard: Action.REGISTER,
    Appointment: Action.BOOK,
    AppointmentRequest: Action.BOOK,
    Slot: Action.BOOK,
    Composition: Action.SIGN_NOTE,
    MedicationRequest: Action.PRESCRIBE,
}
_GONE = "This was settled on another computer meanwhile. Look at it once more."


@dataclass(frozen=True, slots=True)
class Side:
    """One version: who wrote it when, and on which computer; `author` is '' where nobody was logged in."""

    op: OpId
    fact: Fact
    author: UserId
    author_name: str
    device: DeviceId
    device_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A fact with several versions. `names`: the fields in which they differ; `base`: what stood before, if they share
    that; `suggested`: for each field that only one side changed, that side; `whole`: only one side as it is can be
    chosen, for it is signed; `notes`: signed notes of one visit, where there are several."""

    kind: str
    fact: FactId
    patient: PatientId
    person: PersonLine | None
    sides: tuple[Side, ...]
    names: tuple[str, ...]
    base: Fact | None = None
    suggested: Mapping[str, OpId] = field(default_factory=dict)
    whole: bool = False
    notes: tuple[Composition, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind} {self.fact}"

    @property
    def seen(self) -> tuple[OpId, ...]:
        """The versions that a choice made of this replaces."""
        return tuple(side.op for side in self.sides)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on this computer and still stands."""

    kind: str
    fact: FactId
    person: PersonLine | None
    op: OpId
    at: datetime


@needs(Action.FIND)
def disputes(desk: Desk) -> tuple[Dispute, ...]:
    """Everything that waits for whoever is here to choose, the newest version first."""
    found = desk.book.read(lambda page: [_dispute(desk, page, *one) for one in page.in_conflict()])
    mine = [one for one in found if one is not None and allowed(desk, right_of(one.kind))]
    return tuple(sorted(mine, key=lambda one: max(side.at for side in one.sides), reverse=True))


def dispute_of(desk: Desk, kind: str, fact: FactId) -> Dispute:
    """One of them, opened: who looked stands in the audit. Raises Refusal when it is settled already, Denied."""
    found = desk.book.read(lambda page: _named(desk, page, kind, fact))
    if found is None:
        raise Refusal(_GONE)
    allow(desk, right_of(kind), found.patient)
    if found.patient:
        audit(desk, "read", found.patient, entity=f"versions of {kind} {fact}")
    return found


def choose(
    desk: Desk, kind: str, fact: FactId, seen: Sequence[OpId], picks: Mapping[str, OpId],
    typed: Mapping[str, str] = {}, window: PatientId = PatientId(""),
) -> OpId:  # fmt: skip
    """Each field from the side picked for it, or as typed; no field at all ({'': side}): that side whole. It replaces
    exactly the versions `seen`. Raises Refusal when one of them stands no more, or for what must stay signed."""
    patient = desk.book.read(lambda page: page.patient_of_fact(_number(kind), fact)) or PatientId("")
    allow(desk, right_of(kind), patient)

    def make(page: WritePage) -> tuple[Fact]:
        stands = {op.id: op for op in page.standing(_number(kind), fact)}
        if not seen or not set(seen) <= set(stands):
            raise Refusal(_GONE)
        return (_result(desk, {name: stands[name] for name in seen}, picks, typed),)

    def remember(page: WritePage, written: Written) -> None:
        (op,) = written.ops
        page.put_meta(f"{CHOSEN}{kind} {fact}", dumps((op, to_ms(desk.clock.now()))))

    (op,) = desk.write_within(make, window, seen=tuple(seen), beside=remember).ops
    return op


def undo_choice(desk: Desk, kind: str, fact: FactId, window: PatientId = PatientId("")) -> Written:
    """Put the versions back side by side. Raises Refusal when something was written since, or nothing was chosen here."""
    patient = desk.book.read(lambda page: page.patient_of_fact(_number(kind), fact)) or PatientId("")
    allow(desk, right_of(kind), patient)
    kept = desk.book.read(lambda page: page.meta(f"{CHOSEN}{kind} {fact}"))
    if kept is None:
        raise Refusal("Nothing was chosen here that could be taken back.")
    op = OpId(str(loads(kept)[0]))

    def make(page: WritePage) -> tuple[Fact, ...]:
        if op not in page.standing_ids(_number(kind), fact):
            raise Refusal("This was written on since it was chosen. Change it where it stands.")
        versions = {one.id: one for one in page.versions(_number(kind), fact)}
        page.drop_meta(f"{CHOSEN}{kind} {fact}")
        back = [versions[name].fact for name in versions[op].replaces if name in versions]
        return tuple(one for one in back if isinstance(one, Fact))

    return desk.write_within(make, window, seen=(op,))


@needs(Action.FIND)
def choices(desk: Desk) -> tuple[Choice, ...]:
    """What was chosen on this computer and can be taken back, the newest first."""
    found = desk.book.read(lambda page: [_choice(page, *kept) for kept in page.metas(CHOSEN).items()])
    mine = [one for one in found if one is not None and allowed(desk, right_of(one.kind))]
    return tuple(sorted(mine, key=lambda one: one.at, reverse=True)[:REMEMBERED])


def right_of(kind: str) -> Action:
    """What somebody must be allowed to do to settle a fact of that kind."""
    return next((right for known, right in _RIGHTS.items() if known.__name__ == kind), Action.WRITE_NOTE)


# reading


def _choice(page: Page, key: str, kept: bytes) -> Choice | None:
    kind, _, fact = key.removeprefix(CHOSEN).partition(" ")
    op, at = loads(kept)
    if op not in page.standing_ids(_number(kind), fact):
        return None
    person = _person(page, page.patient_of_fact(_number(kind), fact) or PatientId(""))
    return Choice(kind, FactId(fact), person, OpId(str(op)), from_ms(int(at)))


def _named(desk: Desk, page: Page, kind: str, fact: FactId) -> Dispute | None:
    number = _number(kind)
    return _dispute(desk, page, number, fact) if len(page.standing_ids(number, fact)) > 1 else None


def _dispute(desk: Desk, page: Page, number: int, fact: str) -> Dispute | None:
    """None for what only a newer program understands, and for what differs in nothing that can be chosen."""
    kind = record_class(number)
    versions = {op.id: op for op in page.versions(number, fact)}
    stands = [versions[name] for name in page.standing_ids(number, fact)]
    facts = {op.id: op.fact for op in stands if isinstance(op.fact, Fact) and not op.fact.read_only}
    if kind is None or len(facts) < len(stands) or not (names := differing(list(facts.values()))):
        return None
    shared = before(stands, versions)
    base = shared.fact if shared is not None and isinstance(shared.fact, Fact) else None
    if _signed_already(page, next(iter(facts.values()))):
        return None
    patient = next(iter(facts.values())).patient
    return Dispute(
        kind=kind.__name__, fact=FactId(fact), patient=page.linked_to(patient) or patient, person=_person(page, patient),
        sides=tuple(sorted((_side(desk.trust, op, versions) for op in stands), key=lambda side: (side.at, side.op))),
        names=names, base=base, suggested=changed_by_one(base, facts, names), whole=issubclass(kind, _SIGNED),
        notes=_notes(page, next(iter(facts.values()))),
    )  # fmt: skip


def _side(log: TrustLog, op: Op, versions: Mapping[OpId, Op]) -> Side:
    first = written_first(op, versions)
    device = DeviceId(first.id.rpartition(".")[0])
    known = log.device(device)
    assert isinstance(op.fact, Fact)
    return Side(
        op.id, op.fact, first.author, log.name_of(first.author) if first.author else "", device,
        known.name if known else "", from_ms(first.stamp >> 16),
    )  # fmt: skip


def _signed_already(page: Page, fact: Fact) -> bool:
    """A draft of a visit that is over: its texts stand in the signed notes."""
    if not isinstance(fact, NoteSection):
        return False
    visit = page.fact(Encounter, fact.encounter)
    return visit is not None and visit.status == EncounterStatus.FINISHED


def _notes(page: Page, fact: Fact) -> tuple[Composition, ...]:
    """Signed notes of a visit that two people closed, each whole; () where there are not several."""
    if not isinstance(fact, Encounter) or fact.status != EncounterStatus.FINISHED:
        return ()
    signed = [
        one for one in page.facts_of_encounter(Composition, EncounterId(fact.id)) if not one.addendum_to
    ]
    return tuple(signed) if len(signed) > 1 else ()


def _person(page: Page, patient: PatientId) -> PersonLine | None:
    row = page.person(page.linked_to(patient) or patient) if patient else None
    return None if row is None else line(page, row)


def _number(kind: str) -> int:
    """Raises Refusal for a kind this program does not know."""
    known = _kinds().get(kind)
    if known is None:
        raise Refusal("Only a newer Posta knows what this is. Update this computer.")
    return known


def _kinds() -> dict[str, int]:
    from clinic.domain import facts

    made = [getattr(facts, name) for name in facts.__all__]
    return {one.__name__: one.NUMBER for one in made if isinstance(one, type) and issubclass(one, Fact)}


# writing


def _result(
    desk: Desk, stands: Mapping[OpId, Op], picks: Mapping[str, OpId], typed: Mapping[str, str]
) -> Fact:
    facts = {name: op.fact for name, op in stands.items() if isinstance(op.fact, Fact)}
    if len(facts) < len(stands) or not set(picks.values()) <= set(facts) or not (picks or typed):
        raise Refusal(_GONE)
    names = set(differing(list(facts.values())))
    if (set(picks) | set(typed)) - names - {""} or ("" not in picks and names - set(picks) - set(typed)):
        raise Refusal("Something is not chosen yet. Choose a version of every line.")
    made = combined(facts, {name: op for name, op in picks.items() if name or len(picks) == 1}, typed)
    if any(isinstance(one, _SIGNED) for one in facts.values()):
        return _signed(desk, made, list(facts.values()))
    whole = made in facts.values()
    times = {name: desk.clock.now() for name in WHEN if not whole and hasattr(made, name)}
    return replace(made, **times)  # type: ignore[arg-type]


def _signed(desk: Desk, made: Fact, sides: list[Fact]) -> Fact:
    """A signed version stands under the signature of whoever chose it; only who wrote it can let it stand as it is."""
    if made in sides and isinstance(made, Composition):
        _own(desk, made.author, stopped=False)
        return sign_fact(made, desk.user_keys)
    if made in sides and isinstance(made, MedicationRequest):
        _own(desk, made.requester, made.status != RequestStatus.ACTIVE)
        return sign_fact(made, desk.user_keys)
    if made in sides and isinstance(made, ServiceRequest):
        _own(desk, made.requester, made.status != RequestStatus.ACTIVE)
        return sign_fact(made, desk.user_keys)
    raise Refusal("This is signed: choose one version as it is.")


def _own(desk: Desk, signer: UserId, stopped: bool) -> None:
    if signer != desk.someone.user and not stopped:
        raise Refusal(
            "Only who signed this can let it stand. Ask her or him to choose, or choose the one that is stopped."
        )
