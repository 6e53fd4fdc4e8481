# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sync_server`."""

import sys

from sync_server.app import main

sys.exit(main())
