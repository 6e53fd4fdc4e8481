# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.sick_server`: the server with two bugs, to see that the bench of the load finds them. Each exchange stops
everything for a third of a second and keeps a megabyte for ever."""

import sys
import time

from starlette.requests import Request

from sync_server import app
from sync_server.access import Rights
from sync_server.desk import Desk

KEPT: list[bytes] = []
_real = Desk.rights_for


async def _slow_and_leaky(desk: Desk, request: Request) -> Rights:
    time.sleep(0.33)  # noqa: ASYNC251  # that is the bug
    KEPT.append(b"\x01" * 1_000_000)
    return await _real(desk, request)


if __name__ == "__main__":
    Desk.rights_for = _slow_and_leaky  # type: ignore[method-assign]
    sys.exit(app.main())
