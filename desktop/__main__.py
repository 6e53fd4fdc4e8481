# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m desktop`."""

import sys

try:
    from desktop.app import main
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
