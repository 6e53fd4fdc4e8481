# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits to leave and what goes first, what was set aside, and carrying both on a stick."""
