# SPDX-License-Identifier: GPL-3.0-or-later
"""Which envelopes of the outbox go into one exchange, and what goes into one envelope.

A remote takes a device's envelopes without gaps, in order of env_no: so it can tell a device what it holds with one number, and
a reader sees what was withheld. Therefore what is written gets its number only when it leaves (`gather`), the most pressing
first, and what is of one scope and of one urgency together. What has a number was offered perhaps, and is never changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from clinic.domain.ids import ScopeId

GATHERED = 16_000
"""Bytes of one envelope of several rows: a second at 128 kbit/s."""
PLAIN = 3 * GATHERED
"""Bytes of rows that become one envelope at most; they are packed, mostly to a fifth."""
_WRAPPING, _PACKED = 250, 4
"""Bytes of signature, header and seal that each envelope has; how many times smaller records become, roughly."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox that no remote has acknowledged yet."""

    env_no: int
    wire: bytes


def pick(rows: Iterable[Waiting], byte_budget: int) -> tuple[Waiting, ...]:
    """A run of rows in order of env_no, at most `byte_budget` bytes together but at least one; it ends at
    the first gap."""
    picked: list[Waiting] = []
    room = byte_budget
    for row in sorted(rows, key=attrgetter("env_no")):
        room -= len(row.wire)
        if picked and (room < 0 or row.env_no != picked[-1].env_no + 1):
            break
        picked.append(row)
    return tuple(picked)


class Unnumbered(NamedTuple):
    """A row of the outbox that has no number yet: `no` is its order, `size` its bytes before they are packed; a grant
    (`ops` 0) gives a scope's key."""

    no: int
    scope: ScopeId
    priority: int
    ops: int
    size: int


def gather(rows: Sequence[Unnumbered]) -> Iterator[tuple[Unnumbered, ...]]:
    """The rows in the order they leave, those of one envelope together: by urgency, then as written; what a scope has of
    that urgency goes together, after the keys it needs. Each row comes once."""
    keys = _by_scope(row for row in rows if not row.ops)
    written = sorted((row for row in rows if row.ops), key=attrgetter("no"))
    urgent = sorted(
        written, key=attrgetter("priority")
    )  # twice, each of which is quick where it is in order already
    alike: dict[tuple[int, ScopeId], list[Unnumbered]] = {}
    for row in urgent:
        alike.setdefault((row.priority, row.scope), []).append(row)
    for (_, scope), together in alike.items():
        yield from ((key,) for key in keys.pop(scope, ()))
        yield from _filled(together)
    yield from ((key,) for left in keys.values() for key in left)


def likely_size(row: Unnumbered, together: int) -> int:
    """Bytes a row will come to in an envelope of `together` rows: a guess, for somebody who asks how long it takes."""
    return _WRAPPING // together + row.size // _PACKED


def _by_scope(rows: Iterable[Unnumbered]) -> dict[ScopeId, list[Unnumbered]]:
    found: dict[ScopeId, list[Unnumbered]] = {}
    for row in rows:
        found.setdefault(row.scope, []).append(row)
    return found


def _filled(rows: Iterable[Unnumbered]) -> Iterator[tuple[Unnumbered, ...]]:
    """Runs of at most PLAIN bytes, at least one row each."""
    run: list[Unnumbered] = []
    room = PLAIN
    for row in rows:
        if run and row.size > room:
            yield tuple(run)
            run, room = [], PLAIN
        run.append(row)
        room -= row.size
    if run:
        yield tuple(run)
