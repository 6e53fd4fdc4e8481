# SPDX-License-Identifier: GPL-3.0-or-later
"""The core of Posta: it knows no screen and no server. docs/architecture.md draws its floors.

May import: the floors below, PyNaCl, SQLAlchemy, sqlcipher3, httpx, python-socketio, aiortc, PyAV. Example::

    python -m clinic status --home HOME --password-file FILE
"""

__version__ = "0.1.0"
