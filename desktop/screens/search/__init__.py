# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching everything that was written on this computer."""
