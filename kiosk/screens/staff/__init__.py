# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind the start screen, for the staff: the PIN, how the kiosk stands, and what can be tried or done about it."""
