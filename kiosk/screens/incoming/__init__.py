# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody rings: one big touch answers. `logic` is pure, `view` shows it."""
