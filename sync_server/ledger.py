# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking statements into the trust log: verified first, stored next, believed last."""

import asyncio

from clinic.domain.errors import Refusal
from clinic.keys.roster import TrustLog
from clinic.keys.trust import follow, open_statement
from sync_server.desk import Desk
from sync_server.limits import TRUST_ANSWER


async def add(desk: Desk, statements: tuple[bytes, ...], first: int | None = None) -> None:
    """Adds what is new of `statements`; the first log ever handed in founds the organisation. Raises
    Refusal, Unavailable."""
    if not statements:
        return
    async with desk.trust_turn:
        before = desk.log
        after = await asyncio.to_thread(_followed, before, statements, first)
        new = after.statements[len(before.statements) :]
        if new:
            await desk.book.ask(lambda book: book.append_statements(len(before.statements), new))
            desk.log = after
    if new:
        await desk.bells.trust(desk.log.position)


def _followed(log: TrustLog, statements: tuple[bytes, ...], first: int | None) -> TrustLog:
    """Statements before the end of the log must be those we have."""
    start = open_statement(statements[0])[0].position if first is None else first
    if start > log.position + 1:
        raise Refusal("Statements before these are missing. Synchronise and try again.")
    return follow(log, start, statements)


def part_from(log: TrustLog, first: int) -> tuple[bytes, ...]:
    """Statements from `first` on, as many as fit an answer."""
    room = TRUST_ANSWER
    part: list[bytes] = []
    for statement in log.statements[max(first, 0) :]:
        room -= len(statement)
        if room < 0 and part:
            break
        part.append(statement)
    return tuple(part)
