# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.showcase`: the demo. Ctrl-C while it loads is no traceback."""

import sys

try:
    from clinic.showcase.demo import main
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
