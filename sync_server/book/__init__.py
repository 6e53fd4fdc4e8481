# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's book: a port (`Book`), and what keeps it: embedded SQLite or PostgreSQL, both held to tests/contracts.

The verbs are written once (`sql`); `dialect` is all that differs.

May import: SQLAlchemy Core, Alembic, `clinic.domain`, `clinic.protocol`, `clinic.sync`. Example::

    book = SqliteBook.open(Path("server.db"), os.urandom)
    book.exchange(push, pull)
"""
