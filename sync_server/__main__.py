# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sync_server`."""

import sys

try:
    from sync_server.app import main
except KeyboardInterrupt:
    sys.exit(130)

sys.exit(main())
