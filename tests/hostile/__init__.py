# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever runs the centre turns against the clinic: scripts of it, in a table, against the real client."""
