# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/sync: one exchange. What it acknowledges is on the disk before the answer leaves."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.errors import Refusal
from clinic.protocol.blocks import SEQUENCE, Blocks
from clinic.protocol.codec import decode, encode
from clinic.protocol.squeezed import squeezed, unsqueezed
from clinic.protocol.sync import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    EnvelopeRefused,
    FaultNumber,
    MoreEnvelopes,
    SyncRequest,
    SyncResponse,
)
from sync_server.access import Rights
from sync_server.book.port import Exchanged, Pull, Push, Taken
from sync_server.desk import Desk, desk_of
from sync_server.judge import MAX_NUMBER, judge
from sync_server.ledger import add, part_from
from sync_server.limits import ANSWER_BUDGET, SYNC_BODY, SYNC_STREAM
from sync_server.routes.answers import STOPPING, TOO_OLD, Denied, body_of, squeezed_for

JUDGED_AT_ONCE = 8 * 1024
"""Bytes of envelopes that take less time to judge than a thread takes to come to it while others are at work."""
_log = logging.getLogger("posta.server")


async def exchange(request: Request) -> Response:
    """Statements, then envelopes and cursors in one commit, then the bell, then the answer."""
    desk = desk_of(request)
    started = desk.clock.monotonic()
    rights = await desk.rights_for(request)
    blocks = _blocks(request)
    asked = decode(await anext(blocks), SyncRequest)
    _check(rights, asked)
    trust_refused = await _take_trust(desk, asked)
    streamed = await _streamed(desk, rights, asked, blocks) if _streams(request) else None
    done = await _exchange(desk, rights, replace(asked, envelopes=()) if streamed else asked)
    if streamed:
        done = replace(done, refused=streamed.refused + done.refused)
    await desk.bells.ring(done.rung, rights.device)
    took = desk.clock.monotonic() - started
    brought = streamed.brought if streamed else len(asked.envelopes)
    desk.tally.exchanged(brought, done, took)
    _log.info(
        "sync %(device)s: in %(in)d, refused %(refused)d, out %(out)d, %(ms).0f ms",
        {
            "device": rights.device,
            "in": brought,
            "refused": len(done.refused),
            "out": len(done.envelopes),
            "ms": 1000 * took,
        },
    )
    if done.too_old:
        raise Denied(FaultNumber.VERSION, TOO_OLD)
    return _answer(encode(_response(desk, asked, done, trust_refused)), asked, request)


def _answer(body: bytes, asked: SyncRequest, request: Request) -> Response:
    """Without a word about what it is, which the client knows; squeezed for whoever said, in the body or before it, that it
    may be."""
    if asked.squeezes:
        return Response(squeezed(body))
    frame, headers = squeezed_for(request, body)
    return Response(frame, headers=headers)


@dataclass(frozen=True, slots=True)
class _Streamed:
    """What came in blocks, each durable before the next is looked at: how many envelopes, and what was refused of them."""

    brought: int
    refused: tuple[EnvelopeRefused, ...]


async def _blocks(request: Request) -> AsyncIterator[bytes]:
    """The messages of the body: one, or one after the other as they come. Raises Denied, Malformed."""
    if not _streams(request):
        yield unsqueezed(await body_of(request, SYNC_BODY), SYNC_BODY)
        return
    blocks, room = Blocks(SYNC_BODY), SYNC_STREAM
    async for part in request.stream():
        room -= len(part)
        if room < 0:
            raise Denied(FaultNumber.TOO_LARGE, f"This is more than the {SYNC_STREAM} bytes taken at once.")
        for one in blocks.fed(part):
            yield unsqueezed(one, SYNC_BODY)
    blocks.end()


def _streams(request: Request) -> bool:
    return request.headers.get("content-type", "") == SEQUENCE


async def _streamed(
    desk: Desk, rights: Rights, asked: SyncRequest, blocks: AsyncIterator[bytes]
) -> _Streamed:
    """Take in the first block's envelopes, then each further block's."""
    brought, envelopes = 0, asked.envelopes
    refused: tuple[EnvelopeRefused, ...] = ()
    while True:
        if envelopes:
            taken = await _push(desk, rights, asked.incarnation, envelopes)
            brought, refused = brought + len(envelopes), refused + taken.refused
            await desk.bells.had(rights.device, taken.acked_env_no)
            await desk.bells.ring(taken.rung, rights.device)
        following = await anext(blocks, None)
        if following is None:
            return _Streamed(brought, refused)
        if desk.stopping:
            raise Denied(FaultNumber.STOPPING, STOPPING)
        envelopes = decode(following, MoreEnvelopes).envelopes


def _check(rights: Rights, asked: SyncRequest) -> None:
    if asked.protocol_min > PROTOCOL_MAX or asked.protocol_max < PROTOCOL_MIN:
        raise Denied(
            FaultNumber.VERSION,
            "This device and the server speak different versions of Posta. Update the older one.",
        )
    if asked.device != rights.device:
        raise Denied(FaultNumber.NOT_ALLOWED, "This session is another device's. Connect again.")
    numbers = (asked.incarnation, asked.unsure_from, *(cursor.seq for cursor in asked.cursors))
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


async def _push(desk: Desk, rights: Rights, incarnation: int, envelopes: tuple[bytes, ...]) -> Taken:
    _, push = await _judged(desk, rights, incarnation, envelopes)
    return await desk.book.ask(lambda book: book.push(push))


async def _judged(
    desk: Desk, rights: Rights, incarnation: int, envelopes: tuple[bytes, ...]
) -> tuple[Rights, Push]:
    """Under the rights of this moment: the log may have grown since the request began."""
    now = desk.rights(rights.device) or rights
    if sum(map(len, envelopes)) <= JUDGED_AT_ONCE:
        items = judge(desk.log, now, incarnation, envelopes)
    else:
        items = await asyncio.to_thread(judge, desk.log, now, incarnation, envelopes)
    loose = desk.island is not None
    return now, Push(now.device, incarnation, items, now.writes, desk.clock.now(), in_any_order=loose)


async def _exchange(desk: Desk, rights: Rights, asked: SyncRequest) -> Exchanged:
    now, push = await _judged(desk, rights, asked.incarnation, asked.envelopes)
    pull = Pull(
        device=now.device,
        incarnation=asked.incarnation,
        reads=now.reads,
        cursors=asked.cursors,
        all_cursors=asked.all_cursors,
        digest=asked.cursor_digest,
        byte_budget=min(max(asked.byte_budget, 0), ANSWER_BUDGET),
        epoch=asked.server_epoch,
        unsure_from=asked.unsure_from,
        takes_snapshots=asked.takes_snapshots,
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
        known=done.known,
    )
