# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in the outbox gets its number when it leaves: the most pressing first, what is of one scope together.

A number that was given is given for ever: the envelope may be at the centre though nobody said so. So only as much is
numbered as goes into the next exchange, in a transaction of its own, before anything of it is sent.
"""

from collections.abc import Sequence
from itertools import groupby

from clinic.domain.errors import Unavailable
from clinic.domain.ids import TeamId
from clinic.keys.sealing import grant, seal_together
from clinic.protocol.envelope import ALG_KEY_GRANT, P1_TALK, Envelope, pack, unpack
from clinic.services.desks import Desk
from clinic.store.rows import Changes
from clinic.store.sheet import from_ms
from clinic.store.writing import WritePage
from clinic.sync.batch import Unnumbered, gather

THIN = 65_536
"""On a link that is asked for fewer bytes than this at once, what is pressing goes alone: nothing makes it wait."""


def make_ready(desk: Desk, byte_budget: int) -> None:
    """Number what fits into an exchange beside what has its number already. Raises Unavailable for the disk."""
    if desk.book.read(lambda page: page.unnumbered(1)):
        desk.book.keep(lambda page: _number(desk, page, byte_budget), Changes())


def _number(desk: Desk, page: WritePage, byte_budget: int) -> None:
    room = byte_budget - sum(len(row.envelope) for row in page.numbered())
    pressing = False
    for rows in gather(page.unnumbered()):
        alone = pressing and byte_budget < THIN and rows[0].ops > 0 and rows[0].priority > P1_TALK
        if room <= 0 or alone:
            return
        room -= _leaves(desk, page, rows)
        pressing = pressing or rows[0].priority <= P1_TALK


def _leaves(desk: Desk, page: WritePage, rows: Sequence[Unnumbered]) -> int:
    """Give rows of one scope their place in the line; returns the bytes they come to."""
    posted = [page.posted(row.no) for row in rows]
    envelopes = [unpack(wire) for wire, _ in posted]
    at = from_ms(min(ms for _, ms in posted))
    for row in rows:
        page.drop_posted(row.no)
    size = 0
    for team, together in groupby(zip(envelopes, rows, strict=True), key=lambda pair: pair[0].header.team):
        of_team = list(together)
        wire = pack(_sealed(desk, page, team, [envelope for envelope, _ in of_team]))
        ops = sum(row.ops for _, row in of_team)
        page.post(unpack(wire).header.env_no, rows[0].scope, rows[0].priority, ops, wire, at)
        size += len(wire)
    return size


def _sealed(desk: Desk, page: WritePage, team: TeamId, envelopes: Sequence[Envelope]) -> Envelope:
    header = envelopes[0].header
    epoch = desk.trust.epoch(team)
    if epoch is None:
        raise Unavailable("The team has no key yet. Ask the administrator to finish the set-up.")
    place = desk.numbered_place(page, header.scope, header.priority, team)
    keys = page.scope_keys(header.scope)
    if header.alg == ALG_KEY_GRANT:
        return grant(keys[header.key_id], place, epoch, desk.device_keys, desk.random)
    return seal_together(envelopes, place, keys, epoch.epoch, desk.device_keys, desk.random)
