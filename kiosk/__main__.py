# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m kiosk`: the supervisor."""

import sys

try:
    from kiosk.app import main
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
