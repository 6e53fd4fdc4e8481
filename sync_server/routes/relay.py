# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/relay: ten minutes' leave to open the clinic's relay of calls, for a device that is not revoked."""

from starlette.requests import Request
from starlette.responses import Response

from clinic.protocol.sync import FaultNumber
from sync_server.desk import desk_of
from sync_server.routes.answers import Denied, answer


async def admit(request: Request) -> Response:
    """A new credential each time; a handful at once, then one in ten seconds."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    if desk.relay is None:
        raise Denied(FaultNumber.NOT_FOUND, "This centre has no relay for calls.")
    if not desk.relays.take(rights.device):
        raise Denied(FaultNumber.TOO_MANY, "Too many requests at once. Wait a moment.")
    return answer(desk.relay.pass_for(rights.device, desk.clock.now()))
