# SPDX-License-Identifier: GPL-3.0-or-later
"""The founding code: while a server belongs to nobody, only who knows it may found, and no stranger who finds the address.

It lies in DATA/founding.code, for whoever keeps the server, and goes with the founding. A server without that file asks for none.
"""

import os
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request

from clinic.domain.clock import Random
from clinic.domain.errors import Unavailable
from clinic.keys.hashing import same
from clinic.keys.typed_codes import as_read, new_short_code
from clinic.protocol.sync import FOUNDING, FaultNumber
from sync_server.desk import Desk
from sync_server.routes.answers import Denied

_FILE = "founding.code"


def read_code(folder: Path) -> str:
    """'' where none is asked. Raises Unavailable for a file that cannot be read: nobody founds by accident."""
    try:
        return (folder / _FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise Unavailable(
            "{path} cannot be read. Check its permissions, or take it away and run 'posta server init' again.",
            path=folder / _FILE,
        ) from error


def keep_code(folder: Path, random: Random) -> str:
    """The code of that folder, a new one if there is none. Raises OSError."""
    there = read_code(folder)
    if there:
        return there
    code = new_short_code(random)
    with open(folder / _FILE, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(code + "\n")
    return code


def check_code(desk: Desk, request: Request) -> None:
    """Raises Denied for a wrong or missing code."""
    wanted = desk.founding_code
    if not wanted:
        return
    said = request.headers.get(FOUNDING, "")
    if not said:
        raise Denied(
            FaultNumber.NOT_ALLOWED,
            "This centre asks for the founding code that 'posta server init' printed.",
        )
    if not same(as_read(said).encode(), as_read(wanted).encode()):
        raise Denied(
            FaultNumber.NOT_ALLOWED, "This is not the founding code of this centre. Compare it sign by sign."
        )


def spend_code(desk: Desk) -> None:
    """Founded: nobody needs it any more."""
    desk.founding_code = ""
    drop_code(desk.folder)


def drop_code(folder: Path) -> None:
    """An organisation has its book there."""
    with suppress(OSError):
        (folder / _FILE).unlink(missing_ok=True)
