# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the server: in this process where clocks must stand still, as a real process where it is
killed."""
