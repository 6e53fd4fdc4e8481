# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest SQLite at hand: the one that comes with `pysqlite3` where that is built, else Python's own.

The reason is 3.51.3: older ones can damage a WAL that several connections reset at once. `pysqlite3` comes built for
Linux on x86-64, Windows and macOS on arm64; elsewhere the book's single, exclusive connection is the only defence.
"""

import sqlite3 as own
from typing import Any

SOUND = (3, 51, 3)
"""The first SQLite whose WAL several connections may share."""


def newest() -> Any:
    """The module, as PEP 249 has it."""
    if own.sqlite_version_info >= SOUND:
        return own
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return own
    return dbapi2 if dbapi2.sqlite_version_info > own.sqlite_version_info else own


sqlite3 = newest()
