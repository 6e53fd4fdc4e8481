# SPDX-License-Identifier: GPL-3.0-or-later
"""The first tables: trust log, sessions, envelopes with their scopes and cursors, mailboxes, capsules,
attachments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the tables."""
    _trust_and_sessions()
    _envelopes()
    _beside()


def _trust_and_sessions() -> None:
    op.create_table(
        "meta", sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
    )
    op.create_table(
        "trust",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )


def _envelopes() -> None:
    op.create_table(
        "counters",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("incarnation", sa.BigInteger, primary_key=True),
        sa.Column("last_env_no", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "scopes",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "scope_tags",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("tag", sa.String, primary_key=True),
    )
    op.create_table(
        "envelopes",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("incarnation", sa.BigInteger, nullable=False),
        sa.Column("env_no", sa.BigInteger, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("wire", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("device", "incarnation", "env_no", name="one_number_one_envelope"),
    )
    op.create_index("envelopes_waiting", "envelopes", ["scope", "seq", "priority", "device", "incarnation"])
    op.create_table(
        "refusals",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("incarnation", sa.BigInteger, primary_key=True),
        sa.Column("env_no", sa.BigInteger, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("why", sa.Integer, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def _beside() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("box", sa.String, primary_key=True),
        sa.Column("opened_by", sa.String, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("request", sa.LargeBinary),
        sa.Column("answer", sa.LargeBinary),
    )
    op.create_table(
        "capsules",
        sa.Column("lookup", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("written_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "attachments",
        sa.Column("attachment", sa.String, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
