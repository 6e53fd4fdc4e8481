# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server restore`: a backup laid down in an empty place, under a new epoch.

The new epoch makes every computer hand in again what it sent after the backup (sync.md: server restored from backup).
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from clinic.domain.errors import Unavailable
from clinic.keys.backups import BackupKey
from sync_server.backup_file import open_file
from sync_server.book.sqlite import SqliteBook
from sync_server.configuration import add_book, configured
from sync_server.founding_code import drop_code
from sync_server.verbs.backup import carry_attachments

IN_S3 = (
    "{count} attachments were not beside the backup. They are read from the S3 store that is named here; what is not there "
    "either is asked of the computers that have it."
)
NOT_HERE = (
    "{count} attachments were not beside the backup. If they lie in an S3 store, start the server with the --attachments of the "
    "old one; what is nowhere is asked of the computers that have it."
)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server restore",
        description="Lays a backup down in a new folder (or a new --book of a database). Then start the server there.",
    )
    add_book(parser)
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="the clinic's backup key, for a sealed backup"
    )
    return parser.parse_args(words)


def run(wanted: argparse.Namespace) -> int:
    """Prints {"epoch", "envelopes", "attachments"}. Nothing is changed unless the whole backup is sound."""
    key, how = _key(wanted.key), configured(wanted)
    wanted.data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=wanted.data, prefix=".restore-") as work:
        plain = Path(work) / "plain.db"
        open_file(wanted.source, plain, key)
        backup = SqliteBook.open(plain, os.urandom)
        try:
            target = how.where(wanted.data).open(os.urandom)
            try:
                envelopes, epoch = target.take_from(backup)
                names = target.attachments()
            finally:
                target.close()
        finally:
            backup.close()
    drop_code(wanted.data)
    brought = carry_attachments(wanted.source.parent / "attachments", wanted.data / "attachments")
    elsewhere = sum(not (wanted.data / "attachments" / name).is_file() for name in names)
    if elsewhere:
        print((IN_S3 if how.attachments else NOT_HERE).format(count=elsewhere), file=sys.stderr)
    print(json.dumps({"epoch": epoch, "envelopes": envelopes, "attachments": brought}))
    return 0


def _key(file: Path | None) -> BackupKey | None:
    if file is None:
        return None
    try:
        return BackupKey.read(file.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("The key in {file} cannot be read. Check the path.", file=file) from error
