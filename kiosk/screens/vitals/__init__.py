# SPDX-License-Identifier: GPL-3.0-or-later
"""What the devices on the table show, one number a screen. `logic` is pure, `view` shows it."""
