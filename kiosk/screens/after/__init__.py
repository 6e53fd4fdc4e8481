# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens next, and goodbye. `logic` is pure, `view` shows it."""
