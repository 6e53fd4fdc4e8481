# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /v1/computers: what the centre knows of them, for staff. DELETE /v1/sessions/{device}: it must prove its key anew.
POST /v1/receipts: a wiped computer's last word.

A receipt needs no session, for the computer that brings it has lost everything; its own signature under it does.
"""

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.ids import DeviceId
from clinic.keys.receipts import is_good
from clinic.protocol.codec import encode
from clinic.protocol.organisation import ComputerSeen, ComputersSeen, WipeReceipt
from clinic.protocol.sync import FaultNumber
from clinic.protocol.trust import Counted
from sync_server.access import may_end
from sync_server.desk import desk_of
from sync_server.limits import SMALL_BODY
from sync_server.routes.answers import Denied, answer, name_in, nothing, record_of


async def read(request: Request) -> Response:
    """Numbers, times, receipts; of those whose session the caller may end, since when it is open and from where."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    found = await desk.book.ask(lambda book: book.computers())
    since = {
        device: at for device, at in (await desk.live_sessions()).items() if may_end(desk.log, rights, device)
    }
    return answer(
        ComputersSeen(
            computers=tuple(
                ComputerSeen(
                    device=c.device, incarnation=c.newest[0], last_env_no=c.newest[1], seen_at=c.seen_at,
                    counted=tuple(Counted(incarnation=i, last_env_no=last) for i, last in c.numbers),
                    receipt=c.receipt, session_since=since.get(c.device),
                    came_from=desk.came_from.get(c.device, "") if c.device in since else "",
                )
                for c in found
            )
        )
    )  # fmt: skip


async def end(request: Request) -> Response:
    """The sessions of one computer end: an administrator's order, or of who works there too."""
    desk = desk_of(request)
    rights = await desk.staff_rights(request)
    device = DeviceId(name_in(request, "device"))
    if not may_end(desk.log, rights, device):
        raise Denied(
            FaultNumber.NOT_ALLOWED,
            "Only an administrator, or who works on that computer, may end its session.",
        )
    await desk.end_sessions(device)
    return nothing()


async def take_receipt(request: Request) -> Response:
    """The same again is fine."""
    desk = desk_of(request)
    desk.knock(request)
    receipt = await record_of(request, WipeReceipt, SMALL_BODY)
    if not is_good(receipt, desk.log):
        raise Denied(
            FaultNumber.NOT_ALLOWED, "Nobody ordered this, or the computer it names did not sign it."
        )
    now = desk.clock.now()
    await desk.book.ask(lambda book: book.keep_receipt(receipt.device, encode(receipt), now))
    return nothing()
