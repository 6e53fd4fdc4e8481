# SPDX-License-Identifier: GPL-3.0-or-later
"""Which language? The start screen, spoken in all three. `logic` is pure, `view` shows it."""
