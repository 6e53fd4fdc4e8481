# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening a SQLCipher file: the raw key first, then the pragmas, then proof that both fit.

Recipe and reasons: docs/decisions/0003-sqlcipher-through-a-creator.md.
"""

import re
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from clinic.domain.errors import Unavailable

OLDEST_SQLITE = (3, 51, 3)
"""Below this the write-ahead log can be reset under a reader (SQLite 3.51.3 release notes)."""

READERS = 4
STATEMENTS = 512
"""Statements a connection keeps ready. When they are more, the driver puts aside the newest first, so the few that count
must not find the room taken: a migration alone is a hundred."""
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "checkpoint_fullfsync=ON",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "mmap_size=0",
    "cache_size=-65536",
    "busy_timeout=5000",
)


def engine_for(path: Path, key: bytes) -> Engine:
    """An engine whose connections are opened with the raw 32-byte key. Raises Unavailable."""
    if sqlcipher.sqlite_version_info < OLDEST_SQLITE:
        raise Unavailable("This computer's SQLite is too old to keep records safely. Install Posta again.")
    if len(key) != 32:
        raise ValueError("a store key has 32 bytes")

    def creator() -> Any:
        connection = sqlcipher.connect(
            str(path), check_same_thread=False, isolation_level=None, cached_statements=STATEMENTS
        )
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA cipher_log_level=NONE")
            cursor.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
            for pragma in PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
            cursor.close()
        except sqlcipher.Error as error:
            connection.close()
            raise said(error) from error
        return connection

    return create_engine(
        "sqlite://", module=sqlcipher, creator=creator, poolclass=QueuePool, pool_size=READERS, max_overflow=2,
        hide_parameters=True,  # what a statement was given is a patient's, and errors go to the log
    )  # fmt: skip


def is_damage(error: BaseException) -> bool:
    """True if SQLCipher met a page whose seal or shape is broken."""
    return bool(re.search("malformed|corrupt|hmac check failed", _words(error)))


def _words(error: BaseException) -> str:
    """What the driver said, without the statement and the values that SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error)


def said(error: BaseException) -> Unavailable:
    """The sentence for what SQLCipher said."""
    text = _words(error)
    if "not a database" in text:
        return Unavailable(
            "This key does not open the store. Unlock it with its own password, or restore a backup."
        )
    if re.search(r"disk is full|No space", text):
        return Unavailable(
            "The disk is full: this was not saved. Free some space and save again; your text is still here."
        )
    if "I/O error" in text:
        return Unavailable(
            "The disk could not be read or written. Is it full? Free some space and try again."
        )
    if is_damage(error):
        return Unavailable("A page of the store is damaged. Run 'posta doctor' before going on.")
    if "locked" in text:
        return Unavailable("Another program holds the store. Close it and try again.")
    if "readonly" in text or "unable to open" in text:
        return Unavailable("The store's folder cannot be written. Check its permissions and the disk.")
    return Unavailable("The store could not do that. Try again; if it stays, run 'posta doctor'.")
