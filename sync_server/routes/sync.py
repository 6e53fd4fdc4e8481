# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/sync: one exchange. What it acknowledges is on the disk before the answer leaves."""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.errors import Refusal
from clinic.protocol.codec import decode, encode
from clinic.protocol.squeezed import ENCODING, squeezed, unsqueezed
from clinic.protocol.sync import (
    CONTENT_TYPE,
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    FaultNumber,
    SyncRequest,
    SyncResponse,
)
from sync_server.access import Rights, rights_of
from sync_server.book.port import Exchanged, Pull, Push
from sync_server.desk import Desk, desk_of
from sync_server.judge import MAX_NUMBER, judge
from sync_server.ledger import add, part_from
from sync_server.limits import ANSWER_BUDGET, SYNC_BODY
from sync_server.routes.answers import Denied, body_of

_log = logging.getLogger("posta.server")


async def exchange(request: Request) -> Response:
    """Statements, then envelopes and cursors in one commit, then the bell, then the answer."""
    desk = desk_of(request)
    started = desk.clock.monotonic()
    rights = await desk.rights_for(request)
    asked = decode(unsqueezed(await body_of(request, SYNC_BODY), SYNC_BODY), SyncRequest)
    _check(rights, asked)
    trust_refused = await _take_trust(desk, asked)
    done = await _exchange(desk, rights, asked)
    await desk.bells.ring(done.rung, rights.device)
    took = desk.clock.monotonic() - started
    desk.tally.exchanged(len(asked.envelopes), done, took)
    _log.info(
        "sync %(device)s: in %(in)d, refused %(refused)d, out %(out)d, %(ms).0f ms",
        {
            "device": rights.device,
            "in": len(asked.envelopes),
            "refused": len(done.refused),
            "out": len(done.envelopes),
            "ms": 1000 * took,
        },
    )
    body = encode(_response(desk, asked, done, trust_refused))
    frame = squeezed(body) if ENCODING in request.headers.get("accept-encoding", "") else body
    encoding = {} if frame is body else {"content-encoding": ENCODING}
    return Response(frame, media_type=CONTENT_TYPE, headers=encoding)


def _check(rights: Rights, asked: SyncRequest) -> None:
    if asked.protocol_min > PROTOCOL_MAX or asked.protocol_max < PROTOCOL_MIN:
        raise Denied(
            FaultNumber.VERSION,
            "This device and the server speak different versions of Posta. Update the older one.",
        )
    if asked.device != rights.device:
        raise Denied(FaultNumber.NOT_ALLOWED, "This session is another device's. Connect again.")
    numbers = (asked.incarnation, *(cursor.seq for cursor in asked.cursors))
    if not all(0 <= number < MAX_NUMBER for number in numbers):
        raise Denied(FaultNumber.MALFORMED, "This number cannot be.")
    if any("\0" in cursor.scope for cursor in asked.cursors):
        raise Denied(FaultNumber.MALFORMED, "This name cannot be.")  # no text in PostgreSQL


async def _take_trust(desk: Desk, asked: SyncRequest) -> str:
    """'' or why the statements were not taken; the envelopes go on either way."""
    try:
        await add(desk, asked.trust)
    except Refusal as refusal:
        return str(refusal)
    return ""


async def _exchange(desk: Desk, rights: Rights, asked: SyncRequest) -> Exchanged:
    now = rights_of(desk.log, rights.device) or rights
    items = await asyncio.to_thread(judge, desk.log, now, asked.incarnation, asked.envelopes)
    push = Push(now.device, asked.incarnation, items, now.writes, desk.clock.now())
    pull = Pull(
        device=now.device,
        incarnation=asked.incarnation,
        reads=now.reads,
        cursors=asked.cursors,
        all_cursors=asked.all_cursors,
        digest=asked.cursor_digest,
        byte_budget=min(max(asked.byte_budget, 0), ANSWER_BUDGET),
        epoch=asked.server_epoch,
    )
    return await desk.book.ask(lambda book: book.exchange(push, pull))


def _response(desk: Desk, asked: SyncRequest, done: Exchanged, trust_refused: str) -> SyncResponse:
    missing = part_from(desk.log, asked.trust_position + 1)
    return SyncResponse(
        protocol=min(PROTOCOL_MAX, asked.protocol_max),
        epoch=done.epoch,
        acked_incarnation=asked.incarnation,
        acked_env_no=done.acked_env_no,
        refused=done.refused,
        trust=missing,
        trust_refused=trust_refused,
        envelopes=done.envelopes,
        heads=done.heads,
        more=done.more or asked.trust_position + len(missing) < desk.log.position,
        want_cursors=done.want_cursors,
        server_time=desk.clock.now(),
        trust_position=desk.log.position,
    )
