# SPDX-License-Identifier: GPL-3.0-or-later
"""The sync server: stores and orders sealed envelopes, holds the trust log, rings the bell. It can read
nothing of it.

May import: the pure floors of `clinic` (domain, protocol, sync, keys), Starlette, python-socketio, uvicorn,
SQLAlchemy, Alembic. No Qt, no aiortc, no SQLCipher. Example::

    python -m sync_server --data /srv/posta --port 8440
"""
