# SPDX-License-Identifier: GPL-3.0-or-later
"""A kiosk that is not set up yet: the code of its invitation, and the PIN for its staff."""
