# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered steps from an empty file to today's tables. A released step never changes; a new one is added.

A step is a module with `BEFORE`, statements; and, where more is needed, `fill`, which rewrites rows and gives how much of
that is done, from 0 to 1, and `AFTER`, statements again. What the program does today is called by the newest step alone.
"""

from collections.abc import Callable
from functools import partial
from types import ModuleType

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from clinic.domain.errors import Unavailable
from clinic.store.migrations import (
    step_0001,
    step_0002,
    step_0003,
    step_0004,
    step_0005,
    step_0006,
    step_0007,
)
from clinic.store.opening import said
from clinic.store.writing import WritePage

STEPS: tuple[ModuleType, ...] = (step_0001, step_0002, step_0003, step_0004, step_0005, step_0006, step_0007)
Progress = Callable[[float], None]
"""Told how far the rewriting is, from 0 to 1."""


def migrate(engine: Engine, progress: Progress = lambda done: None) -> int:
    """Bring the file to today's version, each step in a transaction of its own. Returns how many ran.

    Raises Unavailable if the file is newer than this program: it is left untouched; or for the disk: the step is
    undone whole.
    """
    with engine.connect() as connection:
        version = version_of(connection)
        if version > len(STEPS):
            raise Unavailable(
                "This store was written by a newer Posta. Update Posta on this computer; nothing was changed."
            )
        steps = STEPS[version:]
        for nth, step in enumerate(steps):
            tell = partial(_part, progress, nth, len(steps)) if version else _nobody
            _run(connection, version + nth + 1, step, tell)
        return len(STEPS) - version


def _part(progress: Progress, nth: int, of: int, done: float) -> None:
    progress((nth + done) / of)


def _nobody(done: float) -> None:
    """A new book has no rows to rewrite."""


def version_of(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _run(connection: Connection, number: int, step: ModuleType, progress: Progress) -> None:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for statement in step.BEFORE:
            connection.exec_driver_sql(statement)
        for done in step.fill(WritePage(connection)) if hasattr(step, "fill") else ():
            progress(done)
        for statement in getattr(step, "AFTER", ()):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"PRAGMA user_version={number}")
        connection.exec_driver_sql("COMMIT")
    except BaseException as error:
        raw = connection.connection.driver_connection
        if raw is not None and raw.in_transaction:
            raw.execute("ROLLBACK")
        if isinstance(error, (DBAPIError, sqlcipher.Error)):
            raise said(error) from error
        raise
