# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole stories through real parts."""
