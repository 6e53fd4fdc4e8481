# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the tables up to date, step by step, in the transaction that is handed in."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from clinic.domain.errors import Refusal

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
TOO_NEW = "The server's data was written by a newer Posta. Install that version; nothing was changed."
_VERSION = table("alembic_version", column("version_num"))


def to_head(conn: Connection) -> None:
    """Runs the steps that are missing. Raises Refusal if the tables are newer than us."""
    if not is_head(conn):
        from alembic import command  # 7 MB that a server needs once

        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def is_head(conn: Connection) -> bool:
    """True if no step is missing. Raises Refusal if the tables are newer than us."""
    steps = sorted(file.stem.removeprefix("step_") for file in (MIGRATIONS / "versions").glob("step_*.py"))
    now = None
    if inspect(conn).has_table(_VERSION.name):
        now = conn.execute(select(_VERSION.c.version_num)).scalar()
    if now is not None and now not in steps:
        raise Refusal(TOO_NEW)
    return bool(now == steps[-1])


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
