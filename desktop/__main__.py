# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m desktop`."""

import sys

from desktop.app import main

if __name__ == "__main__":
    sys.exit(main())
