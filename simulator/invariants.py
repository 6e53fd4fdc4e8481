# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be so when everything has come to rest, whatever happened before. Numbers as in docs/simulator.md."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from clinic.domain.facts import AuditEvent, AuditHead, Consent, Decision
from clinic.domain.ids import OpId, PatientId
from clinic.keys.consenting import denies, statement_digest
from clinic.protocol.codec import decode, encode
from clinic.protocol.op import Op
from clinic.services.consents import standing
from clinic.services.syncing import take_carried
from clinic.store.facts import BESIDE, QUARANTINED, SHOWN
from clinic.store.filing import fact_id_of, kind_of
from clinic.sync.merge import APPEND_ONLY
from simulator.acts import CANARY
from simulator.world import World


def broken(world: World) -> Iterator[str]:
    """A line for each that does not hold, beginning with its name."""
    for check in (_complete, _alike, _settled, _unmoved, _denied, _cut_off, _secret, _again):
        yield from check(world)
    yield from world.seen_wrong


def _complete(world: World) -> Iterator[str]:
    """I1, I3: everything that was shown as saved is with every reader, once, as it was written; nothing else is there."""
    due = world.due
    for op in sorted(due - world.at_centre):
        yield f"I3 {op} of {world.books.saved[op]} is not at the centre"
    for reader in world.readers:
        held = reader.bodies()
        for op in sorted(due - held.keys()):
            yield f"I1 {reader.name} lacks {op} of {world.books.saved[op]}"
        for op, (body, _state, _conflict) in held.items():
            if world.books.made.get(op) != body and not _of_a_restore(world, op, body):
                yield f"I1 {reader.name} holds {op}, which nobody wrote so"


def _of_a_restore(world: World, op: OpId, body: bytes) -> bool:
    """Coming back from a copy is written into the audit before anybody sits there again."""
    return op not in world.books.made and isinstance(decode(body, Op).fact, (AuditEvent, AuditHead))


def _alike(world: World) -> Iterator[str]:
    """I4: whoever holds the same ops makes the same of them, in whatever order they came."""
    first, *others = world.readers
    model = first.bodies()
    for other in others:
        theirs = other.bodies()
        if model.keys() == theirs.keys() and model != theirs:
            unlike = next(op for op in sorted(model) if model[op] != theirs[op])
            yield f"I4 {first.name} and {other.name} make different things of {unlike}"


def _settled(world: World) -> Iterator[str]:
    """I5, I12: what nobody replaced stands, what was replaced by somebody who had seen it does not; versions that differ
    are flagged."""
    for reader in world.readers:
        held = reader.bodies()
        facts: dict[tuple[int, str], list[Op]] = defaultdict(list)
        for op in map(world.books.ops.get, held):
            if op is not None and not isinstance(op.fact, APPEND_ONLY):
                facts[kind_of(op.fact), fact_id_of(op)].append(op)
        for versions in facts.values():
            yield from _one_fact(reader.name, versions, held)


def _one_fact(
    name: str, versions: Sequence[Op], held: Mapping[OpId, tuple[bytes, int, int]]
) -> Iterator[str]:
    counted = [op for op in versions if held[op.id][1] != QUARANTINED]
    seen = {old for op in counted for old in op.replaces}
    stand = {op.id for op in counted if op.id not in seen}
    shown = {op.id for op in counted if held[op.id][1] in (SHOWN, BESIDE)}
    for op in sorted(shown - stand):
        yield f"I12 {name} shows {op}, which was replaced"
    for op in sorted(stand - shown):
        yield f"I5 {name} hides {op}, which nobody replaced"
    flagged = any(held[op.id][2] for op in counted if held[op.id][1] == SHOWN)
    if len({encode(op.fact) for op in counted if op.id in stand}) > 1 and not flagged:
        yield f"I5 {name} does not say that {versions[0].fact.NUMBER} {fact_id_of(versions[0])} was written twice"


def _unmoved(world: World) -> Iterator[str]:
    """I6: every fact is one patient's, and what a program that errs sent off as another's is nowhere."""
    for reader in world.readers:
        whose: dict[tuple[int, str], set[PatientId]] = defaultdict(set)
        for op in map(world.books.ops.get, reader.bodies()):
            if op is not None and op.patient:
                whose[kind_of(op.fact), fact_id_of(op)].add(op.patient)
                if op.id in world.books.never or op.window not in ("", op.patient):
                    yield f"I6 {reader.name} holds {op.id}, which moves {fact_id_of(op)} to {op.patient}"
        for (_, fact), patients in whose.items():
            if len(patients) > 1:
                yield f"I6 {reader.name} has {fact} with {len(patients)} patients"


def _cut_off(world: World) -> Iterator[str]:
    """I8: what a computer wrote that had reached nobody when it was revoked reaches nobody, and it reads nothing new. That
    what it wrote before stays is I1."""
    for name, lost in world.revoked.items():
        own = {op for op in world.books.saved if op.startswith(f"{lost.device}.")}
        for reader in world.readers:
            for op in sorted((own - lost.reached) & reader.bodies().keys()):
                yield f"I8 {reader.name} holds {op}, which {name} wrote after it was revoked"
        for op in sorted(
            (world.computers[name].bodies().keys() & world.books.saved.keys()) - own - lost.read
        ):
            yield f"I8 {name} was revoked and reads {op}"


def _denied(world: World) -> Iterator[str]:
    """I7: a denial that no later statement cites stands."""
    for reader in world.readers:
        held = reader.bodies()
        said = [
            op.fact
            for op in map(world.books.ops.get, held)
            if op is not None and isinstance(op.fact, Consent)
        ]
        cited = {one.digest for consent in said for one in consent.cites}
        for patient in world.patients:
            mine = [one for one in said if one.patient == patient]
            open_denial = any(denies(one, "sharing") and statement_digest(one) not in cited for one in mine)
            if open_denial and standing(reader.desk, patient).get("sharing") != Decision.DENY:
                yield f"I7 {reader.name} takes a denial of {patient} for none"


def _secret(world: World) -> Iterator[str]:
    """I9: what was written is nowhere in clear but in open stores."""
    word = CANARY.encode()
    if any(word in sent for sent in world.network.seen):
        yield "I9 the network carries a text in clear"
    if word in world.centre.bytes_on_disk():
        yield "I9 the centre keeps a text in clear"
    for one in world.computers.values():
        if any(word in file.read_bytes() for file in one.home.path.glob("book.db*")):
            yield f"I9 the disk of {one.name} holds a text in clear"


def _again(world: World) -> Iterator[str]:
    """I2: taking everything once more, in another order, changes nothing. Last: it takes it."""
    wires = world.chance.shuffled([one.wire for one in world.centre.lying()])
    for reader in world.readers:
        before = reader.bodies()
        take_carried(reader.desk, reader.desk.trust, wires)
        if reader.bodies() != before:
            yield f"I2 {reader.name} holds something else after taking the same once more"
