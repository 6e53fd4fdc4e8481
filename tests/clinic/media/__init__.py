# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of trust, sealing and slots, around one small clinic (conftest.py)."""
