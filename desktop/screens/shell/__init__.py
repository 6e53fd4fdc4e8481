# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame around the pages: rail, search, status, theme, language, lock."""
