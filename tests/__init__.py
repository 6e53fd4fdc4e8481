# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests; the tree mirrors the source."""
