# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol as a page, as samples of its bytes, and as two versions of it that meet."""
