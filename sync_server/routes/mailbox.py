# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/mailbox/{id}: where a new device asks to be let in and hears the answer; single use, at most 24 hours.

PUT by staff opens it; POST without a session lays in the request, with the opener's session the answer; GET
without a session gives the answer, with a session the request (204 while there is none).
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.sync import CONTENT_TYPE, FaultNumber
from sync_server.book.port import Mailbox
from sync_server.desk import Desk, desk_of
from sync_server.limits import SMALL_BODY
from sync_server.routes.answers import Denied, body_of, name_in, nothing, number_in

MOST_SECONDS = 24 * 3600


async def open_box(request: Request) -> Response:
    """PUT ?seconds=N: an invitation is out."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    box, now = name_in(request, "box"), desk.clock.now()
    until = now + timedelta(seconds=min(number_in(request, "seconds", MOST_SECONDS), MOST_SECONDS))
    await desk.book.ask(lambda book: book.open_mailbox(box, rights.device, until, now))
    return nothing()


async def post(request: Request) -> Response:
    """One letter a side; the same again is fine."""
    desk = desk_of(request)
    box = name_in(request, "box")
    side = await _side(desk, request, box, mine="answer", other="request")
    letter, now = await body_of(request, SMALL_BODY), desk.clock.now()
    if not letter:
        raise Denied(FaultNumber.MALFORMED, "This letter is empty.")
    if not await desk.book.ask(lambda book: book.fill_mailbox(box, side, letter, now)):
        raise Denied(FaultNumber.CONFLICT, "This invitation has been used. Ask for a new one.")
    return nothing()


async def read(request: Request) -> Response:
    """The letter of the other side, 204 while there is none."""
    desk = desk_of(request)
    box = name_in(request, "box")
    side = await _side(desk, request, box, mine="request", other="answer")
    there = await _box(desk, box)
    letter = there.request if side == "request" else there.answer
    return nothing() if letter is None else Response(letter, media_type=CONTENT_TYPE)


async def _side(desk: Desk, request: Request, box: str, mine: str, other: str) -> str:
    """`mine` for the device that opened the box, `other` for whoever knows its name."""
    if "authorization" not in request.headers:
        desk.knock(request)
        await _box(desk, box)
        return other
    rights = await desk.staff_rights(request)
    if (await _box(desk, box)).opened_by != rights.device:
        raise _no_box()
    return mine


async def _box(desk: Desk, box: str) -> Mailbox:
    now = desk.clock.now()
    there = await desk.book.ask(lambda book: book.mailbox(box, now))
    if there is None:
        raise _no_box()
    return there


def _no_box() -> Denied:
    """The same for another computer's as for one that is not there."""
    return Denied(FaultNumber.NOT_FOUND, "This invitation is over, or was never made. Ask for a new one.")
