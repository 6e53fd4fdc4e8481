# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the book that `posta server backup` asks for, made by the process that holds it."""

import logging
from pathlib import Path

from clinic.domain.errors import PostaError
from sync_server.book.copying import ASKED, COPY
from sync_server.desk import Desk

_log = logging.getLogger("posta.server")


async def copy_as_asked(desk: Desk) -> None:
    """Makes the copy where the file says and takes the file away; the asker finds out by looking. Whoever can write in the
    server's folder may ask, and only for a place in it."""
    asked = desk.folder / ASKED
    try:
        place = Path(asked.read_text(encoding="utf-8"))
        if place.name == COPY and place.parent.resolve().parent == desk.folder.resolve():
            await desk.book.ask(lambda book: book.copy_to(place))
            _log.info("copied for a backup")
    except (OSError, UnicodeDecodeError, PostaError) as error:
        _log.error("no copy: %s", type(error).__name__)
    finally:
        asked.unlink(missing_ok=True)
