# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server backup`: the whole book and its attachments, while the server serves."""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from clinic.domain.errors import Unavailable
from clinic.keys.backups import read_public
from sync_server.backup_file import seal_file
from sync_server.book.copying import ASKED, COPY, asked_in
from sync_server.book.sqlite import IN_USE, SqliteBook
from sync_server.book.where import Where
from sync_server.configuration import add_book, configured

PATIENCE_S = 600
IN_S3 = (
    "The attachments in the S3 store stay there and are no part of this backup: let the store keep a copy of its own, "
    "and give a restored server the same --attachments."
)
NOT_SEALED = (
    "This backup is not sealed: whoever finds it reads the names in the trust log. Give --public next time."
)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server backup",
        description="Writes the server's book to a file, and the attachments into a folder beside it.",
    )
    add_book(parser)
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="where the backup goes; must be new"
    )
    parser.add_argument(
        "--public", default="", metavar="TEXT", help="the clinic's backup key to seal it to (public half)"
    )
    return parser.parse_args(words)


def run(wanted: argparse.Namespace) -> int:
    """Prints {"to", "bytes", "envelopes", "attachments"}: what was read back and found whole."""
    public = read_public(wanted.public) if wanted.public else None
    how = configured(wanted)
    where = how.where(wanted.data)
    if wanted.to.exists():
        raise Unavailable("{file} is there already. Name a new file.", file=wanted.to)
    if public is None:
        print(NOT_SEALED, file=sys.stderr)
    with TemporaryDirectory(dir=wanted.data, prefix=".backup-") as work:
        copy = Path(work) / COPY
        _take(where, copy)
        with _opened(copy) as book:
            envelopes = book.check()
        size = seal_file(copy, wanted.to, public, os.urandom)
    if how.attachments:
        print(IN_S3, file=sys.stderr)
    brought = carry_attachments(wanted.data / "attachments", wanted.to.parent / "attachments")
    print(json.dumps({"to": str(wanted.to), "bytes": size, "envelopes": envelopes, "attachments": brought}))
    return 0


def _take(where: Where, copy: Path) -> None:
    """From the book itself, or by asking the server that holds it."""
    try:
        book = where.open(os.urandom)
    except Unavailable as problem:
        if problem.sentence != IN_USE:
            raise
        _ask(where.folder, copy)
        return
    try:
        book.copy_to(copy)
    finally:
        book.close()


def _ask(folder: Path, copy: Path) -> None:
    """The serving process looks for the file once a second."""
    asked = folder / ASKED
    asked.write_text(str(copy), encoding="utf-8")
    until = time.monotonic() + PATIENCE_S
    while asked_in(folder) and time.monotonic() < until:
        time.sleep(0.2)
    asked.unlink(missing_ok=True)
    if not copy.exists():
        raise Unavailable(
            "The running server made no copy of its book. Its log says why; try again, or stop it first."
        )


@contextmanager
def _opened(copy: Path) -> Iterator[SqliteBook]:
    book = SqliteBook.open(copy, os.urandom)
    try:
        yield book
    finally:
        book.close()


def carry_attachments(source: Path, target: Path) -> int:
    """Copies whole ones that are not there yet: they are named by their hash and never change. How many."""
    if not source.is_dir():
        return 0
    target.mkdir(parents=True, exist_ok=True)
    new = [file for file in source.iterdir() if not file.suffix and not (target / file.name).exists()]
    for file in new:
        part = target / f"{file.name}.copying"
        shutil.copyfile(file, part)
        os.replace(part, target / file.name)
    return len(new)
