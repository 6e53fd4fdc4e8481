# SPDX-License-Identifier: GPL-3.0-or-later
"""A fact that several people wrote at once: in what its versions differ, what stood before, what a choice makes of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from clinic.domain.facts import Fact
from clinic.domain.ids import OpId
from clinic.domain.record import field_numbers
from clinic.protocol.codec import encode
from clinic.protocol.op import Op

WHEN = frozenset({"written_at", "recorded_at", "authored_at"})
"""Fields that say when a version was written: they always differ and nobody chooses them."""
UNCHOSEN = WHEN | {"id", "patient", "user_signature"}


def differing(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Names of the fields in which facts of one kind differ and somebody has to choose, in the order of the kind."""
    first = facts[0]
    names = [name for name in field_numbers(type(first)) if name not in UNCHOSEN]
    return tuple(
        name for name in names if any(getattr(one, name) != getattr(first, name) for one in facts[1:])
    )


def before(standing: Collection[Op], versions: Mapping[OpId, Op]) -> Op | None:
    """The newest version that all that stand have seen, directly or through others; None if they share none."""
    shared = reduce(frozenset.__and__, (_seen(op, versions) for op in standing))
    return max((versions[name] for name in shared), key=lambda op: (op.stamp, op.id), default=None)


def _seen(op: Op, versions: Mapping[OpId, Op]) -> frozenset[OpId]:
    """Every version an op replaces, and what those replaced."""
    found: set[OpId] = set()
    left = list(op.replaces)
    while left:
        name = left.pop()
        if name in versions and name not in found and name != op.id:
            found.add(name)
            left += versions[name].replaces
    return frozenset(found)


def written_first(op: Op, versions: Mapping[OpId, Op]) -> Op:
    """The version that first said what this one says: a version that was brought back is shown as its writer's."""
    said = encode(op.fact)
    same = [old for name in _seen(op, versions) if encode((old := versions[name]).fact) == said]
    return min([op, *same], key=lambda one: (len(_seen(one, versions)), one.stamp, one.id))


def changed_by_one(base: Fact | None, sides: Mapping[OpId, Fact], names: Sequence[str]) -> dict[str, OpId]:
    """For each field that only one side changed: that side. What two changed is for a person to choose."""
    if base is None:
        return {}
    found = {}
    for name in names:
        touched = [op for op, fact in sides.items() if getattr(fact, name) != getattr(base, name)]
        if len({encode(replace(base, **{name: getattr(sides[op], name)})) for op in touched}) == 1:
            found[name] = touched[0]
    return found


def combined(sides: Mapping[OpId, Fact], picks: Mapping[str, OpId], typed: Mapping[str, str] = {}) -> Fact:
    """The fact that takes each field from the side picked for it, or as it was `typed`. A side chosen whole comes back
    as it was written. Raises KeyError for a side that is not there."""
    chosen = {picks[name] for name in picks if name not in typed}
    if not typed and len(chosen) == 1:
        return sides[next(iter(chosen))]
    base = sides[next(iter(chosen), next(iter(sides)))]
    taken = {name: getattr(sides[op], name) for name, op in picks.items()}
    return replace(base, **{**taken, **typed})
