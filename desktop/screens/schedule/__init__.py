# SPDX-License-Identifier: GPL-3.0-or-later
"""The appointments of the team by day, week and month; booking, moving and cancelling them."""
