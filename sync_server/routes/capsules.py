# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/capsules/{lookup}: what a team keeps ready for a patient, sealed to the patient's card."""

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.sync import CONTENT_TYPE, FaultNumber
from sync_server.desk import desk_of
from sync_server.limits import CAPSULE_BODY
from sync_server.routes.answers import Denied, body_of, name_in, nothing


async def put(request: Request) -> Response:
    """Written by staff; the newest replaces the one before."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    lookup, body = name_in(request, "lookup"), await body_of(request, CAPSULE_BODY)
    if not body:
        raise Denied(FaultNumber.MALFORMED, "This capsule is empty.")
    at = desk.clock.now()
    await desk.book.ask(lambda book: book.put_capsule(lookup, body, rights.device, at))
    return nothing()


async def get(request: Request) -> Response:
    """Read by kiosks and staff."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    if not (rights.staff or rights.kiosk):
        raise Denied(FaultNumber.NOT_ALLOWED, "Only kiosks and computers of the staff may do this.")
    lookup = name_in(request, "lookup")
    body = await desk.book.ask(lambda book: book.capsule(lookup))
    if body is None:
        raise Denied(FaultNumber.NOT_FOUND, "There is nothing for this card yet.")
    return Response(body, media_type=CONTENT_TYPE)
