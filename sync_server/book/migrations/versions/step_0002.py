# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards that were withdrawn, and one-time codes: patients are known here by look-up ids alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the tables."""
    op.create_table(
        "withdrawals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("lookup", sa.String, nullable=False, unique=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "codes",
        sa.Column("lookup", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
