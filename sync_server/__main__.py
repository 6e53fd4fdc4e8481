# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sync_server`."""

import sys

NOT_NOW = ("aiohttp", "redis", "requests", "websocket")
"""What Socket.IO would load where it is installed: 28 MB for its client halves, 13 MB for Redis (`together` takes that later)."""

try:
    sys.modules.update(dict.fromkeys(NOT_NOW))  # type: ignore[arg-type]  # None: it cannot be imported
    from sync_server.app import main

    for name in NOT_NOW:
        del sys.modules[name]
except KeyboardInterrupt:
    sys.exit(130)

sys.exit(main())
