# SPDX-License-Identifier: GPL-3.0-or-later
"""When a computer was last here, and the receipts of wiped ones."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the tables."""
    op.create_table(
        "computers",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "receipts",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
