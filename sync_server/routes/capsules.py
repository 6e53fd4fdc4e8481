# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/capsules/{lookup}: what a team keeps ready for a patient, sealed to the patient's card; and the end of a card.

A withdrawn card stays withdrawn: no computer that has not heard of it yet brings its capsule back.
"""

from starlette.requests import Request
from starlette.responses import Response

from clinic.keys.withdrawals import check_withdrawal
from clinic.protocol.capsule import Withdrawal, Withdrawals
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import CONTENT_TYPE, FaultNumber
from sync_server.desk import Desk, desk_of
from sync_server.limits import CAPSULE_BODY, SMALL_BODY
from sync_server.routes.answers import Denied, answer, body_of, name_in, nothing, number_in, record_of

_GONE = "This card was withdrawn."
_AT_ONCE = 200
LAST_NUMBER = 2**31 - 1
"""That a withdrawal can have, in either database."""


async def put(request: Request) -> Response:
    """Written by staff; the newest replaces the one before."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    lookup, body = name_in(request, "lookup"), await body_of(request, CAPSULE_BODY)
    if not body:
        raise Denied(FaultNumber.MALFORMED, "This capsule is empty.")
    at = desk.clock.now()
    if not await desk.book.ask(lambda book: book.put_capsule(lookup, body, rights.device, at)):
        raise Denied(FaultNumber.GONE, _GONE)
    return nothing()


async def withdraw(request: Request) -> Response:
    """PUT …/withdrawal by staff: the card was lost. Every kiosk checks the signature itself."""
    desk = desk_of(request)
    await desk.staff_rights(request)
    lookup, said = name_in(request, "lookup"), await record_of(request, Withdrawal, SMALL_BODY)
    if said.lookup != lookup:
        raise Denied(FaultNumber.MALFORMED, "This speaks of another card.")
    check_withdrawal(said, desk.log)
    at = desk.clock.now()
    await desk.book.ask(lambda book: book.withdraw_card(lookup, encode(said), at))
    return nothing()


async def withdrawals(request: Request) -> Response:
    """GET /v1/withdrawals?after=N: what kiosks (and staff) have not heard yet."""
    desk = desk_of(request)
    await _reader(desk, request)
    after = number_in(request, "after", most=LAST_NUMBER)
    epoch, rows = await desk.book.ask(lambda book: (book.epoch(), book.withdrawals(after, _AT_ONCE)))
    said = tuple(decode(body, Withdrawal) for _number, body in rows)
    last = rows[-1][0] if rows else after
    return answer(Withdrawals(epoch=epoch, last=last, more=len(rows) == _AT_ONCE, withdrawals=said))


async def get(request: Request) -> Response:
    """Read by kiosks and staff."""
    desk = desk_of(request)
    await _reader(desk, request)
    lookup = name_in(request, "lookup")
    body, gone = await desk.book.ask(lambda book: (book.capsule(lookup), book.is_withdrawn(lookup)))
    if gone:
        raise Denied(FaultNumber.GONE, _GONE)
    if body is None:
        raise Denied(FaultNumber.NOT_FOUND, "There is nothing for this card yet.")
    return Response(body, media_type=CONTENT_TYPE)


async def _reader(desk: Desk, request: Request) -> None:
    rights = await desk.live_rights(request)
    if not (rights.staff or rights.kiosk):
        raise Denied(FaultNumber.NOT_ALLOWED, "Only kiosks and computers of the staff may do this.")
