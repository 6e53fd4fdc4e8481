# SPDX-License-Identifier: GPL-3.0-or-later
"""The waiting room: ticket, place, expected wait. `logic` is pure, `view` shows it."""
