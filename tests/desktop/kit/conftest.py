# SPDX-License-Identifier: GPL-3.0-or-later
"""The kit's tests run without a display."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
