# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what sync decides; no wire, no disk, no clock."""
