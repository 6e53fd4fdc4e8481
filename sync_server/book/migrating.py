# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the tables up to date, step by step, in the transaction that is handed in."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from clinic.domain.errors import Refusal

MIGRATIONS = Path(__file__).with_name("migrations")
TOO_NEW = "The server's data was written by a newer Posta. Install that version; nothing was changed."


def to_head(conn: Connection) -> None:
    """Runs the steps that are missing. Raises Refusal if the tables are newer than us."""
    config = _config()
    if not is_head(conn):
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def is_head(conn: Connection) -> bool:
    """True if no step is missing. Raises Refusal if the tables are newer than us."""
    steps = ScriptDirectory.from_config(_config())
    now = MigrationContext.configure(conn).get_current_revision()
    if now is not None and now not in {step.revision for step in steps.walk_revisions()}:
        raise Refusal(TOO_NEW)
    return now == steps.get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
