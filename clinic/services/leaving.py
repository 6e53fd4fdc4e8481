# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in the outbox is sealed and numbered when it leaves: the most pressing first, what is of one scope together.

A number that was given is given for ever: the envelope may be at the centre though nobody said so. So only as much is
numbered as goes into the next exchange, in a transaction of its own, before anything of it is sent.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from clinic.domain.ids import TeamId
from clinic.keys.sealing import Place, box_packed, grant, packed_ops, seal_packed
from clinic.protocol.envelope import P1_TALK, Envelope, pack
from clinic.protocol.op import join_ops
from clinic.protocol.unsealed import Unsealed, unsealed_all
from clinic.services.desks import Desk
from clinic.store.rows import Changes
from clinic.store.sheet import from_ms
from clinic.store.writing import WritePage
from clinic.sync.batch import GATHERED, Unnumbered, gather, likely_size

THIN = 65_536
"""On a link that is asked for fewer bytes than this at once, what is pressing goes alone: nothing makes it wait."""
Row = tuple[Unnumbered, Unsealed]
Posted = tuple[bytes, int]
"""What waits, and milliseconds when it was written."""


class Line:
    """What waits, in the order in which it leaves. A long line is read once, and again when something was written since, or
    numbered by somebody else."""

    def __init__(self) -> None:
        self._runs, self._as_of = deque[tuple[Unnumbered, ...]](), (-1, -1)

    def read(self, page: WritePage) -> deque[tuple[Unnumbered, ...]]:
        """Its runs. Whoever takes some out calls `left` in the same transaction, or the line is read anew."""
        if self._as_of != _numbers(page) or not self._runs:
            self._runs = deque(gather(page.unnumbered()))
        self._as_of = (-1, -1)
        return self._runs

    def left(self, page: WritePage) -> None:
        """What is in it still waits."""
        self._as_of = _numbers(page)


def _numbers(page: WritePage) -> tuple[int, int]:
    return page.number("unnumbered"), page.number("env")


def make_ready(desk: Desk, byte_budget: int, after: int = 0, line: Line | None = None) -> None:
    """Number what fits into an exchange beside what has its number already, and has one after `after`. Raises Unavailable for
    the disk."""
    if desk.book.read(lambda page: page.unnumbered(1)):
        line = line or Line()
        desk.book.keep(lambda page: _number(desk, page, line, byte_budget, after), Changes())


def _number(desk: Desk, page: WritePage, line: Line, byte_budget: int, after: int) -> None:
    desk.goes_on_as(page)
    room = byte_budget - sum(size for _, size, _ in page.numbered_sizes(after))
    thin = byte_budget < THIN
    pressing, gone, runs, posted = False, list[int](), line.read(page), dict[int, Posted]()
    while room > 0 and runs:
        first = runs[0][0]
        if pressing and thin and first.ops > 0 and first.priority > P1_TALK:
            break
        if first.no not in posted:
            posted = _posted(page, runs, room)
        rows = runs.popleft()
        room -= _leaves(desk, page, rows, [posted[row.no] for row in rows], thin)
        gone += [row.no for row in rows]
        pressing = pressing or first.priority <= P1_TALK
    page.drop_posted(gone)
    line.left(page)


def _posted(page: WritePage, runs: Iterable[Sequence[Unnumbered]], room: int) -> dict[int, Posted]:
    """What waits in the next runs, read together: about as many as there is room for, one at least."""
    rows: list[Unnumbered] = []
    for run in runs:
        rows += run
        room -= sum(likely_size(row, len(run)) for row in run)
        if room <= 0:
            break
    numbers = sorted(row.no for row in rows)
    return dict(zip(numbers, page.posted(numbers), strict=True))


def _leaves(
    desk: Desk, page: WritePage, rows: Sequence[Unnumbered], posted: Sequence[Posted], thin: bool
) -> int:
    """Give rows of one scope their place in the line; returns the bytes they come to."""
    at = from_ms(min(ms for _, ms in posted))
    read = zip(rows, unsealed_all(data for data, _ in posted), strict=True)
    return sum(
        _leave(desk, page, team, list(together), at, thin)
        for team, together in groupby(read, key=lambda one: one[1].team)
    )


def _leave(desk: Desk, page: WritePage, team: TeamId, rows: Sequence[Row], at: datetime, thin: bool) -> int:
    size = 0
    for ops, envelope in _sealed(desk, page, team, rows, thin):
        first, wire = rows[0][0], pack(envelope)
        page.post(envelope.header.env_no, first.scope, first.priority, ops, wire, at)
        size += len(wire)
    return size


def _sealed(
    desk: Desk, page: WritePage, team: TeamId, rows: Sequence[Row], thin: bool
) -> Iterator[tuple[int, Envelope]]:
    """Each envelope that rows of one scope and team come to, with the number of its ops. Where this computer has no key of
    the scope (the auditors'), it seals what it cannot open again. `thin`: bytes are dearer than time.
    """
    first, keys, epoch = rows[0][0], page.scope_keys(rows[0][0].scope), desk.epoch(team)

    def place() -> Place:
        return desk.numbered_place(page, first.scope, first.priority, team)

    if not first.ops:
        for _, what in rows:
            yield 0, grant(keys[what.key_id], place(), epoch, desk.device_keys, desk.random)
        return
    key = next(iter(keys.values()), None)
    for ops, packed in _packed(rows, thin):
        if key is None:
            yield ops, box_packed(packed, place(), epoch, desk.device_keys, desk.random)
        else:
            yield ops, seal_packed(packed, place(), key, epoch.epoch, desk.device_keys, desk.random)


def _packed(rows: Sequence[Row], thin: bool) -> Iterator[tuple[int, bytes]]:
    """As few as are at most GATHERED bytes long, or of one row."""
    packed = packed_ops(join_ops(what.ops for _, what in rows), thin)
    if len(packed) <= GATHERED or len(rows) == 1:
        yield sum(row.ops for row, _ in rows), packed
        return
    half = len(rows) // 2
    yield from _packed(rows[:half], thin)
    yield from _packed(rows[half:], thin)
