# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL alone: every row belongs to a book, and a session sees the rows of its own book, whatever the query says."""

from alembic import op

from sync_server.book.migrations.owned import owned

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEYS = {
    "meta": "key",
    "trust": "position",
    "sessions": "token_hash",
    "counters": "device, incarnation",
    "scopes": "scope",
    "scope_tags": "scope, tag",
    "envelopes": "scope, seq",
    "refusals": "device, incarnation, env_no",
    "cursors": "device, scope",
    "mailboxes": "box",
    "capsules": "lookup",
    "withdrawals": "number",
    "codes": "lookup",
    "attachments": "attachment",
    "computers": "device",
    "receipts": "device",
}


def upgrade() -> None:
    """Columns, keys and policies; nothing in SQLite, where a file is a book."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, key in KEYS.items():
        owned(table, key)
    op.execute("ALTER TABLE envelopes DROP CONSTRAINT one_number_one_envelope")
    op.execute(
        "ALTER TABLE envelopes ADD CONSTRAINT one_number_one_envelope UNIQUE (book, device, incarnation, env_no)"
    )
    op.execute("DROP INDEX envelopes_waiting")
    op.execute(
        "CREATE INDEX envelopes_waiting ON envelopes (book, scope, seq, priority, device, incarnation)"
    )
    op.execute("ALTER TABLE withdrawals ALTER COLUMN number DROP DEFAULT")
    op.execute("DROP SEQUENCE withdrawals_number_seq")
    op.execute("ALTER TABLE withdrawals DROP CONSTRAINT withdrawals_lookup_key")
    op.execute("ALTER TABLE withdrawals ADD CONSTRAINT withdrawals_lookup_key UNIQUE (book, lookup)")
