# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /healthz: the book answers."""

from starlette.requests import Request
from starlette.responses import Response

from sync_server.desk import desk_of


async def healthz(request: Request) -> Response:
    """200 `ok` when the database answers, for supervisors and the doctor."""
    await desk_of(request).book.ask(lambda book: book.epoch())
    return Response("ok", media_type="text/plain")
