# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/carried: what a computer of the staff brings of others. Taken under the authors' rights, never the bearer's."""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.carried import CarriedIn, CarriedTaken, CarriedUpTo
from sync_server.book.port import Push
from sync_server.desk import Desk, desk_of
from sync_server.judge import Author, judge_carried
from sync_server.limits import SYNC_BODY
from sync_server.routes.answers import answer, record_of

_log = logging.getLogger("posta.server")


async def take(request: Request) -> Response:
    """One commit an author; what is answered is on the disk."""
    desk = desk_of(request)
    bearer = await desk.staff_rights(request)
    brought = await record_of(request, CarriedIn, SYNC_BODY)
    authors, left = await asyncio.to_thread(judge_carried, desk.log, brought.envelopes)
    taken: list[CarriedUpTo] = []
    for author in authors:
        up_to, refused = await _lay_down(desk, author)
        taken.append(CarriedUpTo(device=author.device, incarnation=author.incarnation, up_to=up_to))
        left += refused
    _log.info(
        "carried by %(device)s: in %(in)d, left %(left)d",
        {"device": bearer.device, "in": len(brought.envelopes), "left": left},
    )
    return answer(CarriedTaken(authors=tuple(taken), left=left))


async def _lay_down(desk: Desk, author: Author) -> tuple[int, int]:
    """(the author's last envelope here, how many were not taken)."""
    push = Push(
        author.device, author.incarnation, author.items, author.writes, desk.clock.now(), carried=True,
        in_any_order=desk.island is not None,
    )  # fmt: skip
    done = await desk.book.ask(lambda book: book.push(push))
    await desk.bells.ring(done.rung, author.device)
    return done.acked_env_no, len(done.refused)
