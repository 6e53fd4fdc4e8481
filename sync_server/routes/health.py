# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /healthz: the book answers. GET /readyz: send me work. GET /metrics: counts, for whoever holds the operator's key."""

import asyncio
import hmac
import shutil
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from clinic.domain.errors import Unavailable
from clinic.protocol.sync import FaultNumber
from sync_server.desk import Desk, desk_of
from sync_server.routes.answers import Denied
from sync_server.tally import CONTENT_TYPE

LEAST_ROOM = 64 * 1024 * 1024
"""Bytes; with less on the disk a load balancer had better ask another server."""


async def healthz(request: Request) -> Response:
    """200 `ok` when the database answers, for supervisors and the doctor."""
    await desk_of(request).book.ask(lambda book: book.epoch())
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """200 `ready`, or 503 with the reason, for load balancers: stopping, no database, no store of
    attachments, no room."""
    why = await _why_not(desk_of(request))
    status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
    return PlainTextResponse(why or "ready", status_code=status)


async def _why_not(desk: Desk) -> str:
    if desk.stopping:
        return "stopping"
    try:
        await desk.book.ask(lambda book: book.epoch())
    except Unavailable:
        return "no database"
    try:
        await desk.place.ready()
    except Unavailable:
        return "no attachments"
    return "no room" if await _room(desk) < LEAST_ROOM else ""


async def metrics(request: Request) -> Response:
    """404 without a key set by the operator; `Authorization: Bearer KEY` with one."""
    desk = desk_of(request)
    if not desk.metrics_key:
        raise Denied(FaultNumber.NOT_FOUND, "There is nothing here.")
    said = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(said.encode(), desk.metrics_key.encode()):
        desk.knock(request)
        raise Denied(FaultNumber.NOT_LOGGED_IN, "This is not the key of these counts.")
    text = desk.tally.text(desk.bells.links(), desk.under_way, await _room(desk))
    return Response(text, media_type=CONTENT_TYPE)


async def _room(desk: Desk) -> int:
    return (await asyncio.to_thread(shutil.disk_usage, desk.folder)).free
