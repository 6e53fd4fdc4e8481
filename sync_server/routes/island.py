# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /v1/island: the signed paper of an island. POST /v1/laid: what lies there, for the computer that takes it to the centre.

At a centre there is neither.
"""

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.island import IslandPaper, Laid, LaidPull
from clinic.protocol.sync import FaultNumber
from sync_server.desk import Desk, desk_of
from sync_server.limits import ANSWER_BUDGET, SMALL_BODY
from sync_server.routes.answers import Denied, answer, record_of

MOST_AUTHORS = 1_000


async def paper(request: Request) -> Response:
    """For anybody: it says nothing that the announcement does not, and proves it."""
    desk = desk_of(request)
    desk.knock(request)
    return answer(_paper(desk))


async def laid(request: Request) -> Response:
    """For the computer that serves alone: others read here what their teams may read."""
    desk = desk_of(request)
    host = _paper(desk).device
    rights = await desk.staff_rights(request)
    if rights.device != host:
        raise Denied(FaultNumber.NOT_ALLOWED, "Only the computer that serves this network may do this.")
    asked = await record_of(request, LaidPull, SMALL_BODY)
    if len(asked.beyond) > MOST_AUTHORS:
        raise Denied(FaultNumber.TOO_LARGE, "This is more than is taken at once.")
    beyond = {(one.device, one.incarnation): one.up_to for one in asked.beyond}
    room = min(max(asked.byte_budget, 0), ANSWER_BUDGET)
    return answer(Laid(envelopes=await desk.book.ask(lambda book: book.laid(beyond, room))))


def _paper(desk: Desk) -> IslandPaper:
    if desk.island is None:
        raise Denied(FaultNumber.NOT_FOUND, "There is nothing here.")
    return desk.island
