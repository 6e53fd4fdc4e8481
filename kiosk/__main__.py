# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m kiosk`: the supervisor."""

import sys

from kiosk.app import main

if __name__ == "__main__":
    sys.exit(main())
