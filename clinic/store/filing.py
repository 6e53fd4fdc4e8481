# SPDX-License-Identifier: GPL-3.0-or-later
"""Filing ops: each is kept for ever, and what all ops of a fact come to is what the chart shows.

Most ops are the first of their fact, or replace exactly what stands; neither needs a look at older versions. All else
is settled from every version (clinic.sync.merge).
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import islice
from json import dumps as json
from typing import Any

from clinic.domain.facts import Encounter, Fact, Link, Patient
from clinic.domain.ids import OpId, ScopeId, patient_scope
from clinic.domain.record import Record, UnknownRecord
from clinic.protocol.codec import decode, encode
from clinic.protocol.op import Op
from clinic.store.facts import BESIDE, LISTED, QUARANTINED, SHOWN, SUPERSEDED, FactReads
from clinic.store.people import PeopleWrites
from clinic.store.search import TEXTS, SearchWrites
from clinic.store.sheet import to_ms
from clinic.sync.merge import replaces_plainly, settle

_MOMENTS = (
    "effective_at", "recorded_at", "authored_at", "signed_at", "sent_at", "made_at", "given_at", "at",
    "arrived_at", "start", "written_at", "linked_at", "issued_at", "occurred_at", "performed_at", "identified_at",
)  # fmt: skip
_LISTED = frozenset(kind.NUMBER for kind in LISTED)
_AT_ONCE = 500
_INSERT = (
    "INSERT INTO op (chart, kind, at, id, fact, scope, encounter, stamp, open, lane, state, conflict, gap, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"
)

_Key = tuple[int, str]
_Row = tuple[Any, ...]
"""Whose, and the columns of an op from its kind on, but for `conflict`."""
_Bodies = Mapping[OpId, tuple[bytes, ScopeId]]
"""An op's bytes and where it came in."""
_Given = tuple[Op, bytes, ScopeId]
_Shown = tuple[Op, Op | None]
"""An op that is shown from now on, and the one in whose place."""


