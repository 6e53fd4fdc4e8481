# SPDX-License-Identifier: GPL-3.0-or-later
"""A document of the chart, large: near and far, page by page, turned, saved and printed."""
