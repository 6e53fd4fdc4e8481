# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of scores, every boundary from the table that a score names as its source."""
