# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step does in PostgreSQL for each table: whose row it is, first in its key, and a policy on it.

A new table calls ``owned("name", "its, key")`` in the step that makes it, where the dialect is PostgreSQL.
"""

from alembic import op

BOOK = "current_setting('posta.book')"


def owned(table: str, key: str) -> None:
    """The column fills itself with the session's book. FORCE: the policy holds for the tables' owner too."""
    op.execute(f"ALTER TABLE {table} ADD COLUMN book text NOT NULL CHECK (book <> '')")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN book SET DEFAULT {BOOK}")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    op.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (book, {key})")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_book ON {table} USING (book = {BOOK}) WITH CHECK (book = {BOOK})")