class Filing(PeopleWrites, SearchWrites, FactReads):
    """Writing facts."""

    def file_op(self, op: Op, scope: ScopeId, encoded: bytes = b"") -> bool:
        """Add an op (`encoded`, if the caller has that already) and what it makes of its fact.

        False if the op was here already: nothing changes.
        """
        return bool(self.file_ops([(op, encoded)], scope))

    def file_ops(self, ops: Iterable[tuple[Op, bytes]], scope: ScopeId) -> tuple[Op, ...]:
        """Like file_op for many ops of one scope; gives those that were new, in their order."""
        return self.file_all((op, body, scope) for op, body in ops)

    def file_all(self, ops: Iterable[_Given]) -> tuple[Op, ...]:
        """The same for ops of many scopes; of one that comes twice the first counts, or the one in its chart's own scope."""
        left = iter(ops)
        return tuple(
            op for some in iter(lambda: list(islice(left, _AT_ONCE)), []) for op in self._file_some(some)
        )

    def _file_some(self, ops: list[_Given]) -> list[Op]:
        given: dict[OpId, _Given] = {}
        for one in ops:
            before = given.get(one[0].id)
            if before is None or (_at_home(one) and not _at_home(before)):
                given[one[0].id] = one
        bodies = {name: (body or encode(op), scope) for name, (op, body, scope) in given.items()}
        new = self._new([op for op, _, _ in given.values()])
        self._come_home(given.values(), {op.id for op in new})
        facts = defaultdict[_Key, list[Op]](list)
        for op in new:
            facts[kind_of(op.fact), fact_id_of(op)].append(op)
        held = self.held(fact for _, fact in facts)
        first = {key: mine[0] for key, mine in facts.items() if len(mine) == 1 and key[1] not in held}
        self._lay_down(_row(op, key, *bodies[op.id], SHOWN, bool(op.replaces)) for key, op in first.items())
        shown: list[_Shown] = [(op, None) for op in first.values()]
        for key, mine in facts.items():
            if key not in first:
                shown += self._next_version(key, mine, bodies)
        self._show(shown)
        return new

    def _lay_down(self, rows: Iterable[_Row]) -> None:
        """Put rows at the end, chart by chart, by kind and time."""
        ordered = sorted(rows)
        charts = {patient: self.chart_number(patient) for patient in dict.fromkeys(row[0] for row in ordered)}
        self._many(_INSERT, ((charts[row[0]], *row[1:]) for row in ordered))

    def _new(self, ops: Sequence[Op]) -> list[Op]:
        """Those that are not here."""
        names = json([op.id for op in ops])
        rows = self._all("SELECT id FROM op WHERE id IN (SELECT value FROM json_each(:ids))", ids=names)
        here = {row[0] for row in rows}
        return [op for op in ops if op.id not in here]

    def _come_home(self, given: Iterable[_Given], new: Container[OpId]) -> None:
        """What came to its auditors first, and now in its chart's own scope, lies in the chart as it does with colleagues."""
        names = [one[0].id for one in given if one[0].id not in new and _at_home(one)]
        if names:
            self._do(
                "UPDATE op SET scope = '' WHERE scope <> '' AND id IN (SELECT value FROM json_each(:ids))",
                ids=json(names),
            )

    def held(self, facts: Iterable[str]) -> set[str]:
        """Those of which there are ops already."""
        rows = self._all(
            "SELECT value FROM json_each(:facts) WHERE EXISTS (SELECT 1 FROM op WHERE fact = value)",
            facts=json(list(facts)),
        )
        return {row[0] for row in rows}

    def _next_version(self, key: _Key, new: list[Op], bodies: _Bodies) -> list[_Shown]:
        """File ops of a fact that is here. Gives what is shown from now on, and in whose place; nothing if that stays."""
        stands = self.standing(*key)
        gap = self._one("SELECT 1 FROM op WHERE fact = :fact AND gap = 1", fact=key[1])
        if len(new) > 1 or gap or not replaces_plainly(new[0], stands):
            return self._settle(key, new, bodies)
        (op,), was_shown = new, self._shown_id(key)
        self._many(
            "UPDATE op SET state = ?, conflict = 0 WHERE id = ?", ((SUPERSEDED, old.id) for old in stands)
        )
        self._lay_down([_row(op, key, *bodies[op.id], SHOWN, gap=False)])
        return [(op, next(old for old in stands if old.id == was_shown))]

    def _settle(self, key: _Key, new: list[Op], bodies: _Bodies) -> list[_Shown]:
        was = {
            OpId(row[0]): (row[1], decode(row[2], Op))
            for row in self._all(
                "SELECT id, state, body FROM op WHERE fact = :fact AND kind = :kind", kind=key[0], fact=key[1]
            )
        }
        known = {name: op for name, (_, op) in was.items()} | {op.id: op for op in new}
        merged = settle(known.values())
        states = dict.fromkeys(known, SUPERSEDED)
        states |= {op.id: BESIDE for op in merged.current} | {op.id: QUARANTINED for op in merged.quarantined}
        if merged.shown is not None:
            states[merged.shown.id] = SHOWN
        gaps = {name: any(other not in known for other in op.replaces) for name, op in known.items()}
        self._lay_down(_row(op, key, *bodies[op.id], states[op.id], gaps[op.id]) for op in new)
        self._many(
            "UPDATE op SET state = ?, gap = ?, conflict = ? WHERE id = ?",
            ((states[name], gaps[name], merged.conflict and states[name] == SHOWN, name) for name in known),
        )
        before = next((op for state, op in was.values() if state == SHOWN), None)
        if merged.shown is None or (before is not None and before.id == merged.shown.id):
            return []
        return [(merged.shown, before)]

    def _shown_id(self, key: _Key) -> str:
        return str(
            self._one(
                f"SELECT id FROM op WHERE fact = :fact AND kind = :kind AND state = {SHOWN}",
                kind=key[0],
                fact=key[1],
            )[0]
        )

    def _show(self, shown: list[_Shown]) -> None:
        """What the other tables say of facts that are shown anew."""
        texts = [(op, before) for op, before in shown if type(op.fact) in TEXTS]
        self.forget_texts((before, moment_of(before)) for _, before in texts if before is not None)
        self.lay_on_pile(op for op, _ in texts)
        self.line_up(op for op, _ in shown)
        for op, _ in shown:
            if isinstance(op.fact, Patient):
                self.show_person(op.fact)
            elif isinstance(op.fact, Link):
                self.show_link(op.fact)
        self.seen([op.fact for op, _ in shown if isinstance(op.fact, Encounter)])


def kind_of(fact: Record) -> int:
    return fact.kind if isinstance(fact, UnknownRecord) else fact.NUMBER


def fact_id_of(op: Op) -> str:
    return op.fact.id if isinstance(op.fact, Fact) else op.id


def moment_of(op: Op) -> int:
    """When what the fact tells happened, in ms since 1970; when it was written, if it tells no time."""
    fact = op.fact
    for name in _moments(type(fact)):
        at = getattr(fact, name)
        if at is not None:
            return to_ms(at)
    return op.stamp >> 16


def _moments(kind: type[Record]) -> tuple[str, ...]:
    """The fields of a kind that say when."""
    names = _moments_of.get(kind)
    if names is None:
        names = _moments_of[kind] = tuple(name for name in _MOMENTS if name in kind.__dataclass_fields__)
    return names


_moments_of: dict[type[Record], tuple[str, ...]] = {}


def _at_home(given: _Given) -> bool:
    """True for what came in its patient's own scope."""
    op, _, scope = given
    return scope == patient_scope(op.patient)


def _row(op: Op, key: _Key, body: bytes, scope: ScopeId, state: int, gap: bool) -> _Row:
    kind, fact_id = key
    elsewhere = "" if _at_home((op, body, scope)) else scope
    return (
        op.patient, kind, moment_of(op), op.id, fact_id, elsewhere, _encounter_of(op.fact),
        op.stamp, kind if is_open(op.fact) else None, kind if kind in _LISTED else None, state, gap, body,
    )  # fmt: skip


def is_open(fact: Record) -> bool:
    """Whether somebody has yet to do something about it."""
    return isinstance(fact, Fact) and getattr(fact, "status", None) in fact.OPEN


def _encounter_of(fact: Record) -> str:
    return fact.id if isinstance(fact, Encounter) else str(getattr(fact, "encounter", ""))
