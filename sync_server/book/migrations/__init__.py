# SPDX-License-Identifier: GPL-3.0-or-later
"""How the server's tables came about, one numbered file a step (Alembic); run by
`sync_server.book.migrating`: for SQLite at start, for PostgreSQL by `posta server prepare`.

A step never imports `tables`: it must still mean the same in ten years. Example: ``versions/step_0001.py``.
"""
