# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/recent: what a new computer needs before it has everything."""

import logging
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.codec import encode
from clinic.protocol.recent import MOST_DAYS, RecentPart, RecentPull
from clinic.protocol.sync import CONTENT_TYPE, FaultNumber
from sync_server.book.port import Look
from sync_server.desk import desk_of
from sync_server.judge import MAX_NUMBER
from sync_server.limits import ANSWER_BUDGET, SCOPE_BODY
from sync_server.routes.answers import Denied, record_of, squeezed_for

_log = logging.getLogger("posta.server")


async def part(request: Request) -> Response:
    """Scope by scope; ask again from where it ended while there is more."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    asked = await record_of(request, RecentPull, SCOPE_BODY)
    if not (1 <= asked.days <= MOST_DAYS and 0 <= asked.after_seq < MAX_NUMBER) or "\0" in asked.after_scope:
        raise Denied(FaultNumber.MALFORMED, "This number cannot be.")
    wanted = Look(
        rights.reads,
        desk.clock.now() - timedelta(days=asked.days),
        asked.alerts,
        asked.after_scope,
        asked.after_seq,
        min(max(asked.byte_budget, 0), ANSWER_BUDGET),
    )
    found = await desk.book.ask(lambda book: book.look(wanted))
    _log.info("recent %(device)s: out %(out)d", {"device": rights.device, "out": len(found.envelopes)})
    body = encode(RecentPart(envelopes=found.envelopes, scope=found.scope, seq=found.seq, more=found.more))
    frame, headers = squeezed_for(request, body)
    return Response(frame, media_type=CONTENT_TYPE, headers=headers)
