# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server tidy`: lets go of old envelopes that an attested snapshot holds and nobody lacks, or says what it would."""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from sync_server.book.sqlite import IN_USE
from sync_server.book.where import open_book
from sync_server.configuration import add_book, configured
from sync_server.desk import Desk
from sync_server.tidying import ANSWERED, ASKED, DO, DRY, asked_in, tidy_up

PATIENCE_S = 600


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server tidy",
        description="Lets go of old envelopes that an attested snapshot holds and nobody lacks. A running server does it daily.",
    )
    add_book(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would go, and why the rest stays"
    )
    return parser.parse_args(words)


def run(wanted: argparse.Namespace) -> int:
    """Prints {"envelopes", "bytes", "charts", "kept"}: `kept` counts charts by why nothing of them goes."""
    where = configured(wanted).where(wanted.data)
    try:
        book = open_book(where, os.urandom)
    except Unavailable as problem:
        if problem.sentence != IN_USE:
            raise
        print(_ask(wanted.data, wanted.dry_run))
        return 0
    try:
        desk = Desk(book, SystemClock(), os.urandom, wanted.data)
        desk.read_trust()
        print(json.dumps(asyncio.run(tidy_up(desk, wanted.dry_run)).told()))
    finally:
        book.close()
    return 0


def _ask(folder: Path, dry: bool) -> str:
    """The serving process looks for the file once a second."""
    asked, answered = folder / ASKED, folder / ANSWERED
    answered.unlink(missing_ok=True)
    part = folder / f"{ASKED}.part"
    part.write_text(DRY if dry else DO, encoding="utf-8")
    os.replace(part, asked)
    until = time.monotonic() + PATIENCE_S
    while asked_in(folder) and time.monotonic() < until:
        time.sleep(0.2)
    asked.unlink(missing_ok=True)
    try:
        said = answered.read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            "The running server did not tidy up. Its log says why; try again, or stop it first."
        ) from error
    answered.unlink(missing_ok=True)
    return said
