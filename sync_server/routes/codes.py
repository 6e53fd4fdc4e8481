# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/codes/{lookup}: a one-time code's parcel: laid down by staff, taken once by a kiosk that names it right.

Who guesses asks for a name that is not there; each kiosk may ask five times at once and once a minute after that.
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.sync import CONTENT_TYPE, FaultNumber
from sync_server.desk import desk_of
from sync_server.limits import CAPSULE_BODY
from sync_server.routes.answers import Denied, body_of, name_in, nothing, number_in

MOST_SECONDS = 24 * 3600


async def put(request: Request) -> Response:
    """PUT ?seconds=N by staff."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    lookup, now = name_in(request, "lookup"), desk.clock.now()
    until = now + timedelta(seconds=min(number_in(request, "seconds", MOST_SECONDS), MOST_SECONDS))
    body = await body_of(request, CAPSULE_BODY)
    if not body:
        raise Denied(FaultNumber.MALFORMED, "This code brings nothing.")
    await desk.book.ask(lambda book: book.put_code(lookup, body, rights.device, until, now))
    return nothing()


async def take(request: Request) -> Response:
    """POST by a kiosk: the parcel, which is gone from here."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    if not rights.kiosk:
        raise Denied(FaultNumber.NOT_ALLOWED, "Only a kiosk takes a code.")
    if not desk.guesses.take(rights.device):
        raise Denied(FaultNumber.TOO_MANY, "Too many codes were tried here. Wait a minute.")
    lookup, now = name_in(request, "lookup"), desk.clock.now()
    body = await desk.book.ask(lambda book: book.take_code(lookup, now))
    if body is None:
        raise Denied(FaultNumber.NOT_FOUND, "There is no such code.")
    return Response(body, media_type=CONTENT_TYPE)
