# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what the folder of the same name holds."""
