# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's book: a port (`Book`) and its implementation in embedded SQLite, both held to tests/contracts.

May import: SQLAlchemy Core, Alembic, `clinic.domain`, `clinic.protocol`, `clinic.sync`. Example::

    book = SqliteBook.open(Path("server.db"), os.urandom)
    book.exchange(push, pull)
"""
