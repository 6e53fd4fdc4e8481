# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's door: runs the steps on the connection handed in. There is no other way to run them."""

from alembic import context

from sync_server.book.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
