# SPDX-License-Identifier: GPL-3.0-or-later
"""Do you see yourself? A look at the picture before the call. `logic` is pure, `view` shows it."""
