# SPDX-License-Identifier: GPL-3.0-or-later
"""Sync measured: two real desks, a real server process, and a link between that counts bytes, is thin, or is cut."""
