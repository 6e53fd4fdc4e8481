# SPDX-License-Identifier: GPL-3.0-or-later
"""What is new is found without a look at what is old: when each scope moved last, how far each device is settled."""

import sqlalchemy as sa
from alembic import op

from sync_server.book.migrations.owned import owned

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, one table, one index. What is there already has moved at 0: who looks first looks at all of it."""
    op.add_column("scopes", sa.Column("moved", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "settled",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("incarnation", sa.BigInteger, nullable=False),
        sa.Column("reads", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
    )
    several = op.get_bind().dialect.name == "postgresql"
    if several:
        owned("settled", "device")
    book = "book, " if several else ""
    op.execute(f"CREATE INDEX scopes_moved ON scopes ({book}moved)")
