# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the rules over the audit, on both sides of every threshold."""
