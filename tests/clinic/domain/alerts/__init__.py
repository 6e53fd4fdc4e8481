# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the rules that raise alerts, on both sides of every threshold."""
