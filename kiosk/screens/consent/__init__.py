# SPDX-License-Identifier: GPL-3.0-or-later
"""The consent, read, answered one by one, signed by finger. `logic` is pure, `view` shows it."""
