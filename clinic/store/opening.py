# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening a SQLCipher file: the raw key first, then the pragmas, then proof that both fit.

Recipe and reasons: docs/decisions/0003-sqlcipher-through-a-creator.md.
"""

import logging
import re
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from clinic.domain.errors import Unavailable

OLDEST_SQLITE = (3, 51, 3)
"""Below this the write-ahead log can be reset under a reader (SQLite 3.51.3 release notes)."""

log = logging.getLogger(__name__)
READERS = 4
SLOW_MS = 40.0
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
        connection = sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None)
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

    engine = create_engine(
        "sqlite://", module=sqlcipher, creator=creator, poolclass=QueuePool, pool_size=READERS, max_overflow=2
    )
    tell_slow_queries(engine)
    return engine


def tell_slow_queries(engine: Engine) -> None:
    """Log each statement that takes longer than SLOW_MS: its text, which holds no values, and how long it took."""

    def before(connection: Connection, *_: object) -> None:
        connection.info["began"] = perf_counter()

    def after(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        took_ms = (perf_counter() - connection.info["began"]) * 1000
        if took_ms > SLOW_MS:
            log.info("slow: %.0f ms for %s", took_ms, " ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)


def is_damage(error: BaseException) -> bool:
    """True if SQLCipher met a page whose seal or shape is broken."""
    return bool(re.search("malformed|corrupt|hmac check failed", str(error)))


def said(error: BaseException) -> Unavailable:
    """The sentence for what SQLCipher said."""
    text = str(error)
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
