# SPDX-License-Identifier: GPL-3.0-or-later
"""How the visit was: a face, and why. `logic` is pure, `view` shows it."""
