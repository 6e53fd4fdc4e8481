# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this you? First name, photo and birth year, yes or no. `logic` is pure, `view` shows it."""
