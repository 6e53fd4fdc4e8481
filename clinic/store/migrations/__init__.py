# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered steps from an empty file to today's tables. A released step never changes; a new one is added."""

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine

from clinic.domain.errors import Unavailable
from clinic.store.migrations import step_0001
from clinic.store.opening import said

STEPS = (step_0001,)


def migrate(engine: Engine) -> int:
    """Bring the file to today's version, each step in a transaction of its own. Returns how many ran.

    Raises Unavailable if the file is newer than this program: it is left untouched.
    """
    with engine.connect() as connection:
        version = version_of(connection)
        if version > len(STEPS):
            raise Unavailable(
                "This store was written by a newer Posta. Update Posta on this computer; nothing was changed."
            )
        for number, step in enumerate(STEPS[version:], start=version + 1):
            _run(connection, number, step.STATEMENTS)
        return len(STEPS) - version


def version_of(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _run(connection: Connection, number: int, statements: tuple[str, ...]) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None  # a live connection always has one (for the type checker)
    try:
        raw.execute("BEGIN IMMEDIATE")
        for statement in statements:
            raw.execute(statement)
        raw.execute(f"PRAGMA user_version={number}")
        raw.execute("COMMIT")
    except sqlcipher.Error as error:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise said(error) from error
