# SPDX-License-Identifier: GPL-3.0-or-later
"""Which computers take an attested snapshot in place of envelopes that were let go; none does before it has said so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column more."""
    op.add_column("computers", sa.Column("snapshots", sa.Integer, nullable=False, server_default="0"))
