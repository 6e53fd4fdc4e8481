# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking everything out of a book as it lies there, also one that a newer Posta wrote."""

import json
import os
from argparse import Namespace
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.keys.backups import BackupKey, read_public
from clinic.keys.factors import check_code
from clinic.keys.slots import Opened
from clinic.services.backups import plan_in
from clinic.services.desks import read_slots
from clinic.services.door import unlock
from clinic.services.sitting import KEY_FILE
from clinic.station.command import Add, beside, password, password_in
from clinic.store.backup_copy import connect
from clinic.store.home import Home
from clinic.store.raw_export import read_raw, write_raw


def add_verbs(add: Add) -> None:
    exporting = add("export-raw", _export, "take every row out into a sealed file, whatever version wrote it")
    exporting.add_argument("--to", type=Path, required=True, metavar="FILE")
    exporting.add_argument(
        "--public", metavar="TEXT", help="public backup key to seal to (default: the one that was set up)"
    )
    reading = add(
        "read-raw", _read, "print what such a file holds: JSON, one object a line", needs_home=False
    )
    reading.add_argument("--from", type=Path, dest="source", required=True, metavar="FILE")
    reading.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="file with the backup key; - reads standard input",
    )
    reading.add_argument(
        "--rows", metavar="TABLE", help="print the rows of this table; without it, how many each has"
    )


def _export(chosen: Namespace) -> int:
    home = Home(chosen.home)
    opened = _opened(chosen, home)
    public = read_public(chosen.public) if chosen.public else _set_up(home, opened.store_key)
    done = write_raw(home.book, opened.store_key, public, chosen.to, os.urandom)
    print(json.dumps({"schema": done.schema, "rows": done.rows}))
    return 0


def _opened(chosen: Namespace, home: Home) -> Opened:
    """What is asked at every door is asked here too, though the book may be of a version that no desk opens."""
    if chosen.password_file is None and (chosen.home / KEY_FILE).exists():
        return read_slots(home).open_with_key((chosen.home / KEY_FILE).read_bytes())
    who, code, factor = beside(chosen)
    clock = SystemClock()
    opened = unlock(home, password(chosen), clock, os.urandom, who, factor)
    if opened.totp:
        check_code(opened.totp, code, clock.now().timestamp(), 0)
    return opened


def _set_up(home: Home, key: bytes) -> bytes:
    with closing(connect(home.book, key, "query_only=ON")) as book:

        def meta(name: str) -> bytes | None:
            row = book.execute("SELECT value FROM meta WHERE key = ?", (name,)).fetchone()
            return None if row is None else bytes(row[0])

        plan = plan_in(meta)
    if plan is None:
        raise Refusal("Say which backup key to seal to: --public TEXT.")
    return plan.public


def _read(chosen: Namespace) -> int:
    key = BackupKey.read(password_in(chosen.key, "--key"))
    counts: dict[str, int] = {}
    lines = read_raw(chosen.source, key)
    head = next(lines)
    for table, row in lines:
        counts[table] = counts.get(table, 0) + 1
        if table == chosen.rows:
            print(json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False))
    if not chosen.rows:
        print(json.dumps({"schema": head["schema"], "rows": counts}))
    return 0


def _plain(value: Any) -> Any:
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else value
