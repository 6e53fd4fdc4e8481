# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in the outbox is sealed and numbered when it leaves: the most pressing first, what is of one scope together.

A number that was given is given for ever: the envelope may be at the centre though nobody said so. So only as much is
numbered as goes into the next exchange, in a transaction of its own, before anything of it is sent.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from clinic.domain.ids import TeamId
from clinic.keys.sealing import Place, box_packed, grant, packed_ops, seal_packed
from clinic.protocol.codec import decode
from clinic.protocol.envelope import P1_TALK, Envelope, pack
from clinic.protocol.op import join_ops
from clinic.protocol.unsealed import Unsealed
from clinic.services.desks import Desk
from clinic.store.rows import Changes
from clinic.store.sheet import from_ms
from clinic.store.writing import WritePage
from clinic.sync.batch import GATHERED, Unnumbered, gather

THIN = 65_536
"""On a link that is asked for fewer bytes than this at once, what is pressing goes alone: nothing makes it wait."""
Row = tuple[Unnumbered, Unsealed]


def make_ready(desk: Desk, byte_budget: int, after: int = 0) -> None:
    """Number what fits into an exchange beside what has its number already, and has one after `after`. Raises Unavailable for
    the disk."""
    if desk.book.read(lambda page: page.unnumbered(1)):
        desk.book.keep(lambda page: _number(desk, page, byte_budget, after), Changes())


def _number(desk: Desk, page: WritePage, byte_budget: int, after: int) -> None:
    room = byte_budget - sum(size for _, size, _ in page.numbered_sizes(after))
    pressing = False
    for rows in gather(page.unnumbered()):
        alone = pressing and byte_budget < THIN and rows[0].ops > 0 and rows[0].priority > P1_TALK
        if room <= 0 or alone:
            return
        room -= _leaves(desk, page, rows)
        pressing = pressing or rows[0].priority <= P1_TALK


def _leaves(desk: Desk, page: WritePage, rows: Sequence[Unnumbered]) -> int:
    """Give rows of one scope their place in the line; returns the bytes they come to."""
    posted = page.posted([row.no for row in rows])
    page.drop_posted([row.no for row in rows])
    at = from_ms(min(ms for _, ms in posted))
    read = [(row, decode(data, Unsealed)) for row, (data, _) in zip(rows, posted, strict=True)]
    return sum(
        _leave(desk, page, team, list(together), at)
        for team, together in groupby(read, key=lambda one: one[1].team)
    )


def _leave(desk: Desk, page: WritePage, team: TeamId, rows: Sequence[Row], at: datetime) -> int:
    size = 0
    for ops, envelope in _sealed(desk, page, team, rows):
        first, wire = rows[0][0], pack(envelope)
        page.post(envelope.header.env_no, first.scope, first.priority, ops, wire, at)
        size += len(wire)
    return size


def _sealed(desk: Desk, page: WritePage, team: TeamId, rows: Sequence[Row]) -> Iterator[tuple[int, Envelope]]:
    """Each envelope that rows of one scope and team come to, with the number of its ops. Where this computer has no key of
    the scope (the auditors'), it seals what it cannot open again.
    """
    first, keys, epoch = rows[0][0], page.scope_keys(rows[0][0].scope), desk.epoch(team)

    def place() -> Place:
        return desk.numbered_place(page, first.scope, first.priority, team)

    if not first.ops:
        for _, what in rows:
            yield 0, grant(keys[what.key_id], place(), epoch, desk.device_keys, desk.random)
        return
    key = next(iter(keys.values()), None)
    for ops, packed in _packed(rows):
        if key is None:
            yield ops, box_packed(packed, place(), epoch, desk.device_keys, desk.random)
        else:
            yield ops, seal_packed(packed, place(), key, epoch.epoch, desk.device_keys, desk.random)


def _packed(rows: Sequence[Row]) -> Iterator[tuple[int, bytes]]:
    """As few as are at most GATHERED bytes long, or of one row."""
    packed = packed_ops(join_ops(what.ops for _, what in rows))
    if len(packed) <= GATHERED or len(rows) == 1:
        yield sum(row.ops for row, _ in rows), packed
        return
    half = len(rows) // 2
    yield from _packed(rows[:half])
    yield from _packed(rows[half:])
